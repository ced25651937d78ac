#version 460
#include "types.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/map.args.h"

// kind: an etna::UnaryKind, `convert`: copy and cast, or `softcap`.
layout(constant_id = 0) const uint kind = 0;
layout(constant_id = 1) const uint x_type = 0;
layout(constant_id = 2) const uint y_type = 0;
layout(local_size_x = 256) in;

const uint convert = 1000, softcap = 1001;

float apply(float x) {
  switch (kind) {
    case 0: return -x;
    case 1: return abs(x);
    case 2: return exp(x);
    case 3: return log(x);
    case 4: return sqrt(x);
    case 5: return inversesqrt(x);
    case 6: return x * x;
    case 7: return accurate_sine(x);
    case 8: return accurate_cosine(x);
    case 9: return hyperbolic_tangent(x);
    case 10: return sigmoid(x);
    case 11: return silu(x);
    case 12: return gelu(x);
    case 13: return gelu_approximate(x);
    case 14: return floor(x);
    case softcap: return args.parameter * hyperbolic_tangent(x / args.parameter);
  }
  return x;
}

void store_converted(uint index, float real, uint whole) {
  bool from_real = is_floating(x_type);
  if (is_floating(y_type)) {
    store(args.y, index, from_real ? real : x_type == int32 ? float(int(whole)) : float(whole), y_type);
  } else if (y_type == boolean) {
    store_bits(args.y, index, uint(from_real ? real != 0.0 : whole != 0), y_type);
  } else if (!from_real) {
    store_bits(args.y, index, whole, y_type);
  } else {
    store_bits(args.y, index, y_type == int32 || real < 0.0 ? uint(int(real)) : uint(real), y_type);
  }
}

void main() {
  for (uint i = gl_GlobalInvocationID.x; i < args.count; i += gl_NumWorkGroups.x * 256) {
    uint rest = i, x = 0, y = 0;
    for (int axis = int(args.rank) - 1; axis >= 0; --axis) {
      uint next = rest / args.shape[axis];
      uint position = rest - next * args.shape[axis];
      x += position * args.x_strides[axis];
      y += position * args.y_strides[axis];
      rest = next;
    }
    if (kind == convert && x_type == y_type) {
      store_bits(args.y, y, load_bits(args.x, x, x_type), y_type);
    } else if (kind == convert) {
      bool real = is_floating(x_type);
      store_converted(y, real ? load(args.x, x, x_type) : 0.0, real ? 0 : load_bits(args.x, x, x_type));
    } else if (is_floating(x_type)) {
      store(args.y, y, apply(load(args.x, x, x_type)), y_type);
    } else {
      int whole = int(load_bits(args.x, x, x_type));
      store_bits(args.y, y, uint(kind == 0 ? -whole : kind == 1 ? abs(whole) : int(whole == 0)), y_type);
    }
  }
}
