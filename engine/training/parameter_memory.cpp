#include "engine/training/parameter_memory.h"

#include <algorithm>

#include "engine/base/error.h"

namespace etna::training {

namespace {

constexpr std::int64_t align = 64;  // elements: kernels load 16 bytes at a time, devices align to 256
constexpr std::int64_t smallest = std::int64_t{1} << 18;  // elements of a piece
constexpr std::int64_t largest = std::int64_t{1} << 26;

std::int64_t rounded(std::int64_t elements, std::int64_t to) {
  return (elements + to - 1) / to * to;
}

Array part(const Array& memory, std::int64_t first, const Shape& shape) {
  View view = memory.view();
  view.offset += static_cast<std::size_t>(first) * sizeof(float);
  view.shape = shape;
  view.strides = contiguous_strides(shape);
  return Array(std::move(view));
}

}  // namespace

void fill_with_zeros(const Array& array) {
  constexpr std::size_t step = std::size_t{1} << 22;
  const std::vector<std::byte> zeros(std::min(step, array.view().bytes()));
  for (std::size_t done = 0; done < array.view().bytes(); done += step) {
    array.view().buffer->write(array.view().offset + done,
                               std::span(zeros).first(std::min(step, array.view().bytes() - done)));
  }
}

Array ParameterMemory::allocate(std::int64_t elements) const {
  Array memory = allocate_array(backend_, {elements}, DType::float32, MemoryTag::training, owner_);
  fill_with_zeros(memory);
  return memory;
}

Array ParameterMemory::take(const Shape& shape) {
  const std::int64_t elements = rounded(element_count(shape), align);
  if (pieces_.empty() || pieces_.back().used + elements > pieces_.back().memory.size()) {
    // As much again as there is: few pieces, and no more than half of them empty.
    std::int64_t all = 0;
    for (const Piece& piece : pieces_) all += piece.used;
    const std::int64_t capacity = std::max(std::clamp(all, smallest, largest), elements);
    pieces_.push_back({allocate(rounded(capacity, row)), 0});
  }
  Piece& piece = pieces_.back();
  Array array = part(piece.memory, piece.used, shape);
  piece.used += elements;
  return array;
}

std::vector<Array> ParameterMemory::pieces() const {
  std::vector<Array> result;
  for (const Piece& piece : pieces_) result.push_back(part(piece.memory, 0, {rounded(piece.used, row)}));
  return result;
}

std::vector<Array> ParameterMemory::like_pieces() const {
  std::vector<Array> result;
  for (const Piece& piece : pieces_) result.push_back(allocate(rounded(piece.used, row)));
  return result;
}

Array ParameterMemory::part_of(const std::vector<Array>& other, const Array& array) const {
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const View& memory = pieces_[i].memory.view();
    if (memory.buffer != array.view().buffer) continue;
    return part(other.at(i), static_cast<std::int64_t>((array.view().offset - memory.offset) / sizeof(float)),
                array.shape());
  }
  fail(Errc::invalid_argument, "part_of: an array {} that was not taken here", to_string(array.shape()));
}

}  // namespace etna::training
