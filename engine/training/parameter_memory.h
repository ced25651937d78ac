#pragma once

#include <cstdint>
#include <vector>

#include "engine/array/array.h"
#include "engine/array/backend.h"

namespace etna::training {

/// Memory of many float32 arrays, one behind the other in a few large pieces, so that what is done to all of them alike
/// (sums of squares, most optimizers) is done to pieces.
class ParameterMemory {
public:
  /// Pieces are multiples of this, filled up with zeros, so that sums over them can go in rows.
  static constexpr std::int64_t row = 1024;

  ParameterMemory(Backend& backend, OwnerId owner) : backend_(backend), owner_(owner) {}

  /// Room for an array; its contents are undefined. Throws out_of_memory.
  Array take(const Shape& shape);

  /// All that was taken so far: (n) each, n a multiple of `row`.
  std::vector<Array> pieces() const;

  /// Other memory with a place for each of that: pieces of the same sizes, all zeros.
  std::vector<Array> like_pieces() const;

  /// The part of other pieces (like_pieces()) that lies where `array`, which was taken here, lies.
  Array part_of(const std::vector<Array>& other, const Array& array) const;

private:
  struct Piece {
    Array memory;           // (capacity)
    std::int64_t used = 0;  // elements
  };

  Array allocate(std::int64_t elements) const;

  Backend& backend_;
  OwnerId owner_;
  std::vector<Piece> pieces_;
};

/// Fills an array in memory, in pieces of bounded size.
void fill_with_zeros(const Array& array);

}  // namespace etna::training
