#include "engine/backend/cpu/rows.h"

#include <algorithm>
#include <cstring>

#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

template <class T>
void gather_run(const std::byte* from, std::int64_t stride, std::int64_t count, float* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * stride * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    if constexpr (std::is_integral_v<T>) to[i] = static_cast<float>(value);
    else to[i] = to_float(value);
  }
}

}  // namespace

void load_floats(DType dtype, const void* from, std::int64_t count, float* to) {
  switch (dtype) {
    case DType::float16: simd::float16_to_float(static_cast<const Float16*>(from), count, to); break;
    case DType::bfloat16: simd::bfloat16_to_float(static_cast<const BFloat16*>(from), count, to); break;
    default: std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
  }
}

void store_floats(DType dtype, const float* from, std::int64_t count, void* to) {
  switch (dtype) {
    case DType::float16: simd::float_to_float16(from, count, static_cast<Float16*>(to)); break;
    case DType::bfloat16: simd::float_to_bfloat16(from, count, static_cast<BFloat16*>(to)); break;
    default: std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
  }
}

void gather_floats(const View& view, std::int64_t begin, std::int64_t end, float* to) {
  for_each_run(view, begin, end, [&](const std::byte* from, std::int64_t stride, std::int64_t count, std::int64_t first) {
    float* out = to + (first - begin);
    if (stride == 1 && is_floating(view.dtype)) return load_floats(view.dtype, from, count, out);
    switch (view.dtype) {
      case DType::float32: return gather_run<float>(from, stride, count, out);
      case DType::float16: return gather_run<Float16>(from, stride, count, out);
      case DType::bfloat16: return gather_run<BFloat16>(from, stride, count, out);
      case DType::int32: return gather_run<std::int32_t>(from, stride, count, out);
      case DType::uint32: return gather_run<std::uint32_t>(from, stride, count, out);
      case DType::uint8:
      case DType::boolean: return gather_run<std::uint8_t>(from, stride, count, out);
    }
  });
}

std::int64_t grain_for(std::int64_t work_per_item) { return std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(work_per_item, 1)); }

}  // namespace etna::cpu
