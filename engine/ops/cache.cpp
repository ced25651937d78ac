#include "engine/ops/cache.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

void check_cache(const Array& cache, const Array& rows, const Array& offsets, const CacheLayout& layout, const char* operation) {
  const DType stored = layout.packed() ? DType::uint32 : rows.dtype();
  const bool fits = cache.rank() == 4 && rows.rank() == 4 && is_floating(rows.dtype()) && cache.shape(0) == rows.shape(0) &&
                    cache.shape(1) == rows.shape(2) && cache.shape(3) == layout.width(rows.shape(3)) &&
                    rows.shape(1) <= cache.shape(2) && cache.dtype() == stored;
  if (!fits) {
    fail(Errc::invalid_argument, "{}: a cache {} {} and rows {} {}", operation, name(cache.dtype()), to_string(cache.shape()),
         name(rows.dtype()), to_string(rows.shape()));
  }
  check_layout(layout, rows.shape(3), cache.shape(2), operation);
  if (offsets.dtype() != DType::int32 || offsets.shape() != Shape{cache.shape(0)}) {
    fail(Errc::invalid_argument, "{}: offsets are {} {}, expected int32 ({})", operation, name(offsets.dtype()),
         to_string(offsets.shape()), cache.shape(0));
  }
}

}  // namespace

void check_layout(const CacheLayout& layout, std::int64_t size, std::int64_t places, const char* operation) {
  if (layout.packed()) {
    if (layout.bits != 4 && layout.bits != 8) fail(Errc::invalid_argument, "{}: cache rows of {} bits; 4 and 8 are known", operation, layout.bits);
    if (layout.group_size != 32 && layout.group_size != 64) {
      fail(Errc::invalid_argument, "{}: cache rows in groups of {}; 32 and 64 are known", operation, layout.group_size);
    }
    if (size % layout.group_size != 0) {
      fail(Errc::invalid_argument, "{}: a head of {} elements is no multiple of the cache's groups of {}", operation, size, layout.group_size);
    }
  }
  if (layout.keep < 0 || (layout.ring && layout.keep >= places)) {
    fail(Errc::invalid_argument, "{}: a ring of {} places cannot keep the first {}", operation, places, layout.keep);
  }
}

Work CacheUpdate::work(std::span<const View> inputs, const View&) const {
  const auto rows = static_cast<std::uint64_t>(inputs[1].size() / std::max<std::int64_t>(inputs[1].shape[3], 1));
  return {.bytes = inputs[1].bytes() + rows * static_cast<std::uint64_t>(inputs[0].shape[3]) * size_of(inputs[0].dtype), .flops = 0};
}

/// The rows' places hold their gradient. What was in the cache before counts as constant.
std::optional<Gradients> CacheUpdate::gradient(const GradientCall& call) const {
  const Array &rows = call.inputs[1], &offsets = call.inputs[2];
  const std::int64_t batch = rows.shape(0), length = rows.shape(1), heads = rows.shape(2), size = rows.shape(3);
  const std::int64_t places = call.inputs[0].shape(2);
  if (call.wanted[0]) fail(Errc::unsupported, "cache_update: there is no gradient by what a cache held before");
  if (layout.packed() || layout.ring) fail(Errc::unsupported, "cache_update: packed rows and rings have no gradient");
  std::vector<std::int32_t> first;
  for (std::int64_t entry = 0; entry < batch; ++entry) first.push_back(static_cast<std::int32_t>(entry * places));
  const Array positions = add(reshape(offsets, {batch, 1}), reshape(arange(length), {1, length}));
  const Array by_position = reshape(permute(call.gradient, {0, 2, 1, 3}), {batch * places, heads, size});
  const Array gradient = take(by_position, add(positions, Array::from(first, {batch, 1})));
  return Gradients{std::nullopt, gradient, std::nullopt};
}

Array cache_update(const Array& cache, const Array& rows, const Array& offsets, const CacheLayout& layout) {
  check_cache(cache, rows, offsets, layout, "cache_update");
  return Array(cache.shape(), cache.dtype(), std::make_shared<CacheUpdate>(layout), {cache, rows, offsets});
}

std::optional<Array> RopeCacheUpdate::definition(std::span<const Array> inputs) const {
  return cache_update(inputs[0], rope(inputs[1], inputs[2], inputs[3], rotation.layout, rotation.magnitude), inputs[2], layout);
}

Work RopeCacheUpdate::work(std::span<const View> inputs, const View& output) const {
  Work work = CacheUpdate(layout).work(inputs, output);
  work.flops = 3 * static_cast<std::uint64_t>(inputs[1].size());
  return work;
}

Array rope_cache_update(const Array& cache, const Array& rows, const Array& offsets, const Array& frequencies,
                        const Rope& rotation, const CacheLayout& layout) {
  check_cache(cache, rows, offsets, layout, "rope_cache_update");
  rope(rows, offsets, frequencies);  // the same checks
  return Array(cache.shape(), cache.dtype(), std::make_shared<RopeCacheUpdate>(layout, rotation), {cache, rows, offsets, frequencies});
}

Array unpack_cache(const Array& cache, const CacheLayout& layout) {
  if (cache.rank() != 4 || cache.dtype() != DType::uint32 || !layout.packed() || layout.width(layout.size(cache.shape(3))) != cache.shape(3)) {
    fail(Errc::invalid_argument, "unpack_cache: {} {} of {} bits", name(cache.dtype()), to_string(cache.shape()), layout.bits);
  }
  const std::int64_t size = layout.size(cache.shape(3));
  check_layout(layout, size, cache.shape(2), "unpack_cache");
  return Array({cache.shape(0), cache.shape(1), cache.shape(2), size}, DType::float32, std::make_shared<UnpackCache>(layout), {cache});
}

}  // namespace etna
