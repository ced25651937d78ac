#version 460
#include "types.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/attention_combine.args.h"

layout(constant_id = 0) const uint type = 0;
layout(constant_id = 1) const uint splits = 2;  // at most 32
layout(local_size_x = 128) in;

shared vec2 stats[32];  // (maximum, sum) of each share; a sum of 0: it saw no keys and wrote no sums

void main() {
  for (uint row = gl_WorkGroupID.x; row < args.rows; row += gl_NumWorkGroups.x) {
    uint first = row * splits;
    barrier();  // the last row's stats have been read
    if (gl_LocalInvocationID.x < splits) {
      uint at = (first + gl_LocalInvocationID.x) * 2;
      stats[gl_LocalInvocationID.x] = vec2(Float32s(args.stats).v[at], Float32s(args.stats).v[at + 1]);
    }
    barrier();
    float maximum = -infinity(), total = 0.0;
    for (uint s = 0; s < splits; ++s) maximum = max(maximum, stats[s].x);
    for (uint s = 0; s < splits; ++s) total += stats[s].y > 0.0 ? stats[s].y * exp(stats[s].x - maximum) : 0.0;
    for (uint d = gl_LocalInvocationID.x; d < args.dimensions; d += 128) {
      // All loads at once; what a share without keys left there is not used.
      float parts[32];
      [[unroll]] for (uint s = 0; s < splits; ++s) parts[s] = Float32s(args.sums).v[(first + s) * args.dimensions + d];
      float value = 0.0;
      [[unroll]] for (uint s = 0; s < splits; ++s) {
        value += stats[s].y > 0.0 ? exp(stats[s].x - maximum) * parts[s] : 0.0;
      }
      store(args.y, row * args.dimensions + d, value / total, type);
    }
  }
}
