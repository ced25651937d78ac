#version 460
#include "types.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/binary.args.h"

layout(constant_id = 0) const uint kind = 0;  // etna::BinaryKind
layout(constant_id = 1) const uint type = 0;  // of a and b
layout(local_size_x = 256) in;

const uint first_gate = 14;

bool compare(float a, float b) {
  switch (kind) {
    case 7: return a == b;
    case 8: return a < b;
    case 9: return a <= b;
    case 10: return a > b;
    case 11: return a >= b;
  }
  return false;
}

bool compare(int a, int b) {
  switch (kind) {
    case 7: return a == b;
    case 8: return a < b;
    case 9: return a <= b;
    case 10: return a > b;
    case 11: return a >= b;
    case 12: return a != 0 && b != 0;
    case 13: return a != 0 || b != 0;
  }
  return false;
}

float apply(float a, float b) {
  switch (kind) {
    case 0: return a + b;
    case 1: return a - b;
    case 2: return a * b;
    case 3: return a / b;
    case 4: return max(a, b);
    case 5: return min(a, b);
    case 6: return power(a, b);
  }
  return gated(kind - first_gate, a, b);
}

int apply(int a, int b) {
  switch (kind) {
    case 0: return a + b;
    case 1: return a - b;
    case 2: return a * b;
    case 3: return b == 0 ? 0 : a / b;
    case 4: return max(a, b);
  }
  return min(a, b);
}

void main() {
  const bool comparison = kind >= 7 && kind <= 13;
  for (uint i = gl_GlobalInvocationID.x; i < args.count; i += gl_NumWorkGroups.x * 256) {
    uint rest = i, a = 0, b = 0;
    for (int axis = int(args.rank) - 1; axis >= 0; --axis) {
      uint next = rest / args.shape[axis];
      uint position = rest - next * args.shape[axis];
      a += position * args.a_strides[axis];
      b += position * args.b_strides[axis];
      rest = next;
    }
    if (is_floating(type)) {
      float left = load(args.a, a, type), right = load(args.b, b, type);
      if (comparison) store_bits(args.y, i, uint(compare(left, right)), boolean);
      else store(args.y, i, apply(left, right), type);
    } else {
      int left = int(load_bits(args.a, a, type)), right = int(load_bits(args.b, b, type));
      if (comparison) store_bits(args.y, i, uint(compare(left, right)), boolean);
      else store_bits(args.y, i, uint(apply(left, right)), type);
    }
  }
}
