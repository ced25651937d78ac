// What the kernels of attention's backward pass share: tiles of queries and keys in shared memory, and their scores. A query
// row is a position and a head of the group that shares the key head: row / group, row % group.
#include "types.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/attention_gradient.args.h"

layout(constant_id = 0) const uint type = 0;        // of q and dy
layout(constant_id = 1) const uint key_type = 0;    // of keys
layout(constant_id = 2) const uint value_type = 0;  // of values
layout(constant_id = 3) const uint dimensions = 64;  // of q and keys
layout(constant_id = 4) const uint value_dimensions = 64;
layout(constant_id = 5) const uint group = 1;
layout(constant_id = 6) const uint rows = 16;   // of queries at a time, at most 16
layout(constant_id = 7) const uint block = 32;  // keys at a time, at most 32
layout(constant_id = 8) const uint keep = 0;    // first positions that a window always shows
layout(constant_id = 9) const float softcap = 0.0;   // 0: none
layout(constant_id = 10) const uint part = 1;        // log sums, queries, keys and values
layout(constant_id = 11) const uint sink_type = 3;   // not floating: there are no sinks
layout(local_size_x = 128) in;

const uint threads = 128;
const uint key_stride = dimensions + 1, value_stride = value_dimensions + 1;  // padded against bank conflicts
const uint log_sums_part = 0;

shared float query_tile[rows * dimensions];
shared float dy_tile[rows * value_dimensions];
shared float key_tile[block * key_stride];
shared float value_tile[block * value_stride];
shared float ds[rows * block];

uint tid() { return gl_LocalInvocationIndex; }

uint batch() { return gl_WorkGroupID.z; }
uint head() { return gl_WorkGroupID.y; }
uint row_count() { return args.tokens * group; }

// Number of a query row among all of (B, L, H).
uint index_of(uint row) { return (batch() * args.tokens + row / group) * args.key_heads * group + head() * group + row % group; }

int offset_of_batch() { return clamp(Int32s(args.offsets).v[batch()], 0, int(args.places - args.tokens)); }

void load_rows(uint first_row) {
  for (uint i = tid(); i < rows * dimensions; i += threads) {
    uint row = first_row + i / dimensions;
    uint64_t base = args.q + uint64_t(index_of(min(row, row_count() - 1))) * dimensions * size_of(type);
    query_tile[i] = row < row_count() ? load(base, i % dimensions, type) : 0.0;
  }
  if (part == log_sums_part) return;
  for (uint i = tid(); i < rows * value_dimensions; i += threads) {
    uint row = first_row + i / value_dimensions;
    uint64_t base = args.dy + uint64_t(index_of(min(row, row_count() - 1))) * value_dimensions * size_of(type);
    dy_tile[i] = row < row_count() ? load(base, i % value_dimensions, type) : 0.0;
  }
}

// Rows of keys from `end` on count as zero: they may never have been written.
void load_keys(uint first, uint end) {
  uint64_t base = (uint64_t(batch()) * args.key_heads + head()) * args.places;
  for (uint i = tid(); i < block * dimensions; i += threads) {
    uint key = i / dimensions, d = i % dimensions;
    uint64_t row = args.keys + (base + min(first + key, args.places - 1)) * dimensions * size_of(key_type);
    key_tile[key * key_stride + d] = first + key < end ? load(row, d, key_type) : 0.0;
  }
  if (part == log_sums_part) return;
  for (uint i = tid(); i < block * value_dimensions; i += threads) {
    uint key = i / value_dimensions, d = i % value_dimensions;
    uint64_t row = args.values + (base + min(first + key, args.places - 1)) * value_dimensions * size_of(value_type);
    value_tile[key * value_stride + d] = first + key < end ? load(row, d, value_type) : 0.0;
  }
}

bool sees(uint row, uint key, int offset) {
  if (row >= row_count()) return false;
  int position = offset + int(row / group);
  if (int(key) > position) return false;
  return args.window == 0 || key < keep || position - int(key) < int(args.window - keep);
}

float score(uint row, uint key) {  // of the tiles
  float sum = 0.0;
  for (uint d = 0; d < dimensions; ++d) sum = fma(query_tile[row * dimensions + d], key_tile[key * key_stride + d], sum);
  return sum * args.scale;
}

// The weight of a key and its ds.
vec2 weight_and_ds(uint first_row, uint row, uint first_key, uint key, int offset) {
  if (!sees(first_row + row, first_key + key, offset)) return vec2(0.0);
  float s = score(row, key), slope = args.scale;
  if (softcap > 0.0) {
    float bent = hyperbolic_tangent(s / softcap);
    s = softcap * bent;
    slope *= 1.0 - bent * bent;
  }
  float product = 0.0;
  for (uint d = 0; d < value_dimensions; ++d) {
    product = fma(dy_tile[row * value_dimensions + d], value_tile[key * value_stride + d], product);
  }
  uint index = index_of(first_row + row);
  float weight = exp(s - Float32s(args.log_sums).v[index]);
  return vec2(weight, weight * (product - Float32s(args.shares).v[index]) * slope);
}
