#include "engine/ops/cache.h"

#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/rope_call.h"

namespace etna::vulkan {

namespace {

void record_cache_update(Recorder& recorder, const Step& step) {
  record_cache_rows(recorder, "cache_update", step.inputs[0], step.inputs[1], step.inputs[2], nullptr);
}

void record_rope_cache_update(Recorder& recorder, const Step& step) {
  record_cache_rows(recorder, "rope_cache_update", step.inputs[0], step.inputs[1], step.inputs[2], &step.inputs[3]);
}

bool supports(const Op& op, std::span<const Array>, const Shape&, DType) {
  const auto* update = as<CacheUpdate>(&op);
  const auto* turned = as<RopeCacheUpdate>(&op);
  const CacheLayout& layout = update ? update->layout : turned->layout;
  return !layout.packed() && !layout.ring && (!turned || (turned->rotation.layout == RopeLayout::half_split && turned->rotation.magnitude == 1));
}

}  // namespace

void add_cache(KernelTable& table) {
  table.add<CacheUpdate>({.record = record_cache_update, .supports = supports, .strided_inputs = 0b011});
  table.add<RopeCacheUpdate>({.record = record_rope_cache_update, .supports = supports, .strided_inputs = 0b0011});
}

}  // namespace etna::vulkan
