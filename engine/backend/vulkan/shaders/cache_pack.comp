#version 460
#include "types.glsl"
#include "math.glsl"
#include "cache.glsl"
#include "engine/backend/vulkan/args/rope.args.h"

// Rows into a packed KV cache, turned where there are pairs. A workgroup makes one group of codes.
layout(constant_id = 0) const uint x_type = 0;
layout(constant_id = 1) const uint interleaved = 0;
layout(constant_id = 2) const uint ring = 0;
layout(constant_id = 3) const uint keep = 0;
layout(constant_id = 4) const uint bits = 4;        // 4 or 8
layout(constant_id = 5) const uint group_size = 64;  // 32 or 64
layout(local_size_x = 64) in;

const float largest_half = 65504.0;
const uint largest_code = (1u << bits) - 1u;

shared float values[64];

// Value d of a row, turned to its position.
float turned(uint x, uint d, int position) {
  if (d >= 2 * args.pairs) return load(args.x, x + d * args.x_strides[3], x_type);
  uint pair = interleaved != 0 ? d / 2 : d % args.pairs;
  uint one = interleaved != 0 ? 2 * pair : pair;
  uint other = interleaved != 0 ? 2 * pair + 1 : pair + args.pairs;
  float sine, cosine;
  sine_cosine(float(position) * Float32s(args.frequencies).v[pair], sine, cosine);
  float first = load(args.x, x + one * args.x_strides[3], x_type) * args.magnitude;
  float second = load(args.x, x + other * args.x_strides[3], x_type) * args.magnitude;
  return d == one ? first * cosine - second * sine : second * cosine + first * sine;
}

// Scale and bias (formats.md §2.2) as they are stored.
uint scaling_of_group() {
  float low = values[0], high = values[0];
  for (uint i = 1; i < group_size; ++i) {
    low = min(low, values[i]);
    high = max(high, values[i]);
  }
  bool negative = abs(low) > abs(high);
  float scale = max((high - low) / float(largest_code), 1e-7);
  if (!negative) scale = -scale;
  float edge = negative ? low : high;
  float code = roundEven(edge / scale);
  vec2 scaling = code == 0.0 ? vec2(scale, 0.0) : vec2(edge / code, edge);
  return packHalf2x16(clamp(scaling, -largest_half, largest_half));
}

uint word_of_codes(uint word, vec2 scaling) {
  const uint per_word = 32 / bits;
  uint codes = 0;
  [[unroll]] for (uint j = 0; j < per_word; ++j) {
    float code = roundEven((values[word * per_word + j] - scaling.y) / scaling.x);
    codes |= uint(clamp(code, 0.0, float(largest_code))) << bits * j;
  }
  return codes;
}

void main() {
  uint tid = gl_LocalInvocationID.x;
  uint groups = args.dimensions / group_size;
  uint count = args.batch * args.tokens * args.heads * groups;
  for (uint i = gl_WorkGroupID.x; i < count; i += gl_NumWorkGroups.x) {
    uint g = i % groups;
    uint h = i / groups % args.heads;
    uint l = i / (groups * args.heads) % args.tokens;
    uint b = i / (groups * args.heads * args.tokens);
    int position = Int32s(args.offsets).v[b] + int(l);
    if (position < 0 || (ring == 0 && position >= int(args.places))) continue;  // the whole workgroup
    uint x = b * args.x_strides[0] + l * args.x_strides[1] + h * args.x_strides[2];
    barrier();  // the last group has been read
    if (tid < group_size) values[tid] = turned(x, g * group_size + tid, position);
    barrier();
    uint place = ring != 0 ? ring_place(uint(position), args.places, keep) : uint(position);
    uint64_t row = args.y + (uint64_t(b) * args.y_strides[0] + uint64_t(place) * args.y_strides[1] +
                             uint64_t(h) * args.y_strides[2]) * 4;
    uint packed = scaling_of_group();
    const uint words = group_size * bits / 32;
    if (tid < words) Uint32s(row).v[g * words + tid] = word_of_codes(tid, unpackHalf2x16(packed));
    if (tid == words) Uint32s(row).v[args.dimensions * bits / 32 + g] = packed;
  }
}
