#pragma once

#include "engine/array/array.h"

namespace etna {

/// Input: x (..., n) floating. Output int32 (..., k).
struct TopKIndices : OpOf<TopKIndices> {
  std::int64_t k;

  explicit TopKIndices(std::int64_t count) : k(count) {}

  std::string name() const override { return "top_k_indices"; }

  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// Places of the k largest elements of each row, the largest first, the lowest place first among equals: what picks
/// experts. Made for short rows (kernels look at a row k times); NaN counts as -infinity.
///
/// x       (..., n)  floating
/// returns (..., k)  int32
///
/// Throws invalid_argument unless 1 <= k <= n.
Array top_k_indices(const Array& x, std::int64_t k);

/// Input: x (..., n) floating. Output (..., k) of x's dtype.
struct TopKSoftmax : OpOf<TopKSoftmax> {
  std::int64_t k;

  explicit TopKSoftmax(std::int64_t count) : k(count) {}

  std::string name() const override { return "top_k_softmax"; }

  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// softmax(take_along_last(x, top_k_indices(x, k))): the weights of experts that are picked by x. It waits for x alone,
/// so it runs beside the picking.
Array top_k_softmax(const Array& x, std::int64_t k);

}  // namespace etna
