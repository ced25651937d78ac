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
