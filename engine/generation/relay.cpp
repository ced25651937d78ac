#include "engine/generation/relay.h"

#include "engine/ops/gather.h"

namespace etna {

Array PlanContext::state(const ModelPart& part, Shape shape, DType dtype, Placement placement) const {
  return allocate_array(*part.backend, std::move(shape), dtype, MemoryTag::activations, part.owner, placement);
}

Relay::Relay(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t batch, std::int64_t length)
    : ids_(context.state(context.parts.front(), {batch, length}, DType::int32)), hidden_(ids_) {
  std::size_t first_layer = 0;
  for (std::size_t i = 0; i < context.parts.size(); ++i) {
    const ModelPart& part = context.parts[i];
    Stage stage{.part = part, .offsets = context.state(part, {batch}, DType::int32), .input = {}, .output = {}, .plan = {}};
    if (i > 0) stage.input = context.state(part, hidden_.shape(), hidden_.dtype());
    const std::size_t layers = part.model->cache_shapes().size();
    hidden_ = part.model->hidden_states({.input = stage.input.value_or(ids_),
                                         .caches = caches.subspan(first_layer, layers),
                                         .offsets = stage.offsets,
                                         .frequencies = context.ropes.frequencies(i),
                                         .activations = context.activations});
    first_layer += layers;
    if (i + 1 < context.parts.size()) {
      stage.output = context.state(part, hidden_.shape(), hidden_.dtype(), Placement::host);
      const Array result = assign(*stage.output, hidden_);
      stage.plan = Plan::compile(std::span(&result, 1), *part.backend, part.owner);
    }
    stages_.push_back(std::move(stage));
  }
}

void Relay::finish(std::span<const Array> outputs) {
  Stage& last = stages_.back();
  last.plan = Plan::compile(outputs, *last.part.backend, last.part.owner);
}

void Relay::write_ids(std::span<const std::int32_t> ids) { write_elements(ids_, ids); }

void Relay::write_offset(std::int64_t row, std::int64_t value) {
  const auto narrow = static_cast<std::int32_t>(value);
  for (const Stage& stage : stages_) write_elements(stage.offsets, std::span(&narrow, 1), row);
}

/// From the output of a part that has run to the input of the next.
void Relay::hand_over(std::size_t stage) {
  const View& from = stages_[stage].output->view();
  const View& to = stages_[stage + 1].input->view();
  to.buffer->write(to.offset, {from.host(), from.bytes()});
}

std::uint64_t Relay::start() {
  for (std::size_t i = 0; i + 1 < stages_.size(); ++i) {
    stages_[i].plan->run();
    hand_over(i);
  }
  return stages_.back().plan->start();
}

std::vector<StepTime> Relay::profile() {
  std::vector<StepTime> times;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    for (StepTime& time : stages_[i].plan->profile()) times.push_back(std::move(time));
    if (i + 1 < stages_.size()) hand_over(i);
  }
  return times;
}

int Relay::dispatch_count() const {
  int count = 0;
  for (const Stage& stage : stages_) count += stage.plan->dispatch_count();
  return count;
}

}  // namespace etna
