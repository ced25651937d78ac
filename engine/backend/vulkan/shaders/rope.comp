#version 460
#include "types.glsl"
#include "math.glsl"
#include "cache.glsl"
#include "engine/backend/vulkan/args/rope.args.h"

layout(constant_id = 0) const uint x_type = 0;
layout(constant_id = 1) const uint y_type = 0;
layout(constant_id = 2) const uint cached = 0;       // y is a KV cache
layout(constant_id = 3) const uint interleaved = 0;  // pairs are (2i, 2i + 1), else (i, i + pairs)
layout(constant_id = 4) const uint ring = 0;
layout(constant_id = 5) const uint keep = 0;
layout(local_size_x = 128) in;

void main() {
  // One invocation turns one pair or copies one of the dimensions behind the pairs.
  uint items = args.dimensions - args.pairs;
  uint count = args.batch * args.tokens * args.heads * items;
  for (uint i = gl_GlobalInvocationID.x; i < count; i += gl_NumWorkGroups.x * 128) {
    uint item = i % items;
    uint h = i / items % args.heads;
    uint l = i / (items * args.heads) % args.tokens;
    uint b = i / (items * args.heads * args.tokens);
    int position = Int32s(args.offsets).v[b] + int(l);
    if (cached != 0 && (position < 0 || (ring == 0 && position >= int(args.places)))) continue;
    uint x = b * args.x_strides[0] + l * args.x_strides[1] + h * args.x_strides[2];
    uint place = cached == 0 ? l : ring != 0 ? ring_place(uint(position), args.places, keep) : uint(position);
    uint64_t y = args.y + (uint64_t(b) * args.y_strides[0] + uint64_t(place) * args.y_strides[1] +
                           uint64_t(h) * args.y_strides[2]) * size_of(y_type);
    if (item < args.pairs) {
      float sine, cosine;
      sine_cosine(float(position) * Float32s(args.frequencies).v[item], sine, cosine);
      uint one = interleaved != 0 ? 2 * item : item;
      uint other = interleaved != 0 ? 2 * item + 1 : item + args.pairs;
      float first = load(args.x, x + one * args.x_strides[3], x_type) * args.magnitude;
      float second = load(args.x, x + other * args.x_strides[3], x_type) * args.magnitude;
      store(y, one * args.y_strides[3], first * cosine - second * sine, y_type);
      store(y, other * args.y_strides[3], second * cosine + first * sine, y_type);
    } else {
      uint d = item + args.pairs;
      store(y, d * args.y_strides[3], load(args.x, x + d * args.x_strides[3], x_type), y_type);
    }
  }
}
