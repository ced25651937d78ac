#include "engine/ops/elementwise.h"

#include "engine/base/error.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

constexpr const char* unary_names[] = {
    "negative", "absolute", "exponential", "logarithm", "square_root", "reciprocal_square_root", "square", "sine",
    "cosine", "hyperbolic_tangent", "sigmoid", "silu", "gelu", "gelu_approximate", "floor", "logical_not"};

constexpr const char* binary_names[] = {"add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "equal",
                                        "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or",
                                        "silu_multiply", "gelu_multiply", "gelu_approximate_multiply", "relu_multiply",
                                        "clipped_swiglu"};

bool gives_bool(BinaryKind kind) { return kind >= BinaryKind::equal && kind <= BinaryKind::logical_or; }

Array gate_definition(GateKind kind, const Array& a, const Array& b) {
  const auto limited = [](BinaryKind bound, const Array& x, float limit) { return binary(bound, x, Array::scalar(limit)); };
  switch (kind) {
    case GateKind::silu: return multiply(silu(a), b);
    case GateKind::gelu: return multiply(unary(UnaryKind::gelu, a), b);
    case GateKind::gelu_approximate: return multiply(unary(UnaryKind::gelu_approximate, a), b);
    case GateKind::relu: return multiply(limited(BinaryKind::maximum, a, 0), b);
    case GateKind::clipped_swiglu: break;
  }
  const Array gate = limited(BinaryKind::minimum, a, 7);
  const Array up = limited(BinaryKind::minimum, limited(BinaryKind::maximum, b, -7), 7);
  const Array swish = multiply(gate, unary(UnaryKind::sigmoid, multiply(gate, Array::scalar(1.702f))));
  return multiply(swish, add(up, Array::scalar(1)));
}

}  // namespace

std::string Unary::name() const { return unary_names[static_cast<int>(kind)]; }

Work Unary::work(std::span<const View> inputs, const View& output) const {
  return {.bytes = inputs[0].bytes() + output.bytes(), .flops = static_cast<std::uint64_t>(output.size())};
}

std::string Binary::name() const { return binary_names[static_cast<int>(kind)]; }

std::optional<Array> Binary::definition(std::span<const Array> inputs) const {
  const std::optional<GateKind> gate = gate_kind(kind);
  if (!gate) return std::nullopt;
  const Array a = cast(inputs[0], DType::float32), b = cast(inputs[1], DType::float32);
  return cast(gate_definition(*gate, a, b), inputs[0].dtype());
}

std::optional<GateKind> gate_kind(BinaryKind kind) {
  if (kind < BinaryKind::silu_multiply) return std::nullopt;
  return static_cast<GateKind>(static_cast<std::uint32_t>(kind) - static_cast<std::uint32_t>(BinaryKind::silu_multiply));
}

std::optional<Array> Softcap::definition(std::span<const Array> inputs) const {
  const Array scaled = multiply(cast(inputs[0], DType::float32), Array::scalar(1 / cap));
  return cast(multiply(unary(UnaryKind::hyperbolic_tangent, scaled), Array::scalar(cap)), inputs[0].dtype());
}

Array unary(UnaryKind kind, const Array& x) {
  const char* what = unary_names[static_cast<int>(kind)];
  const bool logic = kind == UnaryKind::logical_not;
  const bool whole_numbers = kind == UnaryKind::negative || kind == UnaryKind::absolute;
  const bool fits = logic ? x.dtype() == DType::boolean
                          : is_floating(x.dtype()) || (whole_numbers && x.dtype() == DType::int32);
  if (!fits) fail(Errc::invalid_argument, "{}: not defined for {}", what, name(x.dtype()));
  return Array(x.shape(), x.dtype(), std::make_shared<Unary>(kind), {x});
}

Array binary(BinaryKind kind, const Array& a, const Array& b) {
  const char* what = binary_names[static_cast<int>(kind)];
  if (a.dtype() != b.dtype()) {
    fail(Errc::invalid_argument, "{}: {} and {} do not mix; cast one", what, name(a.dtype()), name(b.dtype()));
  }
  const bool logic = kind == BinaryKind::logical_and || kind == BinaryKind::logical_or;
  const bool fits = logic ? a.dtype() == DType::boolean
                          : is_floating(a.dtype()) || (a.dtype() == DType::int32 && !gate_kind(kind) && kind != BinaryKind::power);
  if (!fits) fail(Errc::invalid_argument, "{}: not defined for {}", what, name(a.dtype()));
  const Shape shape = broadcast_shapes(a.shape(), b.shape(), what);
  return Array(shape, gives_bool(kind) ? DType::boolean : a.dtype(), std::make_shared<Binary>(kind),
               {broadcast_to(a, shape), broadcast_to(b, shape)});
}

Array softcap(const Array& x, float cap) {
  if (!is_floating(x.dtype())) fail(Errc::invalid_argument, "softcap: not defined for {}", name(x.dtype()));
  if (!(cap > 0)) fail(Errc::invalid_argument, "softcap: the cap is {}, expected a positive one", cap);
  return Array(x.shape(), x.dtype(), std::make_shared<Softcap>(cap), {x});
}

Array where(const Array& condition, const Array& a, const Array& b) {
  if (condition.dtype() != DType::boolean) fail(Errc::invalid_argument, "where: the condition is {}, not bool", name(condition.dtype()));
  if (a.dtype() != b.dtype()) fail(Errc::invalid_argument, "where: {} and {} do not mix; cast one", name(a.dtype()), name(b.dtype()));
  const Shape shape = broadcast_shapes(broadcast_shapes(a.shape(), b.shape(), "where"), condition.shape(), "where");
  return Array(shape, a.dtype(), std::make_shared<Select>(),
               {broadcast_to(condition, shape), broadcast_to(a, shape), broadcast_to(b, shape)});
}

Array cast(const Array& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  return Array(x.shape(), dtype, std::make_shared<Cast>(), {x});
}

}  // namespace etna
