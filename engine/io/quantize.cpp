#include "engine/io/quantize.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/thread_pool.h"
#include "engine/io/elements.h"
#include "engine/io/float_formats.h"

namespace etna {

namespace {

/// Appends codes of 2 to 8 bits to a row, lowest bits first.
class BitWriter {
public:
  BitWriter(std::byte* bytes, int bits) : next_(bytes), bits_(bits) {}

  void put(std::uint32_t code) {
    pending_ |= std::uint64_t{code} << count_;
    for (count_ += bits_; count_ >= 8; count_ -= 8) {
      *next_++ = static_cast<std::byte>(pending_);
      pending_ >>= 8;
    }
  }

private:
  std::byte* next_;
  int bits_;
  std::uint64_t pending_ = 0;
  int count_ = 0;
};

class BitReader {
public:
  BitReader(const std::byte* bytes, int bits) : next_(bytes), bits_(bits) {}

  std::uint32_t take() {
    for (; count_ < bits_; count_ += 8) pending_ |= static_cast<std::uint32_t>(*next_++) << count_;
    const std::uint32_t code = pending_ & ((1u << bits_) - 1);
    pending_ >>= bits_;
    count_ -= bits_;
    return code;
  }

private:
  const std::byte* next_;
  int bits_;
  std::uint32_t pending_ = 0;
  int count_ = 0;
};

/// Where the quantized form of one group goes.
struct Group {
  BitWriter& codes;
  std::byte* scales;
  std::byte* biases;
  std::size_t index;
};

/// Nearest integer, ties to even, for |value| < 2^22; several times faster than the library's function.
float round_small(float value) {
  return (value + 12582912.0f) - 12582912.0f;
}

void quantize_affine_group(std::span<const float> w, int bits, DType dtype, const Group& out) {
  constexpr float eps = 1e-7f;
  const float n = static_cast<float>((1 << bits) - 1);
  const auto [lowest, highest] = std::minmax_element(w.begin(), w.end());
  const float lo = *lowest, hi = *highest;
  const bool negative = std::fabs(lo) > std::fabs(hi);
  float scale = std::max((hi - lo) / n, eps);
  if (!negative) scale = -scale;
  const float edge = negative ? lo : hi;
  const float steps = std::nearbyint(edge / scale);
  float bias = 0;
  if (steps != 0) {
    scale = edge / steps;
    bias = edge;
  }
  for (const float value : w) {
    const float q = (value - bias) / scale;
    // Comparing this way round sends NaN to 0; what lies outside [0, n] never reaches round_small's limit.
    const float code = q > 0 ? round_small(std::min(q, n)) : 0.0f;
    out.codes.put(static_cast<std::uint32_t>(code));
  }
  store_float(out.scales, dtype, out.index, scale);
  store_float(out.biases, dtype, out.index, bias);
}

void quantize_float_group(std::span<const float> w, const QuantizationConfig& config, const Group& out) {
  float largest = 0;
  for (const float value : w) largest = std::max(largest, std::fabs(value));
  const bool is_nvfp4 = config.mode == "nvfp4";
  const float top = config.bits == 8 ? 448.0f : 6.0f;
  const std::uint32_t code = is_nvfp4 ? to_e4m3(largest / top) : to_e8m0(largest / top);
  const float scale = is_nvfp4 ? from_e4m3(code) : from_e8m0(code);
  for (const float value : w) {
    const float scaled = scale == 0 ? 0.0f : value / scale;
    out.codes.put(config.bits == 8 ? to_e4m3(scaled) : to_e2m1(scaled));
  }
  out.scales[out.index] = static_cast<std::byte>(code);
}

float group_scale(const PackedView& packed, std::size_t group) {
  if (packed.config.mode == "affine") return load_float(packed.scales.data(), packed.scales_dtype, group);
  const auto byte = static_cast<std::uint32_t>(packed.scales[group]);
  return packed.config.mode == "nvfp4" ? from_e4m3(byte) : from_e8m0(byte);
}

}  // namespace

Shape packed_shape(const Shape& shape, const QuantizationConfig& config) {
  Shape result = shape;
  result.back() = shape.back() / 32 * config.bits + shape.back() % 32 * config.bits / 32;
  return result;
}

Shape scales_shape(const Shape& shape, const QuantizationConfig& config) {
  Shape result = shape;
  result.back() /= config.group_size;
  return result;
}

std::string quantizing_problem(const Shape& shape, DType dtype, const QuantizationConfig& config) {
  if (std::string problem = config.problem(); !problem.empty()) return problem;
  if (!is_floating(dtype)) return fmt::format("it holds {}, no floating numbers", name(dtype));
  if (shape.size() < 2) return fmt::format("it has {} axes, not at least 2", shape.size());
  if (shape.back() % config.group_size != 0) {
    return fmt::format("its last axis {} is no multiple of group_size {}", shape.back(), config.group_size);
  }
  return {};
}

PackedTensor quantize(std::span<const std::byte> elements, DType dtype, const Shape& shape,
                      const QuantizationConfig& config, ThreadPool& pool) {
  if (const std::string problem = quantizing_problem(shape, dtype, config); !problem.empty()) {
    fail(Errc::invalid_argument, "quantize: the tensor cannot be quantized: {}", problem);
  }
  const bool affine = config.mode == "affine";
  PackedTensor result{.config = config,
                      .shape = shape,
                      .scales_dtype = affine ? dtype : DType::uint8,
                      .weight = {},
                      .scales = {},
                      .biases = {}};
  const PackedView sizes = result.view();
  const auto rows = static_cast<std::size_t>(sizes.rows());
  const auto columns = static_cast<std::size_t>(sizes.columns());
  const auto group_size = static_cast<std::size_t>(config.group_size);
  const std::size_t scale_bytes = rows * sizes.row_groups() * size_of(result.scales_dtype);
  result.weight.resize(rows * sizes.row_bytes());
  result.scales.resize(scale_bytes);
  if (affine) result.biases.resize(scale_bytes);

  pool.parallel_for(static_cast<std::int64_t>(rows), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> values(columns);
    for (auto row = static_cast<std::size_t>(begin); row < static_cast<std::size_t>(end); ++row) {
      for (std::size_t i = 0; i < columns; ++i) values[i] = load_float(elements.data(), dtype, row * columns + i);
      BitWriter codes(result.weight.data() + row * sizes.row_bytes(), config.bits);
      for (std::size_t group = 0; group < sizes.row_groups(); ++group) {
        const auto w = std::span<const float>(values).subspan(group * group_size, group_size);
        const Group out{codes, result.scales.data(), result.biases.data(), row * sizes.row_groups() + group};
        if (affine)
          quantize_affine_group(w, config.bits, dtype, out);
        else
          quantize_float_group(w, config, out);
      }
    }
  });
  return result;
}

void dequantize_row(const PackedView& packed, std::int64_t row, std::span<float> values) {
  const auto index = static_cast<std::size_t>(row);
  const auto group_size = static_cast<std::size_t>(packed.config.group_size);
  const bool affine = packed.config.mode == "affine";
  const bool bytes = packed.config.bits == 8;
  BitReader codes(packed.weight.data() + index * packed.row_bytes(), packed.config.bits);
  for (std::size_t group = 0; group < packed.row_groups(); ++group) {
    const std::size_t at = index * packed.row_groups() + group;
    const float scale = group_scale(packed, at);
    const float bias = affine ? load_float(packed.biases.data(), packed.scales_dtype, at) : 0.0f;
    for (float& value : values.subspan(group * group_size, group_size)) {
      const std::uint32_t code = codes.take();
      value = affine ? static_cast<float>(code) * scale + bias : scale * (bytes ? from_e4m3(code) : from_e2m1(code));
    }
  }
}

std::vector<std::byte> dequantize(const PackedView& packed, DType dtype, ThreadPool& pool) {
  const auto columns = static_cast<std::size_t>(packed.columns());
  std::vector<std::byte> result(static_cast<std::size_t>(element_count(packed.shape)) * size_of(dtype));
  pool.parallel_for(packed.rows(), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> values(columns);
    for (std::int64_t row = begin; row < end; ++row) {
      dequantize_row(packed, row, values);
      for (std::size_t i = 0; i < columns; ++i) {
        store_float(result.data(), dtype, static_cast<std::size_t>(row) * columns + i, values[i]);
      }
    }
  });
  return result;
}

}  // namespace etna
