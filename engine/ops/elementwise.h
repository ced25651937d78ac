#pragma once

#include "engine/array/array.h"

namespace etna {

/// Functions of one argument. Computed in float32 for floating arrays; float arguments only, but for negative,
/// absolute and logical_not. The numbers are shared with the shaders (args/elementwise.args.h).
enum class UnaryKind : std::uint32_t {
  negative, absolute, exponential, logarithm, square_root, reciprocal_square_root, square, sine, cosine,
  hyperbolic_tangent, sigmoid, silu, gelu, gelu_approximate, floor, logical_not,
};

/// Functions of two arguments with NumPy's broadcasting. Comparisons and logic return bool. The last ones are gates
/// f(a) · b in the order of GateKind, computed in float32.
enum class BinaryKind : std::uint32_t {
  add, subtract, multiply, divide, maximum, minimum, power, equal, less, less_equal, greater, greater_equal,
  logical_and, logical_or, silu_multiply, gelu_multiply, gelu_approximate_multiply, relu_multiply, clipped_swiglu,
};

/// How a gated feed-forward layer joins its two products.
enum class GateKind : std::uint32_t {
  silu,              ///< silu(gate) · up: SwiGLU
  gelu,              ///< gelu(gate) · up with the error function
  gelu_approximate,  ///< gelu(gate) · up with the tanh formula
  relu,              ///< max(gate, 0) · up
  clipped_swiglu,    ///< g · sigmoid(1.702 · g) · (u + 1), g = min(gate, 7), u = up within ±7: gpt-oss
};

constexpr BinaryKind binary_kind(GateKind kind) {
  return static_cast<BinaryKind>(static_cast<std::uint32_t>(BinaryKind::silu_multiply) + static_cast<std::uint32_t>(kind));
}

/// The gate that a binary function is; none for the others.
std::optional<GateKind> gate_kind(BinaryKind kind);

struct Unary : OpOf<Unary> {
  UnaryKind kind;
  explicit Unary(UnaryKind k) : kind(k) {}
  std::string name() const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// Inputs of one dtype (floating or int32), broadcast to one shape; strides tell.
struct Binary : OpOf<Binary> {
  BinaryKind kind;
  explicit Binary(BinaryKind k) : kind(k) {}
  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// Inputs: dy, a and b of one floating dtype and shape. Output (2, shape...): the gradients of a and of b.
struct GateGradient : OpOf<GateGradient> {
  GateKind kind;
  explicit GateGradient(GateKind k) : kind(k) {}
  std::string name() const override { return "gate_gradient"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// The gradients of gated(a, b, kind), one after the other along a new first axis, computed in float32.
Array gate_gradient(const Array& dy, const Array& a, const Array& b, GateKind kind);

/// Input: x, floating, any strides.
struct Softcap : OpOf<Softcap> {
  float cap;
  explicit Softcap(float c) : cap(c) {}
  std::string name() const override { return "softcap"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// Inputs: condition (bool), a, b of one dtype, broadcast to one shape.
struct Select : OpOf<Select> {
  std::string name() const override { return "where"; }
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// Conversion between any two dtypes. Floats become integers by truncation; bool is != 0.
struct Cast : OpOf<Cast> {
  std::string name() const override { return "cast"; }
  std::optional<Gradients> gradient(const GradientCall& call) const override;
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

/// The gate of a feed-forward layer, f(gate) · up, for floating arrays of one dtype.
inline Array gated(const Array& gate, const Array& up, GateKind kind) { return binary(binary_kind(kind), gate, up); }

/// cap · tanh(x / cap), in float32: keeps scores within ±cap smoothly (Gemma 2). Throws invalid_argument unless cap > 0.
Array softcap(const Array& x, float cap);

/// condition ? a : b, element by element, with broadcasting.
Array where(const Array& condition, const Array& a, const Array& b);

/// x in another dtype; x itself when it has that dtype.
Array cast(const Array& x, DType dtype);

}  // namespace etna
