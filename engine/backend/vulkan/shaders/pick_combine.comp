#version 460
#include "types.glsl"
#include "reduce.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/pick_combine.args.h"

layout(local_size_x = 256) in;

void main() {
  float best = -infinity();
  uint place = 0xffffffffu;
  for (uint i = gl_LocalInvocationID.x; i < args.parts; i += 256) {
    float value = Float32s(args.values).v[i];
    if (value > best || place == 0xffffffffu) place = Uint32s(args.places).v[i];
    best = max(best, value);
  }
  float all = workgroup_max(best);
  place = workgroup_min(best == all ? place : 0xffffffffu);
  if (gl_LocalInvocationID.x == 0) Uint32s(args.token).v[0] = place == 0xffffffffu ? 0 : place;
}
