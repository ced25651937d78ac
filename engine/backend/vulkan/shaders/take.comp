#version 460
#include "types.glsl"
#include "engine/backend/vulkan/args/take.args.h"

layout(constant_id = 0) const uint type = 0;
layout(constant_id = 1) const uint along = 0;  // rows of one element, counted from the first of each `row_indices` entries
layout(local_size_x = 256) in;

void main() {
  for (uint i = gl_GlobalInvocationID.x; i < args.count; i += gl_NumWorkGroups.x * 256) {
    uint entry = i / args.row_elements;
    int row = clamp(Int32s(args.indices).v[entry], 0, int(args.table_rows) - 1);
    uint64_t first = along != 0 ? uint64_t(entry / args.row_indices) * args.table_rows : 0;
    uint64_t base = args.table + (first + row) * args.row_elements * size_of(type);
    store_bits(args.y, i, load_bits(base, i - entry * args.row_elements, type), type);
  }
}
