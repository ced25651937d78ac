#version 460
#include "types.glsl"
#include "cache.glsl"
#include "engine/backend/vulkan/args/cache_unpack.args.h"

layout(constant_id = 0) const uint bits = 4;
layout(constant_id = 1) const uint group_size = 64;
layout(local_size_x = 128) in;

void main() {
  uint width = args.dimensions * bits / 32 + args.dimensions / group_size;
  for (uint i = gl_GlobalInvocationID.x; i < args.count; i += gl_NumWorkGroups.x * 128) {
    uint64_t row = args.x + uint64_t(i / args.dimensions) * width * 4;
    Float32s(args.y).v[i] = load_packed(row, i % args.dimensions, args.dimensions, bits, group_size);
  }
}
