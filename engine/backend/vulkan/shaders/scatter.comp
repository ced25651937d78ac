#version 460
#include "types.glsl"
#include "reduce.glsl"
#include "engine/backend/vulkan/args/scatter.args.h"

// First all is set to zero. Then a workgroup takes an update; the one that is first of its row adds up all of that row, in
// their order, so that the result is always the same.
layout(constant_id = 0) const uint type = 0;
layout(constant_id = 1) const uint adding = 0;
layout(local_size_x = 256) in;

int row_of(uint update) { return clamp(Int32s(args.indices).v[update], 0, int(args.rows) - 1); }

void add_updates(uint update) {
  int row = row_of(update);
  uint first = update;
  for (uint i = gl_LocalInvocationID.x; i < update; i += 256) {
    if (row_of(i) == row) {
      first = i;
      break;
    }
  }
  if (workgroup_min(first) != update) return;
  for (uint column = gl_LocalInvocationID.x; column < args.n; column += 256) {
    float sum = 0.0;
    for (uint i = update; i < args.count; ++i) {
      if (row_of(i) == row) sum += load(args.updates + uint64_t(i) * args.n * size_of(type), column, type);
    }
    store(args.y + uint64_t(row) * args.n * size_of(type), column, sum, type);
  }
}

void main() {
  if (adding != 0) {
    for (uint update = gl_WorkGroupID.x; update < args.count; update += gl_NumWorkGroups.x) add_updates(update);
    return;
  }
  for (uint row = gl_WorkGroupID.x; row < args.rows; row += gl_NumWorkGroups.x) {
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) store(args.y + uint64_t(row) * args.n * size_of(type), i, 0.0, type);
  }
}
