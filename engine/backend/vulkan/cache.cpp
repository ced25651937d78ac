#include "engine/ops/cache.h"

#include "engine/backend/vulkan/args/cache_unpack.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/rope_call.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

void record_cache_update(Recorder& recorder, const Step& step) {
  const CacheLayout& layout = static_cast<const CacheUpdate&>(*step.op).layout;
  record_cache_rows(recorder, "cache_update", step.inputs[0], step.inputs[1], step.inputs[2], layout, nullptr);
}

void record_rope_cache_update(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const RopeCacheUpdate&>(*step.op);
  const Turn turn{step.inputs[3], op.rotation};
  record_cache_rows(recorder, "rope_cache_update", step.inputs[0], step.inputs[1], step.inputs[2], op.layout, &turn);
}

void record_unpack_cache(Recorder& recorder, const Step& step) {
  const View& x = step.inputs[0];
  const View& y = step.output;
  const CacheLayout& layout = static_cast<const UnpackCache&>(*step.op).layout;
  CacheUnpackArgs args{};
  args.x = x.address();
  args.y = y.address();
  args.count = static_cast<std::uint32_t>(y.size());
  args.dimensions = static_cast<std::uint32_t>(y.shape[3]);
  recorder.dispatch({kernel_name("unpack_cache", y.dtype),
                     shaders::cache_unpack,
                     {static_cast<std::uint32_t>(layout.bits), static_cast<std::uint32_t>(layout.group_size)},
                     recorder.groups_for(y.size(), 128),
                     {range_of(x)},
                     {range_of(y)},
                     {.bytes = x.bytes() + y.bytes(), .flops = 2 * static_cast<std::uint64_t>(y.size())}},
                    args);
}

}  // namespace

void add_cache(KernelTable& table) {
  table.add<CacheUpdate>({.record = record_cache_update, .supports = nullptr, .strided_inputs = 0b011});
  table.add<RopeCacheUpdate>({.record = record_rope_cache_update, .supports = nullptr, .strided_inputs = 0b0011});
  table.add<UnpackCache>({.record = record_unpack_cache, .supports = nullptr, .strided_inputs = 0});
}

}  // namespace etna::vulkan
