#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/view.h"

/// Gradient rules of element-wise operations. What more than one step computes is computed in float32.
namespace etna {

namespace {

Array wide(const Array& x) {
  return cast(x, DType::float32);
}

Array number(float value) {
  return Array::scalar(value);
}

Array negated(const Array& x) {
  return unary(UnaryKind::negative, x);
}

Array squared(const Array& x) {
  return unary(UnaryKind::square, x);
}

Array nothing(const Array& like) {
  return zeros({}, like.dtype());
}

/// Φ(x) + x · φ(x), the normal distribution's sum and density. Φ(x) = gelu(x) / x, but near zero.
Array gelu_slope(const Array& x) {
  constexpr float density_at_zero = 0.3989422804f, near_zero = 1e-3f;
  const Array density = multiply(exponential(multiply(squared(x), number(-0.5f))), number(density_at_zero));
  const Array is_small = binary(BinaryKind::less, unary(UnaryKind::absolute, x), number(near_zero));
  const Array ratio = divide(unary(UnaryKind::gelu, x), where(is_small, number(1), x));
  const Array sum = where(is_small, add(multiply(x, number(density_at_zero)), number(0.5f)), ratio);
  return add(sum, multiply(x, density));
}

/// Of x / 2 · (1 + tanh(c · (x + a · x³))).
Array gelu_approximate_slope(const Array& x) {
  constexpr float c = 0.7978845608f, a = 0.044715f;
  const Array square = squared(x);
  const Array t = unary(UnaryKind::hyperbolic_tangent,
                        multiply(multiply(x, number(c)), add(multiply(square, number(a)), number(1))));
  const Array inner = add(multiply(square, number(3 * a * c)), number(c));
  const Array rise = multiply(multiply(x, subtract(number(1), squared(t))), inner);
  return multiply(add(add(t, number(1)), rise), number(0.5f));
}

/// σ(x) · (1 + x · (1 - σ(x)))
Array silu_slope(const Array& x) {
  const Array s = unary(UnaryKind::sigmoid, x);
  return multiply(s, add(multiply(x, subtract(number(1), s)), number(1)));
}

/// f'(x) from x and y = f(x), both float32.
Array slope(UnaryKind kind, const Array& x, const Array& y) {
  switch (kind) {
    case UnaryKind::exponential: return y;
    case UnaryKind::logarithm: return divide(number(1), x);
    case UnaryKind::square_root: return divide(number(0.5f), y);
    case UnaryKind::reciprocal_square_root: return multiply(multiply(y, squared(y)), number(-0.5f));
    case UnaryKind::square: return multiply(x, number(2));
    case UnaryKind::sine: return unary(UnaryKind::cosine, x);
    case UnaryKind::cosine: return negated(unary(UnaryKind::sine, x));
    case UnaryKind::hyperbolic_tangent: return subtract(number(1), squared(y));
    case UnaryKind::sigmoid: return multiply(y, subtract(number(1), y));
    case UnaryKind::silu: return silu_slope(x);
    case UnaryKind::gelu: return gelu_slope(x);
    case UnaryKind::gelu_approximate: return gelu_approximate_slope(x);
    default: fail(Errc::unsupported, "{}: it has no gradient", Unary(kind).name());
  }
}

Array limited(BinaryKind bound, const Array& x, float limit) {
  return binary(bound, x, number(limit));
}

/// f(a), f'(a) and the factor that goes with f, all float32: gated(a, b) = f(a) · factor(b).
struct GateParts {
  Array value, slope, factor;
  std::optional<Array> factor_counts = std::nullopt;  // bool: where factor grows with b; none: everywhere
};

GateParts clipped_parts(const Array& a, const Array& b) {
  constexpr float steepness = 1.702f, limit = 7;
  const Array gate = limited(BinaryKind::minimum, a, limit),
              s = unary(UnaryKind::sigmoid, multiply(gate, number(steepness)));
  const Array slope = multiply(s, add(multiply(multiply(gate, number(steepness)), subtract(number(1), s)), number(1)));
  const Array up = limited(BinaryKind::minimum, limited(BinaryKind::maximum, b, -limit), limit);
  const Array inside = binary(BinaryKind::less, unary(UnaryKind::absolute, b), number(limit));
  return {multiply(gate, s), where(binary(BinaryKind::less, a, number(limit)), slope, number(0)), add(up, number(1)),
          inside};
}

GateParts gate_parts(GateKind kind, const Array& a, const Array& b) {
  switch (kind) {
    case GateKind::silu: return {silu(a), silu_slope(a), b};
    case GateKind::gelu: return {unary(UnaryKind::gelu, a), gelu_slope(a), b};
    case GateKind::gelu_approximate: return {unary(UnaryKind::gelu_approximate, a), gelu_approximate_slope(a), b};
    case GateKind::relu:
      return {limited(BinaryKind::maximum, a, 0), cast(binary(BinaryKind::greater, a, number(0)), DType::float32), b};
    case GateKind::clipped_swiglu: break;
  }
  return clipped_parts(a, b);
}

/// Where the first of two arguments was taken.
Gradients chosen(const GradientCall& call, BinaryKind first_if) {
  const Array first = binary(first_if, call.inputs[0], call.inputs[1]);
  const Array none = nothing(call.gradient);
  return {where(first, call.gradient, none), where(first, none, call.gradient)};
}

Gradients quotient(const GradientCall& call) {
  const Array &dy = call.gradient, &b = call.inputs[1];
  Gradients gradients(2);
  if (call.wanted[0]) gradients[0] = divide(dy, b);
  if (call.wanted[1]) gradients[1] = cast(negated(divide(multiply(wide(dy), wide(call.output)), wide(b))), b.dtype());
  return gradients;
}

/// Of a to the power of b: b · a^(b - 1) and y · log(a).
Gradients powers(const GradientCall& call) {
  const Array dy = wide(call.gradient), a = wide(call.inputs[0]), b = wide(call.inputs[1]);
  Gradients gradients(2);
  if (call.wanted[0]) {
    const Array slope = multiply(b, binary(BinaryKind::power, a, subtract(b, number(1))));
    gradients[0] = cast(multiply(dy, slope), call.gradient.dtype());
  }
  if (call.wanted[1]) {
    gradients[1] =
        cast(multiply(dy, multiply(wide(call.output), unary(UnaryKind::logarithm, a))), call.gradient.dtype());
  }
  return gradients;
}

}  // namespace

std::optional<Gradients> Unary::gradient(const GradientCall& call) const {
  const Array &x = call.inputs[0], &dy = call.gradient;
  switch (kind) {
    case UnaryKind::negative: return Gradients{negated(dy)};
    case UnaryKind::absolute: {
      const Array zero = nothing(x);
      const Array falling = where(binary(BinaryKind::less, x, zero), negated(dy), zero);
      return Gradients{where(binary(BinaryKind::greater, x, zero), dy, falling)};
    }
    case UnaryKind::floor: return Gradients{zeros(x.shape(), x.dtype())};
    default: break;
  }
  return Gradients{cast(multiply(wide(dy), slope(kind, wide(x), wide(call.output))), x.dtype())};
}

std::optional<Gradients> Binary::gradient(const GradientCall& call) const {
  const Array &a = call.inputs[0], &b = call.inputs[1], &dy = call.gradient;
  switch (kind) {
    case BinaryKind::add: return Gradients{dy, dy};
    case BinaryKind::subtract: return Gradients{dy, negated(dy)};
    case BinaryKind::multiply: return Gradients{multiply(dy, b), multiply(dy, a)};
    case BinaryKind::divide: return quotient(call);
    case BinaryKind::maximum: return chosen(call, BinaryKind::greater);
    case BinaryKind::minimum: return chosen(call, BinaryKind::less);
    case BinaryKind::power: return powers(call);
    default: break;
  }
  const std::optional<GateKind> gate = gate_kind(kind);
  if (!gate) return std::nullopt;  // those that give bool
  const Array both = gate_gradient(dy, a, b, *gate);
  const auto part = [&](std::int64_t index) { return reshape(slice(both, 0, index, index + 1), a.shape()); };
  return Gradients{part(0), part(1)};
}

std::optional<Array> GateGradient::definition(std::span<const Array> inputs) const {
  const Array dy = wide(inputs[0]);
  const GateParts parts = gate_parts(kind, wide(inputs[1]), wide(inputs[2]));
  Array db = multiply(dy, parts.value);
  if (parts.factor_counts) db = where(*parts.factor_counts, db, number(0));
  Shape one = dy.shape();
  one.insert(one.begin(), 1);
  const Array da = multiply(dy, multiply(parts.factor, parts.slope));
  return cast(concatenate({reshape(da, one), reshape(db, one)}, 0), inputs[0].dtype());
}

Array gate_gradient(const Array& dy, const Array& a, const Array& b, GateKind kind) {
  const auto fits = [&](const Array& x) { return x.shape() == dy.shape() && x.dtype() == dy.dtype(); };
  if (!is_floating(dy.dtype()) || !fits(a) || !fits(b)) {
    fail(Errc::invalid_argument, "gate_gradient: {} {}, {} {} and {} {}; three alike and floating are expected",
         name(dy.dtype()), to_string(dy.shape()), name(a.dtype()), to_string(a.shape()), name(b.dtype()),
         to_string(b.shape()));
  }
  Shape shape = dy.shape();
  shape.insert(shape.begin(), 2);
  return Array(std::move(shape), dy.dtype(), std::make_shared<GateGradient>(kind), {dy, a, b});
}

std::optional<Gradients> Softcap::gradient(const GradientCall& call) const {
  const Array bent = squared(multiply(wide(call.output), number(1 / cap)));
  return Gradients{cast(multiply(wide(call.gradient), subtract(number(1), bent)), call.gradient.dtype())};
}

std::optional<Gradients> Select::gradient(const GradientCall& call) const {
  const Array none = nothing(call.gradient);
  return Gradients{std::nullopt, where(call.inputs[0], call.gradient, none),
                   where(call.inputs[0], none, call.gradient)};
}

std::optional<Gradients> Cast::gradient(const GradientCall& call) const {
  return Gradients{cast(call.gradient, call.inputs[0].dtype())};
}

}  // namespace etna
