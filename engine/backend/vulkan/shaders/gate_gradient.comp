#version 460
#include "types.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/gate_gradient.args.h"

layout(constant_id = 0) const uint type = 0;
layout(constant_id = 1) const uint kind = 0;  // etna::GateKind
layout(local_size_x = 256) in;

const uint clipped = 4;

// f(x) and its slope.
vec2 gate_value(float x) {
  if (kind == 0) {
    float s = sigmoid(x);
    return vec2(x * s, s * (1.0 + x * (1.0 - s)));
  }
  if (kind == 1) {
    float sum = 0.5 * (1.0 + error_function(x * 0.70710678118654752));
    return vec2(x * sum, sum + x * 0.39894228040143268 * exp(-0.5 * x * x));
  }
  if (kind == 2) {
    float t = hyperbolic_tangent(0.79788456080286536 * (x + 0.044715 * x * x * x));
    float inner = 0.79788456080286536 * (1.0 + 0.134145 * x * x);
    return vec2(0.5 * x * (1.0 + t), 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner);
  }
  if (kind == 3) return vec2(max(x, 0.0), x > 0.0 ? 1.0 : 0.0);
  float gate = min(x, 7.0), s = sigmoid(1.702 * gate);
  return vec2(gate * s, x < 7.0 ? s * (1.0 + 1.702 * gate * (1.0 - s)) : 0.0);
}

void main() {
  uint64_t second = args.y + uint64_t(args.count) * size_of(type);
  for (uint i = gl_GlobalInvocationID.x; i < args.count; i += gl_NumWorkGroups.x * 256) {
    float dy = load(args.dy, i, type), b = load(args.b, i, type);
    vec2 gate = gate_value(load(args.a, i, type));
    float factor = kind == clipped ? clamp(b, -7.0, 7.0) + 1.0 : b;
    store(args.y, i, dy * factor * gate.y, type);
    store(second, i, kind == clipped && abs(b) >= 7.0 ? 0.0 : dy * gate.x, type);
  }
}
