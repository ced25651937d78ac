#include "engine/ops/elementwise.h"

#include <cmath>
#include <cstring>

#include "engine/backend/cpu/gate.h"
#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

// Elements a thread converts to float, computes and converts back at a time: fits the first-level cache.
constexpr std::int64_t chunk = 1024;

constexpr float sqrt_two_over_pi = 0.79788456080286536f;

float apply(UnaryKind kind, float x) {
  switch (kind) {
    case UnaryKind::negative: return -x;
    case UnaryKind::absolute: return std::fabs(x);
    case UnaryKind::exponential: return std::exp(x);
    case UnaryKind::logarithm: return std::log(x);
    case UnaryKind::square_root: return std::sqrt(x);
    case UnaryKind::reciprocal_square_root: return 1 / std::sqrt(x);
    case UnaryKind::square: return x * x;
    case UnaryKind::sine: return std::sin(x);
    case UnaryKind::cosine: return std::cos(x);
    case UnaryKind::hyperbolic_tangent: return std::tanh(x);
    case UnaryKind::sigmoid: return 1 / (1 + std::exp(-x));
    case UnaryKind::silu: return x / (1 + std::exp(-x));
    case UnaryKind::gelu: return gelu(x);
    case UnaryKind::gelu_approximate: return 0.5f * x * (1 + std::tanh(sqrt_two_over_pi * (x + 0.044715f * x * x * x)));
    case UnaryKind::floor: return std::floor(x);
    case UnaryKind::logical_not: return x == 0 ? 1.0f : 0.0f;
  }
  return 0;
}

template <class T>
T apply(BinaryKind kind, T a, T b) {
  switch (kind) {
    case BinaryKind::add: return a + b;
    case BinaryKind::subtract: return a - b;
    case BinaryKind::multiply: return a * b;
    case BinaryKind::divide:
      if constexpr (std::is_integral_v<T>) return b == 0 ? 0 : a / b;
      else return a / b;
    case BinaryKind::maximum: return a > b ? a : b;
    case BinaryKind::minimum: return a < b ? a : b;
    case BinaryKind::power:
      if constexpr (std::is_floating_point_v<T>) return std::pow(a, b);
      else return 0;
    case BinaryKind::equal: return a == b;
    case BinaryKind::less: return a < b;
    case BinaryKind::less_equal: return a <= b;
    case BinaryKind::greater: return a > b;
    case BinaryKind::greater_equal: return a >= b;
    case BinaryKind::logical_and: return a != 0 && b != 0;
    case BinaryKind::logical_or: return a != 0 || b != 0;
    default: return 0;  // gates: below
  }
}

/// Writes computed numbers as the output's dtype (floats that hold whole numbers for bool).
void store(const View& output, std::int64_t begin, std::int64_t count, const float* values) {
  std::byte* to = output.host() + static_cast<std::size_t>(begin) * size_of(output.dtype);
  switch (output.dtype) {
    case DType::int32:
      for (std::int64_t i = 0; i < count; ++i) reinterpret_cast<std::int32_t*>(to)[i] = static_cast<std::int32_t>(values[i]);
      break;
    case DType::uint32:
      for (std::int64_t i = 0; i < count; ++i) reinterpret_cast<std::uint32_t*>(to)[i] = static_cast<std::uint32_t>(values[i]);
      break;
    case DType::uint8:
      for (std::int64_t i = 0; i < count; ++i) reinterpret_cast<std::uint8_t*>(to)[i] = static_cast<std::uint8_t>(values[i]);
      break;
    case DType::boolean:
      for (std::int64_t i = 0; i < count; ++i) reinterpret_cast<std::uint8_t*>(to)[i] = values[i] != 0;
      break;
    default: store_floats(output.dtype, values, count, to);
  }
}

/// Calls body(begin, count) for chunks of the output, on all threads.
template <class Body>
void for_each_chunk(const View& output, Context& context, const Body& body) {
  context.pool.parallel_for((output.size() + chunk - 1) / chunk, 8, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) body(i * chunk, std::min(chunk, output.size() - i * chunk));
  });
}

void run_unary(const Step& step, Context& context) {
  const UnaryKind kind = as<Unary>(step.op.get())->kind;
  for_each_chunk(step.output, context, [&](std::int64_t begin, std::int64_t count) {
    float x[chunk];
    gather_floats(step.inputs[0], begin, begin + count, x);
    for (std::int64_t i = 0; i < count; ++i) x[i] = apply(kind, x[i]);
    store(step.output, begin, count, x);
  });
}

/// Whole numbers are computed as such: a float would lose those above 2^24.
void run_binary_int(const Step& step, BinaryKind kind) {
  const auto gather = [](const View& view, std::vector<std::int32_t>& to) {
    to.resize(static_cast<std::size_t>(view.size()));
    for_each_run(view, 0, view.size(), [&](const std::byte* from, std::int64_t stride, std::int64_t count, std::int64_t first) {
      for (std::int64_t i = 0; i < count; ++i) std::memcpy(&to[static_cast<std::size_t>(first + i)], from + 4 * i * stride, 4);
    });
  };
  std::vector<std::int32_t> a, b;
  gather(step.inputs[0], a);
  gather(step.inputs[1], b);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::int32_t value = apply(kind, a[i], b[i]);
    if (step.output.dtype == DType::boolean) step.output.host()[i] = static_cast<std::byte>(value);
    else std::memcpy(step.output.host() + 4 * i, &value, 4);
  }
}

void run_binary(const Step& step, Context& context) {
  const BinaryKind kind = as<Binary>(step.op.get())->kind;
  if (step.inputs[0].dtype == DType::int32) return run_binary_int(step, kind);
  for_each_chunk(step.output, context, [&](std::int64_t begin, std::int64_t count) {
    float a[chunk], b[chunk];
    gather_floats(step.inputs[0], begin, begin + count, a);
    gather_floats(step.inputs[1], begin, begin + count, b);
    switch (kind) {  // what models spend time in; the compiler vectorises these
      case BinaryKind::add:
        for (std::int64_t i = 0; i < count; ++i) a[i] += b[i];
        break;
      case BinaryKind::multiply:
        for (std::int64_t i = 0; i < count; ++i) a[i] *= b[i];
        break;
      default:
        if (const std::optional<GateKind> gate = gate_kind(kind)) {
          apply_gate(*gate, a, b, count, a);
          break;
        }
        for (std::int64_t i = 0; i < count; ++i) a[i] = apply(kind, a[i], b[i]);
    }
    store(step.output, begin, count, a);
  });
}

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

/// f(x) and f'(x) of a gate other than silu.
struct GateValue {
  float value, slope;
};

GateValue gate_value(GateKind kind, float x) {
  switch (kind) {
    case GateKind::silu: break;  // silu_gradient
    case GateKind::gelu: {
      const float sum = 0.5f * (1 + std::erf(x * 0.70710678118654752f));
      return {x * sum, sum + x * 0.3989422804f * std::exp(-0.5f * x * x)};
    }
    case GateKind::gelu_approximate: {
      const float t = std::tanh(sqrt_two_over_pi * (x + 0.044715f * x * x * x));
      const float inner = sqrt_two_over_pi * (1 + 3 * 0.044715f * x * x);
      return {0.5f * x * (1 + t), 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * inner};
    }
    case GateKind::relu: return {std::max(x, 0.0f), x > 0 ? 1.0f : 0.0f};
    case GateKind::clipped_swiglu: break;
  }
  const float gate = std::min(x, 7.0f), s = sigmoid(1.702f * gate);
  return {gate * s, x < 7 ? s * (1 + 1.702f * gate * (1 - s)) : 0};
}

/// What most models spend this time in, with vector instructions.
void silu_gradient(const float* dy, float* a, float* b, std::int64_t count) {
  float falling[chunk];
  for (std::int64_t i = 0; i < count; ++i) falling[i] = -a[i];
  simd::exponential_sum(falling, 0, count, falling);
  for (std::int64_t i = 0; i < count; ++i) {
    const float s = 1 / (1 + falling[i]), value = a[i] * s;
    a[i] = dy[i] * b[i] * (s + value * (1 - s));
    b[i] = dy[i] * value;
  }
}

void gate_gradient(GateKind kind, const float* dy, float* a, float* b, std::int64_t count) {
  if (kind == GateKind::silu) return silu_gradient(dy, a, b, count);
  const bool clipped = kind == GateKind::clipped_swiglu;
  for (std::int64_t i = 0; i < count; ++i) {
    const GateValue gate = gate_value(kind, a[i]);
    const float factor = clipped ? std::clamp(b[i], -7.0f, 7.0f) + 1 : b[i];
    a[i] = dy[i] * factor * gate.slope;
    b[i] = clipped && std::fabs(b[i]) >= 7 ? 0 : dy[i] * gate.value;
  }
}

/// Both gradients in one pass, which lie one after the other.
void run_gate_gradient(const Step& step, Context& context) {
  const GateKind kind = as<GateGradient>(step.op.get())->kind;
  const std::int64_t total = step.inputs[0].size();
  const auto body = [&](std::int64_t begin, std::int64_t count) {
    float dy[chunk], a[chunk], b[chunk];
    gather_floats(step.inputs[0], begin, begin + count, dy);
    gather_floats(step.inputs[1], begin, begin + count, a);
    gather_floats(step.inputs[2], begin, begin + count, b);
    gate_gradient(kind, dy, a, b, count);
    store(step.output, begin, count, a);
    store(step.output, total + begin, count, b);
  };
  for_each_chunk(step.inputs[0], context, body);
}

void run_softcap(const Step& step, Context& context) {
  const float cap = as<Softcap>(step.op.get())->cap;
  for_each_chunk(step.output, context, [&](std::int64_t begin, std::int64_t count) {
    float x[chunk];
    gather_floats(step.inputs[0], begin, begin + count, x);
    for (std::int64_t i = 0; i < count; ++i) x[i] = cap * std::tanh(x[i] / cap);
    store(step.output, begin, count, x);
  });
}

void run_select(const Step& step, Context& context) {
  for_each_chunk(step.output, context, [&](std::int64_t begin, std::int64_t count) {
    float condition[chunk], a[chunk], b[chunk];
    gather_floats(step.inputs[0], begin, begin + count, condition);
    gather_floats(step.inputs[1], begin, begin + count, a);
    gather_floats(step.inputs[2], begin, begin + count, b);
    for (std::int64_t i = 0; i < count; ++i) a[i] = condition[i] != 0 ? a[i] : b[i];
    store(step.output, begin, count, a);
  });
}

void run_cast(const Step& step, Context& context) {
  for_each_chunk(step.output, context, [&](std::int64_t begin, std::int64_t count) {
    float x[chunk];
    gather_floats(step.inputs[0], begin, begin + count, x);
    store(step.output, begin, count, x);
  });
}

/// Selecting and converting go through float, which holds 24 bits.
bool fits_float(const Op&, std::span<const Array> inputs, const Shape&, DType) {
  return inputs.back().dtype() != DType::uint32;
}

}  // namespace

void add_elementwise(KernelTable& table) {
  table.add<Unary>({.run = run_unary, .strided_inputs = 1});
  table.add<Binary>({.run = run_binary, .strided_inputs = 3});
  table.add<GateGradient>({.run = run_gate_gradient, .strided_inputs = 7});
  table.add<Softcap>({.run = run_softcap, .strided_inputs = 1});
  table.add<Select>({.run = run_select, .supports = fits_float, .strided_inputs = 7});
  table.add<Cast>({.run = run_cast, .strided_inputs = 1});
}

}  // namespace etna::cpu
