#version 460
#include "attention_gradient.glsl"

// A workgroup takes a block of keys and their values, and looks at the query rows that see them (arXiv:2307.08691). An
// invocation keeps one column of the result, or a few, for all keys: columns of the key first, then those of the value.
const uint width = dimensions + value_dimensions;
const uint columns = (width + threads - 1) / threads;  // of an invocation; columns · block is at most 32 by the host's choice

shared float weights[rows * block];
float sums[columns * block];

void add_rows() {
  [[unroll]] for (uint c = 0; c < columns; ++c) {
    uint column = c * threads + tid();
    if (column >= width) continue;
    bool of_key = column < dimensions;
    for (uint r = 0; r < rows; ++r) {
      float value = of_key ? query_tile[r * dimensions + column] : dy_tile[r * value_dimensions + column - dimensions];
      [[unroll]] for (uint key = 0; key < block; ++key) {
        float factor = of_key ? ds[r * block + key] : weights[r * block + key];
        sums[c * block + key] = fma(factor, value, sums[c * block + key]);
      }
    }
  }
}

void main() {
  uint first_key = gl_WorkGroupID.x * block;
  int offset = offset_of_batch();
  uint written = uint(offset) + args.tokens, end = min(first_key + block, written);
  [[unroll]] for (uint i = 0; i < columns * block; ++i) sums[i] = 0.0;
  if (first_key < written) {
    uint first_query = uint(max(int(first_key) - offset, 0)), last_query = args.tokens;
    if (args.window > 0 && first_key >= keep) last_query = uint(clamp(int(end) - 1 + int(args.window) - offset, 0, int(args.tokens)));
    load_keys(first_key, end);
    for (uint first_row = first_query * group; first_row < last_query * group; first_row += rows) {
      load_rows(first_row);
      barrier();
      for (uint i = tid(); i < rows * block; i += threads) {
        vec2 both = weight_and_ds(first_row, i / block, first_key, i % block, offset);
        weights[i] = both.x;
        ds[i] = both.y;
      }
      barrier();
      add_rows();
      barrier();
    }
  }
  [[unroll]] for (uint key = 0; key < block; ++key) {
    if (first_key + key >= args.places) continue;
    uint64_t row = (uint64_t(batch()) * args.key_heads + head()) * args.places + first_key + key;
    uint64_t y = args.y + row * width * size_of(key_type);
    [[unroll]] for (uint c = 0; c < columns; ++c) {
      uint column = c * threads + tid();
      if (column < width) store(y, column, sums[c * block + key], key_type);
    }
  }
}
