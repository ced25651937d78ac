#version 460
#include "types.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/attention_combine.args.h"

layout(constant_id = 0) const uint type = 0;
layout(local_size_x = 128) in;

void main() {
  for (uint row = gl_WorkGroupID.x; row < args.rows; row += gl_NumWorkGroups.x) {
    uint first = row * args.splits;
    float maximum = -infinity(), total = 0.0;
    for (uint s = 0; s < args.splits; ++s) maximum = max(maximum, Float32s(args.stats).v[(first + s) * 2]);
    for (uint s = 0; s < args.splits; ++s) {
      float sum = Float32s(args.stats).v[(first + s) * 2 + 1];
      if (sum > 0.0) total += sum * exp(Float32s(args.stats).v[(first + s) * 2] - maximum);
    }
    for (uint d = gl_LocalInvocationID.x; d < args.dimensions; d += 128) {
      float value = 0.0;
      for (uint s = 0; s < args.splits; ++s) {
        if (Float32s(args.stats).v[(first + s) * 2 + 1] <= 0.0) continue;
        float factor = exp(Float32s(args.stats).v[(first + s) * 2] - maximum);
        value += factor * Float32s(args.sums).v[(first + s) * args.dimensions + d];
      }
      store(args.y, row * args.dimensions + d, value / total, type);
    }
  }
}
