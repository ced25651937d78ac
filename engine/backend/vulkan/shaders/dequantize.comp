#version 460
#include "types.glsl"
#include "weights.glsl"
#include "engine/backend/vulkan/args/dequantize.args.h"

layout(constant_id = 5) const uint type = 0;  // of y
layout(local_size_x = 128) in;

void main() {
  prepare_weights();
  Weight weight = Weight(args.weight, args.scales, args.biases, args.k);
  uint row_chunks = (args.k + 7) / 8;
  for (uint i = gl_GlobalInvocationID.x; i < args.rows * row_chunks; i += gl_NumWorkGroups.x * 128) {
    uint place_of_row = i / row_chunks, chunk = i % row_chunks;
    uint row = place_of_row;
    if (args.indices != 0) row = uint(clamp(Int32s(args.indices).v[place_of_row], 0, int(args.table_rows) - 1));
    float values[8];
    load_weights(weight, row, chunk, values);
    uint64_t y = args.y + uint64_t(place_of_row) * args.k * size_of(type);
    [[unroll]] for (uint j = 0; j < 8; ++j) {
      if (whole_chunks || chunk * 8 + j < args.k) store(y, chunk * 8 + j, values[j], type);
    }
  }
}
