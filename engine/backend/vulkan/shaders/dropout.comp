#version 460
#include "types.glsl"
#include "philox.glsl"
#include "engine/backend/vulkan/args/dropout.args.h"

// Four elements, which share a block of random words, at a time.
layout(constant_id = 0) const uint type = 0;
layout(local_size_x = 256) in;

void main() {
  uvec2 key = uvec2(Uint32s(args.seed).v[0], Uint32s(args.seed).v[1]);
  uint counter = Uint32s(args.counter).v[0];
  for (uint first = gl_GlobalInvocationID.x * 4; first < args.count; first += gl_NumWorkGroups.x * 1024) {
    uvec4 words = philox(uvec4(first / 4, counter, args.stream, 0), key);
    [[unroll]] for (uint j = 0; j < 4; ++j) {
      uint i = first + j;
      if (i >= args.count) continue;
      store(args.y, i, words[j] < args.least ? 0.0 : load(args.x, i, type) * args.factor, type);
    }
  }
}
