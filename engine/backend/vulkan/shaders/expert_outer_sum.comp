#version 460
#include "types.glsl"
#include "engine/backend/vulkan/args/expert_outer_sum.args.h"

// An invocation computes one element of one expert, over its pairs in their order: always the same sum.
layout(constant_id = 0) const uint type = 0;
layout(constant_id = 1) const uint y_type = 0;
layout(local_size_x = 16, local_size_y = 16) in;

void main() {
  uint column = gl_GlobalInvocationID.x, row = gl_GlobalInvocationID.y;
  int expert = int(gl_WorkGroupID.z);
  if (column >= args.k || row >= args.n) return;
  float sum = 0.0;
  for (uint pair = 0; pair < args.pairs; ++pair) {
    if (clamp(Int32s(args.indices).v[pair], 0, int(args.experts) - 1) != expert) continue;
    float left = load(args.dy + uint64_t(pair) * args.n * size_of(type), row, type);
    sum = fma(left, load(args.x + uint64_t(pair) * args.k * size_of(type), column, type), sum);
  }
  uint64_t y = args.y + (uint64_t(gl_WorkGroupID.z) * args.n + row) * args.k * size_of(y_type);
  store(y, column, sum, y_type);
}
