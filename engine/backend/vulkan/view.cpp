#include "engine/ops/view.h"

#include "engine/array/copy.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/map_call.h"

namespace etna::vulkan {

namespace {

void record_copy(Recorder& recorder, const Step& step) {
  record_map(recorder, kernel_name("copy", step.output.dtype), map_convert, step.inputs[0], step.output);
}

void record_concatenate(Recorder& recorder, const Step& step) {
  const auto axis = static_cast<std::size_t>(static_cast<const Concatenate&>(*step.op).axis);
  View part = step.output;
  for (const View& input : step.inputs) {
    part.shape = input.shape;
    if (input.size() > 0) {
      record_map(recorder, kernel_name("concatenate", input.dtype), map_convert, input, part);
    }
    part.offset += static_cast<std::size_t>(input.shape[axis] * part.strides[axis]) * size_of(part.dtype);
  }
}

}  // namespace

void add_view(KernelTable& table) {
  table.add<Copy>({.record = record_copy, .supports = nullptr, .strided_inputs = 0b1});
  table.add<Concatenate>({.record = record_concatenate, .supports = nullptr, .strided_inputs = ~0U});
}

}  // namespace etna::vulkan
