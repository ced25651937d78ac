#include "engine/io/repack.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/io/elements.h"

namespace etna {

namespace {

/// Where AWQ keeps the eight neighbours of a word: column j in this nibble.
constexpr std::array<int, 8> awq_nibbles = {0, 4, 1, 5, 2, 6, 3, 7};
constexpr std::array<int, 8> plain_nibbles = {0, 1, 2, 3, 4, 5, 6, 7};

std::uint32_t word_at(std::span<const std::byte> bytes, std::int64_t index) {
  std::uint32_t word;
  std::memcpy(&word, bytes.data() + 4 * index, 4);
  return word;
}

void put_word(std::vector<std::byte>& bytes, std::int64_t index, std::uint32_t word) {
  std::memcpy(bytes.data() + 4 * index, &word, 4);
}

std::uint32_t nibble(std::uint32_t word, int index) {
  return word >> 4 * index & 15;
}

AffineWeight sized(const ForeignWeight& foreign, std::int64_t repeat) {
  const auto elements = static_cast<std::size_t>(foreign.out * foreign.groups * repeat);
  AffineWeight result;
  result.weight.resize(static_cast<std::size_t>(foreign.out * (foreign.in / 2)));
  result.scales.resize(elements * size_of(foreign.scale_dtype));
  result.biases.resize(elements * size_of(foreign.scale_dtype));
  return result;
}

/// Turns scales around and makes biases of the zeros, whose nibbles lie as `order` says.
void repack_scales(const ForeignWeight& foreign, const std::array<int, 8>& order, ZeroPoint zero_point,
                   std::int64_t repeat, AffineWeight& result) {
  for (std::int64_t group = 0; group < foreign.groups; ++group) {
    for (std::int64_t o = 0; o < foreign.out; ++o) {
      std::uint32_t zero = 8;
      if (!foreign.zeros.empty()) {
        zero =
            nibble(word_at(foreign.zeros, group * (foreign.out / 8) + o / 8), order[static_cast<std::size_t>(o % 8)]);
        if (zero_point == ZeroPoint::less_one) zero = (zero + 1) & 15;
      }
      const float scale =
          load_float(foreign.scales.data(), foreign.scale_dtype, static_cast<std::size_t>(group * foreign.out + o));
      for (std::int64_t i = 0; i < repeat; ++i) {
        const auto place = static_cast<std::size_t>((o * foreign.groups + group) * repeat + i);
        store_float(result.scales.data(), foreign.scale_dtype, place, scale);
        store_float(result.biases.data(), foreign.scale_dtype, place, -static_cast<float>(zero) * scale);
      }
    }
  }
}

}  // namespace

AffineWeight repack_awq(const ForeignWeight& foreign, std::int64_t repeat) {
  AffineWeight result = sized(foreign, repeat);
  const std::int64_t columns = foreign.out / 8, rows = foreign.in / 8;
  for (std::int64_t column = 0; column < columns; ++column) {
    for (std::int64_t row = 0; row < rows; ++row) {  // eight words by eight nibbles, turned around
      std::array<std::uint32_t, 8> turned{};
      for (int i = 0; i < 8; ++i) {
        const std::uint32_t word = word_at(foreign.codes, (8 * row + i) * columns + column);
        for (std::size_t o = 0; o < 8; ++o) turned[o] |= nibble(word, awq_nibbles[o]) << 4 * i;
      }
      for (int o = 0; o < 8; ++o) {
        put_word(result.weight, (8 * column + o) * rows + row, turned[static_cast<std::size_t>(o)]);
      }
    }
  }
  repack_scales(foreign, awq_nibbles, ZeroPoint::itself, repeat, result);
  return result;
}

AffineWeight repack_gptq(const ForeignWeight& foreign, ZeroPoint zero_point, std::int64_t repeat) {
  AffineWeight result = sized(foreign, repeat);
  const std::int64_t words = foreign.in / 8;
  constexpr std::int64_t block = 64;  // of outputs, so that both sides stay in the cache
  for (std::int64_t first = 0; first < foreign.out; first += block) {
    for (std::int64_t word = 0; word < words; ++word) {
      for (std::int64_t o = first; o < std::min(first + block, foreign.out); ++o) {
        put_word(result.weight, o * words + word, word_at(foreign.codes, word * foreign.out + o));
      }
    }
  }
  repack_scales(foreign, plain_nibbles, zero_point, repeat, result);
  return result;
}

std::vector<std::byte> symmetric_biases(std::span<const std::byte> scales, DType dtype, int offset) {
  std::vector<std::byte> biases(scales.size());
  for (std::size_t i = 0; i < scales.size() / size_of(dtype); ++i) {
    store_float(biases.data(), dtype, i, static_cast<float>(-offset) * load_float(scales.data(), dtype, i));
  }
  return biases;
}

}  // namespace etna
