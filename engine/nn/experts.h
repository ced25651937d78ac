#pragma once

#include <optional>

#include "engine/ops/moe.h"

namespace etna::nn {

/// The linear layers of a mixture's experts, one beside the other, whatever the weights' format (D5).
class Experts {
public:
  virtual ~Experts() = default;

  /// x (T, in), or (T, S, in) with a row for each slot; indices int32 (T, S) → (T, S, out) in x's dtype: for each slot
  /// the product with the expert that it names.
  virtual Array operator()(const Array& x, const Array& indices) const = 0;

  std::int64_t count() const { return count_; }

  std::int64_t in_features() const { return in_; }

  std::int64_t out_features() const { return out_; }

protected:
  Experts(std::int64_t count, std::int64_t in, std::int64_t out) : count_(count), in_(in), out_(out) {}

private:
  std::int64_t count_, in_, out_;
};

/// Weight (count, out, in) and bias (count, out) of floating types.
class FloatExperts : public Experts {
public:
  FloatExperts(Array weight, std::optional<Array> bias);
  Array operator()(const Array& x, const Array& indices) const override;

private:
  Array weight_;
  std::optional<Array> bias_;
};

/// Packed weight of logical shape (count, out, in), and bias (count, out).
class PackedExperts : public Experts {
public:
  PackedExperts(PackedArrays weight, PackedFormat format, std::optional<Array> bias);
  Array operator()(const Array& x, const Array& indices) const override;

private:
  PackedArrays weight_;
  PackedFormat format_;
  std::optional<Array> bias_;
};

}  // namespace etna::nn
