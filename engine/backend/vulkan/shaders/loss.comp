#version 460
#include "types.glsl"
#include "reduce.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/loss.args.h"

// A workgroup takes a row: its cross entropy, or the gradient of that.
layout(constant_id = 0) const uint type = 0;
layout(constant_id = 1) const uint gradient = 0;
layout(local_size_x = 256) in;

void main() {
  for (uint row = gl_WorkGroupID.x; row < args.rows; row += gl_NumWorkGroups.x) {
    uint64_t offset = uint64_t(row) * args.n * size_of(type);
    uint64_t x = args.logits + offset, y = args.y + offset;
    int target = min(Int32s(args.targets).v[row], int(args.n) - 1);
    if (target < 0) {  // does not count
      if (gradient == 0 && gl_LocalInvocationID.x == 0) Float32s(args.y).v[row] = 0.0;
      for (uint i = gl_LocalInvocationID.x; gradient != 0 && i < args.n; i += 256) store(y, i, 0.0, type);
      continue;
    }
    float largest = -infinity();
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) largest = max(largest, load(x, i, type));
    largest = workgroup_max(largest);
    float total = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) total += exp(load(x, i, type) - largest);
    total = workgroup_sum(total);
    if (gradient == 0) {
      if (gl_LocalInvocationID.x == 0) Float32s(args.y).v[row] = log(total) - (load(x, uint(target), type) - largest);
      continue;
    }
    float factor = Float32s(args.factors).v[row];
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) {
      float weight = exp(load(x, i, type) - largest) / total;
      store(y, i, factor * (i == uint(target) ? weight - 1.0 : weight), type);
    }
  }
}
