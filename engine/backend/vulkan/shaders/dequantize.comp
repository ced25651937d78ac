#version 460
#include "types.glsl"
#include "weights.glsl"
#include "engine/backend/vulkan/args/dequantize.args.h"

layout(constant_id = 0) const uint type = 0;  // of y
layout(constant_id = 1) const uint bits = 4;
layout(constant_id = 2) const uint scale_type = 0;
layout(constant_id = 3) const uint group = 64;
layout(local_size_x = 128) in;

void main() {
  uint chunks = args.k / 8;
  for (uint i = gl_GlobalInvocationID.x; i < args.rows * chunks; i += gl_NumWorkGroups.x * 128) {
    uint place = i / chunks, chunk = i % chunks;
    uint row = place;
    if (args.indices != 0) row = uint(clamp(Int32s(args.indices).v[place], 0, int(args.table_rows) - 1));
    float values[8];
    load_codes(bits, args.weight + uint64_t(row) * (chunks * bits), chunk, values);
    uint64_t groups = uint64_t(row) * (args.k / group) * size_of(scale_type);
    float scale = load(args.scales + groups, chunk * 8 / group, scale_type);
    float bias = load(args.biases + groups, chunk * 8 / group, scale_type);
    uint64_t y = args.y + uint64_t(place) * args.k * size_of(type);
    [[unroll]] for (uint j = 0; j < 8; ++j) store(y, chunk * 8 + j, fma(values[j], scale, bias), type);
  }
}
