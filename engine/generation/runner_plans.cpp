#include "engine/generation/runner_plans.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

constexpr std::int64_t ring_size = 64;

Array state(const PlanContext& context, Shape shape, DType dtype, Placement placement = Placement::device) {
  return allocate_array(context.backend, std::move(shape), dtype, MemoryTag::activations, context.owner, placement);
}

/// Logits (rows, vocab) as float32 in memory that the host reads quickly.
Array to_host(const PlanContext& context, const Array& target, const Array& hidden) {
  const Array logits = reshape(context.model.logits(hidden), {target.shape(0), context.vocab_size});
  return assign(target, cast(logits, DType::float32));
}

}  // namespace

Runner::Prompt::Prompt(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t of_row, std::int64_t of_length, std::int64_t of_positions)
    : row(of_row),
      length(of_length),
      position_count(of_positions),
      ids(state(context, {1, of_length}, DType::int32)),
      offsets(state(context, {1}, DType::int32)) {
  const Array hidden = context.model.hidden_states({ids, caches, offsets, context.frequencies, context.activations});
  if (position_count == 0) {
    // Nothing is read from it but what its layers wrote to the caches.
    plan = Plan::compile(std::span(&hidden, 1), context.backend, context.owner, context.working);
    return;
  }
  positions = state(context, {position_count}, DType::int32);
  logits = state(context, {position_count, context.vocab_size}, DType::float32, Placement::host);
  const Array rows = take(reshape(hidden, {length, hidden.shape(-1)}), *positions);
  const Array result = to_host(context, *logits, rows);
  plan = Plan::compile(std::span(&result, 1), context.backend, context.owner, context.working);
}

Runner::Step::Step(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t batch)
    : ids(state(context, {batch, 1}, DType::int32)),
      offsets(state(context, {batch}, DType::int32)),
      logits(state(context, {batch, context.vocab_size}, DType::float32, Placement::host)) {
  const Array hidden = context.model.hidden_states({ids, caches, offsets, context.frequencies, context.activations});
  const Array result = to_host(context, logits, hidden);
  plan = Plan::compile(std::span(&result, 1), context.backend, context.owner, context.working);
}

Runner::DeviceStep::DeviceStep(const PlanContext& context, std::span<const nn::KvCache> caches, DevicePick pick)
    : token(state(context, {1, 1}, DType::int32)),
      offset(state(context, {1}, DType::int32)),
      ring(state(context, {ring_size}, DType::int32, Placement::host)) {
  const Array hidden = context.model.hidden_states({token, caches, offset, context.frequencies, context.activations});
  const Array logits = reshape(context.model.logits(hidden), {context.vocab_size});
  Array next = reshape(argmax(logits, 0), {1});
  if (pick.temperature > 0) {
    seed = state(context, {2}, DType::uint32);
    next = sample_token(logits, *seed, offset, pick.temperature);
  }
  // In this order: the offset moves when nothing needs the old one any more.
  const Array outputs[] = {
      ring_write(ring, next, offset),
      assign(token, reshape(next, {1, 1})),
      assign(offset, add(offset, Array::scalar(1, DType::int32))),
  };
  plan = Plan::compile(outputs, context.backend, context.owner, context.working);
}

}  // namespace etna
