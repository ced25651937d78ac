#pragma once

#include <cstdint>
#include <vector>

#include "engine/ops/packed_format.h"

namespace etna::test {

/// One row of a packed weight as it lies in memory; scales and biases as numbers, e8m0 and e4m3 ones as their bytes.
struct PackedRow {
  std::vector<std::uint8_t> bytes;
  std::vector<double> scales;
  std::vector<double> biases;
};

/// Element `index` of a row by the textbook: one element at a time, in double precision, sharing nothing with kernels.
double packed_value(const PackedFormat& format, const PackedRow& row, std::int64_t index);

/// Every format that the engine knows, affine ones in all widths.
std::vector<PackedFormat> packed_formats();

/// The double that an 8-bit float of four exponent bits is, 0x7f being 480.
double e4m3_value(std::uint8_t bits);

}  // namespace etna::test
