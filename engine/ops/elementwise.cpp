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
                                        "silu_multiply"};

bool gives_bool(BinaryKind kind) { return kind >= BinaryKind::equal && kind <= BinaryKind::logical_or; }

}  // namespace

std::string Unary::name() const { return unary_names[static_cast<int>(kind)]; }

Work Unary::work(std::span<const View> inputs, const View& output) const {
  return {.bytes = inputs[0].bytes() + output.bytes(), .flops = static_cast<std::uint64_t>(output.size())};
}

std::string Binary::name() const { return binary_names[static_cast<int>(kind)]; }

std::optional<Array> Binary::definition(std::span<const Array> inputs) const {
  if (kind == BinaryKind::silu_multiply) return multiply(silu(inputs[0]), inputs[1]);
  return std::nullopt;
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
                          : is_floating(a.dtype()) || (a.dtype() == DType::int32 && kind != BinaryKind::silu_multiply &&
                                                       kind != BinaryKind::power);
  if (!fits) fail(Errc::invalid_argument, "{}: not defined for {}", what, name(a.dtype()));
  const Shape shape = broadcast_shapes(a.shape(), b.shape(), what);
  return Array(shape, gives_bool(kind) ? DType::boolean : a.dtype(), std::make_shared<Binary>(kind),
               {broadcast_to(a, shape), broadcast_to(b, shape)});
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
