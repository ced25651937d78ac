#version 460
#include "types.glsl"
#include "reduce.glsl"
#include "engine/backend/vulkan/args/norm_gradient.args.h"

// A workgroup takes a row.
layout(constant_id = 0) const uint type = 0;
layout(constant_id = 1) const uint weighted = 0;
layout(constant_id = 2) const uint weight_type = 0;
layout(local_size_x = 256) in;

float factor(uint i) { return weighted != 0 ? load(args.weight, i, weight_type) + args.weight_offset : 1.0; }

void main() {
  for (uint row = gl_WorkGroupID.x; row < args.rows; row += gl_NumWorkGroups.x) {
    uint64_t offset = uint64_t(row) * args.n * size_of(type);
    uint64_t x = args.x + offset, dy = args.dy + offset, dx = args.dx + offset;
    float squares = 0.0, along = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) {
      float value = load(x, i, type);
      squares += value * value;
      along += value * load(dy, i, type) * factor(i);
    }
    float scale = inversesqrt(workgroup_sum(squares) / float(args.n) + args.eps);
    along = workgroup_sum(along) / float(args.n) * scale * scale;
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) {
      store(dx, i, scale * (load(dy, i, type) * factor(i) - along * load(x, i, type)), type);
    }
  }
}
