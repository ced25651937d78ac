#pragma once

#include "engine/array/array.h"

namespace etna {

/// Functions of one argument. Computed in float32 for floating arrays; float arguments only, but for negative,
/// absolute and logical_not. The numbers are shared with the shaders (args/elementwise.args.h).
enum class UnaryKind : std::uint32_t {
  negative, absolute, exponential, logarithm, square_root, reciprocal_square_root, square, sine, cosine,
  hyperbolic_tangent, sigmoid, silu, gelu, gelu_approximate, floor, logical_not,
};

/// Functions of two arguments with NumPy's broadcasting. Comparisons and logic return bool. silu_multiply(a, b) is
/// silu(a) · b, the gate of SwiGLU.
enum class BinaryKind : std::uint32_t {
  add, subtract, multiply, divide, maximum, minimum, power, equal, less, less_equal, greater, greater_equal,
  logical_and, logical_or, silu_multiply,
};

struct Unary : OpOf<Unary> {
  UnaryKind kind;
  explicit Unary(UnaryKind k) : kind(k) {}
  std::string name() const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// Inputs of one dtype (floating or int32), broadcast to one shape; strides tell.
struct Binary : OpOf<Binary> {
  BinaryKind kind;
  explicit Binary(BinaryKind k) : kind(k) {}
  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// Inputs: condition (bool), a, b of one dtype, broadcast to one shape.
struct Select : OpOf<Select> {
  std::string name() const override { return "where"; }
};

/// Conversion between any two dtypes. Floats become integers by truncation; bool is != 0.
struct Cast : OpOf<Cast> {
  std::string name() const override { return "cast"; }
};

Array unary(UnaryKind kind, const Array& x);
Array binary(BinaryKind kind, const Array& a, const Array& b);

inline Array add(const Array& a, const Array& b) { return binary(BinaryKind::add, a, b); }
inline Array subtract(const Array& a, const Array& b) { return binary(BinaryKind::subtract, a, b); }
inline Array multiply(const Array& a, const Array& b) { return binary(BinaryKind::multiply, a, b); }
inline Array divide(const Array& a, const Array& b) { return binary(BinaryKind::divide, a, b); }
inline Array exponential(const Array& x) { return unary(UnaryKind::exponential, x); }
inline Array silu(const Array& x) { return unary(UnaryKind::silu, x); }
inline Array silu_multiply(const Array& a, const Array& b) { return binary(BinaryKind::silu_multiply, a, b); }

/// condition ? a : b, element by element, with broadcasting.
Array where(const Array& condition, const Array& a, const Array& b);

/// x in another dtype; x itself when it has that dtype.
Array cast(const Array& x, DType dtype);

}  // namespace etna
