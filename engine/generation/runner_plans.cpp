#include "engine/generation/runner_plans.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

constexpr std::int64_t ring_size = 64;

/// Logits (rows, vocab) as float32 in memory that the host reads quickly.
Array to_host(const PlanContext& context, const Array& target, const Array& hidden) {
  const Array logits = reshape(context.last().model->logits(hidden), {target.shape(0), context.vocab_size});
  return assign(target, cast(logits, DType::float32));
}

}  // namespace

Runner::Prompt::Prompt(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t of_row,
                       std::int64_t of_length, std::int64_t of_positions)
    : row(of_row), length(of_length), position_count(of_positions), relay(context, caches, 1, of_length) {
  const Array& hidden = relay.hidden();
  if (position_count == 0) {
    // Nothing is read from it but what its layers wrote to the caches.
    relay.finish(std::span(&hidden, 1));
    return;
  }
  positions = context.state(context.last(), {position_count}, DType::int32);
  logits = context.state(context.last(), {position_count, context.vocab_size}, DType::float32, Placement::host);
  const Array rows = take(reshape(hidden, {length, hidden.shape(-1)}), *positions);
  const Array result = to_host(context, *logits, rows);
  relay.finish(std::span(&result, 1));
}

Runner::Step::Step(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t batch)
    : relay(context, caches, batch, 1),
      logits(context.state(context.last(), {batch, context.vocab_size}, DType::float32, Placement::host)) {
  const Array result = to_host(context, logits, relay.hidden());
  relay.finish(std::span(&result, 1));
}

Runner::DeviceStep::DeviceStep(const PlanContext& context, std::span<const nn::KvCache> caches, DevicePick pick)
    : relay(context, caches, 1, 1),
      ring(context.state(context.last(), {ring_size}, DType::int32, Placement::host)) {
  const Array logits = reshape(context.last().model->logits(relay.hidden()), {context.vocab_size});
  Array next = reshape(argmax(logits, 0), {1});
  if (pick.temperature > 0) {
    seed = context.state(context.last(), {2}, DType::uint32);
    next = sample_token(logits, *seed, relay.offsets(), pick.temperature);
  }
  std::vector<Array> outputs{ring_write(ring, next, relay.offsets())};
  if (feeds_itself()) {
    // In this order: the offset moves when nothing needs the old one any more.
    outputs.push_back(assign(relay.ids(), reshape(next, {1, 1})));
    outputs.push_back(assign(relay.offsets(), add(relay.offsets(), Array::scalar(1, DType::int32))));
  }
  relay.finish(outputs);
}

}  // namespace etna
