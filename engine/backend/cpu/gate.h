#pragma once

#include <algorithm>
#include <cmath>

#include "engine/backend/cpu/simd/simd.h"
#include "engine/ops/elementwise.h"

namespace etna::cpu {

inline float gelu(float x) {
  return 0.5f * x * (1 + std::erf(x * 0.70710678118654752f));
}

/// to[i] = f(gate[i]) · up[i]; `to` may be `gate`.
inline void apply_gate(GateKind kind, const float* gate, const float* up, std::int64_t count, float* to) {
  switch (kind) {
    case GateKind::silu: return simd::silu_multiply(gate, up, count, to);
    case GateKind::gelu_approximate: return simd::gelu_approximate_multiply(gate, up, count, to);
    case GateKind::clipped_swiglu: return simd::clipped_swiglu(gate, up, count, to);
    case GateKind::gelu:
      for (std::int64_t i = 0; i < count; ++i) to[i] = gelu(gate[i]) * up[i];
      return;
    case GateKind::relu:
      for (std::int64_t i = 0; i < count; ++i) to[i] = std::max(gate[i], 0.0f) * up[i];
  }
}

}  // namespace etna::cpu
