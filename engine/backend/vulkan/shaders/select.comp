#version 460
#include "types.glsl"
#include "engine/backend/vulkan/args/select.args.h"

layout(constant_id = 0) const uint type = 0;  // of a, b and y
layout(local_size_x = 256) in;

void main() {
  for (uint i = gl_GlobalInvocationID.x; i < args.count; i += gl_NumWorkGroups.x * 256) {
    uint rest = i, condition = 0, a = 0, b = 0;
    for (int axis = int(args.rank) - 1; axis >= 0; --axis) {
      uint next = rest / args.shape[axis];
      uint position = rest - next * args.shape[axis];
      condition += position * args.condition_strides[axis];
      a += position * args.a_strides[axis];
      b += position * args.b_strides[axis];
      rest = next;
    }
    bool first = load_bits(args.condition, condition, boolean) != 0;
    store_bits(args.y, i, first ? load_bits(args.a, a, type) : load_bits(args.b, b, type), type);
  }
}
