#version 460
#include "types.glsl"
#include "reduce.glsl"
#include "math.glsl"
#include "philox.glsl"
#include "engine/backend/vulkan/args/pick.args.h"

// The largest of 2048 logits, with Gumbel noise when sampling; pick_combine finds the largest of those.
layout(constant_id = 0) const uint type = 0;
layout(constant_id = 1) const uint sampling = 0;
layout(local_size_x = 256) in;

const uint part = 2048;

// 23 bits and a half are exact in float32: u is never 0 or 1.
float gumbel(uint bits) {
  float u = (float(bits >> 9) + 0.5) * (1.0 / 8388608.0);
  return -log(-log(u));
}

void main() {
  uvec2 key = uvec2(0);
  uint counter = 0;
  if (sampling != 0) {
    key = uvec2(Uint32s(args.seed).v[0], Uint32s(args.seed).v[1]);
    counter = Uint32s(args.counter).v[0];
  }
  float best = -infinity();
  uint place = 0xffffffffu;
  uint end = min((gl_WorkGroupID.x + 1) * part, args.n);
  for (uint first = gl_WorkGroupID.x * part + gl_LocalInvocationID.x * 4; first < end; first += 1024) {
    uvec4 bits = uvec4(0);
    if (sampling != 0) bits = philox(uvec4(first / 4, counter, 0, 0), key);
    [[unroll]] for (uint j = 0; j < 4; ++j) {
      uint i = first + j;
      if (i >= end) continue;
      float value = load(args.logits, i, type);
      if (sampling != 0) value = value / args.temperature + gumbel(bits[j]);
      if (value > best || place == 0xffffffffu) place = i;
      best = max(best, value);
    }
  }
  float all = workgroup_max(best);
  place = workgroup_min(best == all ? place : 0xffffffffu);
  if (gl_LocalInvocationID.x != 0) return;
  Float32s(args.values).v[gl_WorkGroupID.x] = all;
  Uint32s(args.places).v[gl_WorkGroupID.x] = place;
}
