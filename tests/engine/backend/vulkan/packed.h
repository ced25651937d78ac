#pragma once

#include "engine/ops/quantized.h"
#include "tests/engine/backend/vulkan/gpu.h"

namespace etna::test {

/// A random packed matrix (n, k) and what its elements are.
struct Packed {
  PackedArrays arrays;
  std::vector<double> values;
};

inline Packed random_packed(std::int64_t n, std::int64_t k, PackedFormat format, DType scale_type, unsigned seed) {
  std::mt19937 engine(seed);
  const std::int64_t row_words = k * format.bits / 32;
  std::vector<std::uint32_t> words(static_cast<std::size_t>(n * row_words));
  for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(engine());
  const Shape groups{n, k / format.group_size};
  const float step = 2.0F / static_cast<float>((1 << format.bits) - 1);
  const Array scales = random_array(groups, scale_type, seed + 1, 0.5F * step, step);
  const Array biases = random_array(groups, scale_type, seed + 2, -1, -0.5F);
  const std::vector<double> s = doubles(scales), b = doubles(biases);
  std::vector<double> values;
  for (std::int64_t i = 0; i < n * k; ++i) {
    const std::int64_t bit = i * format.bits;
    const auto place = static_cast<std::size_t>(bit / 32);
    const std::uint64_t next = place + 1 < words.size() ? words[place + 1] : 0;
    const std::uint64_t code = ((next << 32 | words[place]) >> (bit % 32)) & ((1U << format.bits) - 1);
    const auto group = static_cast<std::size_t>(i / format.group_size);
    values.push_back(static_cast<double>(code) * s[group] + b[group]);
  }
  return {{Array::from(words, {n, row_words}), scales, biases}, values};
}

/// Random bytes as a weight of a kind without floating scales beside it; halves in them are no larger than 2.
inline PackedArrays random_blocks(std::int64_t n, std::int64_t k, PackedFormat format, unsigned seed) {
  std::mt19937 engine(seed);
  const auto bytes = [&](const Shape& shape) {
    std::vector<std::uint8_t> values(static_cast<std::size_t>(element_count(shape)));
    for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(engine() & 0x3f);
    return values;
  };
  const Shape groups{n, format.row_groups(k)};
  if (traits(format.kind).block_bytes > 0) {
    const Shape shape{n, format.row_elements(k)};
    return {Array::from(bytes(shape), shape)};
  }
  std::vector<std::uint32_t> words(static_cast<std::size_t>(n * format.row_elements(k)));
  for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(engine());
  return {Array::from(words, {n, format.row_elements(k)}), Array::from(bytes(groups), groups)};
}

inline std::vector<double> times_transposed(const std::vector<double>& x, const std::vector<double>& w,
                                            std::int64_t k) {
  std::vector<double> y;
  for (std::size_t row = 0; row < x.size() / k; ++row) {
    for (std::size_t column = 0; column < w.size() / k; ++column) {
      double sum = 0;
      for (std::int64_t i = 0; i < k; ++i) sum += x[row * k + i] * w[column * k + i];
      y.push_back(sum);
    }
  }
  return y;
}

}  // namespace etna::test
