#pragma once

#include <memory>
#include <optional>

#include "engine/array/array.h"
#include "engine/ops/quantized.h"

namespace etna::nn {

/// y = x · Wᵀ + b, whatever the weight's format (D5). Models hold this and never know which.
class Linear {
public:
  virtual ~Linear() = default;

  /// x (..., in) → (..., out) in x's dtype.
  virtual Array operator()(const Array& x) const = 0;

  /// Rows [first, first + count) of W as float32 (count, in), whatever the format.
  virtual Array rows(std::int64_t first, std::int64_t count) const = 0;

  std::int64_t in_features() const { return in_; }
  std::int64_t out_features() const { return out_; }

protected:
  Linear(std::int64_t in, std::int64_t out) : in_(in), out_(out) {}

private:
  std::int64_t in_, out_;
};

/// Weight (out, in) of a floating type.
class FloatLinear : public Linear {
public:
  FloatLinear(Array weight, std::optional<Array> bias);
  Array operator()(const Array& x) const override;
  Array rows(std::int64_t first, std::int64_t count) const override;

private:
  Array weight_;
  std::optional<Array> bias_;
};

/// Packed weight (out, in): see ops/packed_format.h.
class PackedLinear : public Linear {
public:
  PackedLinear(PackedArrays weight, PackedFormat format, std::optional<Array> bias);
  Array operator()(const Array& x) const override;
  Array rows(std::int64_t first, std::int64_t count) const override;

private:
  PackedArrays weight_;
  PackedFormat format_;
  std::optional<Array> bias_;
};

}  // namespace etna::nn
