#include "tests/support/random_arrays.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/view.h"

namespace etna::test {

namespace {

template <class T>
Array narrowed(const std::vector<float>& values, Shape shape) {
  std::vector<T> narrow;
  for (const float value : values) narrow.push_back(from_float<T>(value));
  return Array::from(narrow, std::move(shape));
}

}  // namespace

Array random_array(Shape shape, DType dtype, std::uint32_t seed, float bound) {
  std::mt19937 random(seed);
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  for (float& value : values) value = bound * (static_cast<float>(random() >> 8) * 0x1p-23f - 1);
  if (dtype == DType::float16) return narrowed<Float16>(values, std::move(shape));
  if (dtype == DType::bfloat16) return narrowed<BFloat16>(values, std::move(shape));
  return Array::from(values, std::move(shape));
}

Array random_integers(Shape shape, std::int32_t below, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::int32_t> values(static_cast<std::size_t>(element_count(shape)));
  for (std::int32_t& value : values) value = static_cast<std::int32_t>(random() % static_cast<std::uint32_t>(below));
  return Array::from(values, std::move(shape));
}

PackedArrays random_affine(std::int64_t rows, std::int64_t columns, const PackedFormat& format, DType scale_dtype, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::uint32_t> words(static_cast<std::size_t>(rows * columns * format.bits / 32));
  for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(random());
  const Shape groups{rows, columns / format.group_size};
  const float step = 2.0f / static_cast<float>(1 << format.bits);
  return {Array::from(words, {rows, columns * format.bits / 32}), random_array(groups, scale_dtype, seed + 1, step),
          random_array(groups, scale_dtype, seed + 2, 1)};
}

namespace {

Array random_bytes(Shape shape, std::mt19937& random, std::uint32_t first = 0, std::uint32_t count = 256) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(element_count(shape)));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(first + random() % count);
  return Array::from(bytes, std::move(shape));
}

/// Where a block has float16 scales, and how large they are for weights around ±1.
struct HalfAt {
  int byte;
  float size;
};

std::vector<HalfAt> halves_of(PackedKind kind) {
  switch (kind) {
    case PackedKind::q4_0: return {{0, 0x1p-3f}};
    case PackedKind::q4_1: return {{0, 0x1p-3f}, {2, 1}};
    case PackedKind::q5_0: return {{0, 0x1p-4f}};
    case PackedKind::q5_1: return {{0, 0x1p-4f}, {2, 1}};
    case PackedKind::q8_0: return {{0, 0x1p-7f}};
    case PackedKind::q2_k: return {{80, 0x1p-5f}, {82, 0x1p-4f}};
    case PackedKind::q3_k: return {{108, 0x1p-7f}};
    case PackedKind::q4_k:
    case PackedKind::q5_k: return {{0, 0x1p-10f}, {2, 0x1p-6f}};
    case PackedKind::q6_k: return {{208, 0x1p-12f}};
    case PackedKind::iq4_nl: return {{0, 0x1p-7f}};
    default: return {};
  }
}

Array random_blocks(std::int64_t rows, std::int64_t columns, const PackedFormat& format, std::mt19937& random) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(rows * format.row_elements(columns)));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  const auto block_bytes = static_cast<std::size_t>(traits(format.kind).block_bytes);
  for (std::size_t block = 0; block < bytes.size(); block += block_bytes) {
    for (const HalfAt& half : halves_of(format.kind)) {
      const float size = half.size * (static_cast<float>(random() >> 8) * 0x1p-23f - 1);
      const std::uint16_t bits = to_float16(size).bits;
      bytes[block + static_cast<std::size_t>(half.byte)] = static_cast<std::uint8_t>(bits);
      bytes[block + static_cast<std::size_t>(half.byte) + 1] = static_cast<std::uint8_t>(bits >> 8);
    }
    if (format.kind == PackedKind::ggml_mxfp4) bytes[block] = static_cast<std::uint8_t>(122 + random() % 5);
  }
  return Array::from(bytes, {rows, format.row_elements(columns)});
}

}  // namespace

PackedArrays random_packed(std::int64_t rows, std::int64_t columns, const PackedFormat& format, DType scale_dtype, std::uint32_t seed) {
  if (format.kind == PackedKind::affine) return random_affine(rows, columns, format, scale_dtype, seed);
  std::mt19937 random(seed);
  if (traits(format.kind).block_bytes > 0) return {random_blocks(rows, columns, format, random)};
  const Shape elements{rows, format.row_elements(columns)}, groups{rows, format.row_groups(columns)};
  if (format.kind == PackedKind::fp8_e4m3) return {random_bytes(elements, random), random_array(groups, scale_dtype, seed + 1, 0x1p-7f)};
  std::vector<std::uint32_t> words(static_cast<std::size_t>(element_count(elements)));
  for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(random());
  const std::uint32_t first = format.kind == PackedKind::mxfp4 ? 122 : format.kind == PackedKind::mxfp8 ? 115 : 0x10;
  return {Array::from(words, elements), random_bytes(groups, random, first, format.kind == PackedKind::nvfp4 ? 0x20 : 5)};
}

const char* name(Layout layout) {
  constexpr const char* names[] = {"contiguous", "transposed", "strided", "offset", "broadcast"};
  return names[static_cast<int>(layout)];
}

Array random_in_layout(const Shape& shape, DType dtype, Layout layout, std::uint32_t seed) {
  Shape stored = shape;
  switch (layout) {
    case Layout::contiguous: return random_array(shape, dtype, seed);
    case Layout::transposed:
      std::swap(stored[stored.size() - 1], stored[stored.size() - 2]);
      return transpose(random_array(stored, dtype, seed), -1, -2);
    case Layout::strided:  // rows of a wider matrix
      stored.back() += 3;
      return slice(random_array(stored, dtype, seed), -1, 1, 1 + shape.back());
    case Layout::offset:
      stored.front() += 1;
      return slice(random_array(stored, dtype, seed), 0, 1, 1 + shape.front());
    case Layout::broadcast:
      stored.front() = 1;
      return broadcast_to(random_array(stored, dtype, seed), shape);
  }
  return random_array(shape, dtype, seed);
}

}  // namespace etna::test
