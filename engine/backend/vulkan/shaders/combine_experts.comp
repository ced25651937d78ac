#version 460
#include "types.glsl"
#include "engine/backend/vulkan/args/combine_experts.args.h"

layout(constant_id = 0) const uint type = 0;  // of x, residual and y
layout(local_size_x = 256) in;

void main() {
  for (uint i = gl_GlobalInvocationID.x; i < args.count; i += gl_NumWorkGroups.x * 256) {
    uint token = i / args.n, column = i - token * args.n;
    float sum = args.residual != 0 ? load(args.residual, i, type) : 0.0;
    for (uint slot = 0; slot < args.slots; ++slot) {
      uint pair = token * args.slots + slot;
      uint64_t x = args.x + uint64_t(pair) * args.n * size_of(type);
      sum = fma(Float32s(args.weights).v[pair], load(x, column, type), sum);
    }
    store(args.y, i, sum, type);
  }
}
