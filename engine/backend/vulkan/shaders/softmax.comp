#version 460
#include "types.glsl"
#include "reduce.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/rows.args.h"

layout(constant_id = 0) const uint type = 0;
layout(local_size_x = 256) in;

void main() {
  for (uint row = gl_WorkGroupID.x; row < args.rows; row += gl_NumWorkGroups.x) {
    uint64_t offset = uint64_t(row) * args.n * size_of(type);
    uint64_t x = args.x + offset, y = args.y + offset;
    float largest = -infinity();
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) largest = max(largest, load(x, i, type));
    largest = workgroup_max(largest);
    float total = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) total += exp(load(x, i, type) - largest);
    total = workgroup_sum(total);
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) {
      store(y, i, exp(load(x, i, type) - largest) / total, type);
    }
  }
}
