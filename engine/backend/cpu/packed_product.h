#pragma once

#include <optional>
#include <vector>

#include "engine/array/backend.h"
#include "engine/backend/cpu/simd/integer_products.h"
#include "engine/backend/cpu/simd/packed_rows.h"

/// Products with rows of packed weights of any format: which kernel takes them, and what it wants activations to be.
namespace etna::cpu {

/// The weight whose arrays start at input `first`; leading axes are rows.
simd::PackedRows packed_rows(const Step& step, std::size_t first, const PackedFormat& format);

/// One row of activations, prepared for products with rows of codes: in float where activations are float32, else in
/// integers where the format and the processor allow it.
class VectorProduct {
public:
  /// `x`: w.k elements.
  VectorProduct(DType dtype, const std::byte* x, const simd::PackedRows& w);

  /// y[r] = row r of w times x, for a weight of the same format and length.
  void run(const simd::PackedRows& w, std::int64_t rows, float* y) const;

private:
  std::optional<simd::IntegerActivations> integers_;
  std::optional<simd::PackedActivations> pieces_;
  std::vector<float> values_, sums_;
};

/// For products of tiles, rows become floats in an order that suits the format, this many of them.
std::int64_t tile_stride(const PackedFormat& format, std::int64_t k);
inline std::int64_t tile_stride(const simd::PackedRows& w) { return tile_stride(w.format, w.k); }

/// One row of activations in that order.
void widen_activations(DType dtype, const std::byte* x, const simd::PackedRows& w, float* to);

/// Rows [begin, begin + count) of the weight in that order.
void widen_weights(const simd::PackedRows& w, std::int64_t begin, std::int64_t count, float* to);

}  // namespace etna::cpu
