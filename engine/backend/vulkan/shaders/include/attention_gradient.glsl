// What the kernels of attention's backward pass share: tiles of queries and keys in shared memory, and their scores. A query
// row is a position and a head of the group that shares the key head: row / group, row % group.
#extension GL_KHR_shader_subgroup_basic : require
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
const uint log_sums_part = 0;

// Heads in chunks of four, the last one filled up with zeros; rows of keys and values are padded against bank conflicts.
const uint chunks = (dimensions + 3) / 4, value_chunks = (value_dimensions + 3) / 4;
const uint key_stride = chunks + 1, value_stride = value_chunks + 1;

shared vec4 query_tile[rows * chunks];
shared vec4 dy_tile[rows * value_chunks];
shared vec4 key_tile[block * key_stride];
shared vec4 value_tile[block * value_stride];

// Eight neighbours in this order are neighbours in a subgroup, whatever its size.
uint tid() { return gl_SubgroupID * gl_SubgroupSize + gl_SubgroupInvocationID; }

uint batch() { return gl_WorkGroupID.z; }
uint head() { return gl_WorkGroupID.y; }
uint row_count() { return args.tokens * group; }

// Number of a query row among all of (B, L, H).
uint index_of(uint row) { return (batch() * args.tokens + row / group) * args.key_heads * group + head() * group + row % group; }

int offset_of_batch() { return clamp(Int32s(args.offsets).v[batch()], 0, int(args.places - args.tokens)); }

// Chunk `chunk` of a row of `size` elements.
vec4 load_chunk(uint64_t row, uint chunk, uint size, uint dtype) {
  if (size % 4 == 0) return load4(row, chunk * 4, dtype);
  vec4 values = vec4(0.0);
  for (uint i = 0; i < 4 && chunk * 4 + i < size; ++i) values[i] = load(row, chunk * 4 + i, dtype);
  return values;
}

void store_chunk(uint64_t row, uint first, uint chunk, uint size, vec4 values, uint dtype) {
  for (uint i = 0; i < 4 && chunk * 4 + i < size; ++i) store(row, first + chunk * 4 + i, values[i], dtype);
}

void load_rows(uint first_row) {
  for (uint i = tid(); i < rows * chunks; i += threads) {
    uint row = first_row + i / chunks;
    uint64_t from = args.q + uint64_t(index_of(min(row, row_count() - 1))) * dimensions * size_of(type);
    query_tile[i] = row < row_count() ? load_chunk(from, i % chunks, dimensions, type) : vec4(0.0);
  }
  if (part == log_sums_part) return;
  for (uint i = tid(); i < rows * value_chunks; i += threads) {
    uint row = first_row + i / value_chunks;
    uint64_t from = args.dy + uint64_t(index_of(min(row, row_count() - 1))) * value_dimensions * size_of(type);
    dy_tile[i] = row < row_count() ? load_chunk(from, i % value_chunks, value_dimensions, type) : vec4(0.0);
  }
}

// Rows of keys from `end` on count as zero: they may never have been written.
void load_keys(uint first, uint end) {
  uint64_t base = (uint64_t(batch()) * args.key_heads + head()) * args.places;
  for (uint i = tid(); i < block * chunks; i += threads) {
    uint key = i / chunks, chunk = i % chunks;
    uint64_t row = args.keys + (base + min(first + key, args.places - 1)) * dimensions * size_of(key_type);
    key_tile[key * key_stride + chunk] = first + key < end ? load_chunk(row, chunk, dimensions, key_type) : vec4(0.0);
  }
  if (part == log_sums_part) return;
  for (uint i = tid(); i < block * value_chunks; i += threads) {
    uint key = i / value_chunks, chunk = i % value_chunks;
    uint64_t row = args.values + (base + min(first + key, args.places - 1)) * value_dimensions * size_of(value_type);
    value_tile[key * value_stride + chunk] = first + key < end ? load_chunk(row, chunk, value_dimensions, value_type) : vec4(0.0);
  }
}

bool sees(uint row, uint key, int offset) {
  if (row >= row_count()) return false;
  int position = offset + int(row / group);
  if (int(key) > position) return false;
  return args.window == 0 || key < keep || position - int(key) < int(args.window - keep);
}

// An invocation's patch of scores: patch² of them, so that what it reads is used several times. Row i of the patch is
// row + i · patch_rows, and so on for keys.
const uint patch_size = rows * block >= 512 ? 2 : 1;
const uint patch_rows = rows / patch_size, patch_keys = block / patch_size;

struct Scores {
  float scores[4];    // row · patch_size + key, scaled
  float products[4];  // dy · value
};

Scores scores_of(uint row, uint key) {
  Scores found;
  [[unroll]] for (uint i = 0; i < 4; ++i) found.scores[i] = found.products[i] = 0.0;
  for (uint chunk = 0; chunk < chunks; ++chunk) {
    vec4 k[2];
    [[unroll]] for (uint j = 0; j < patch_size; ++j) k[j] = key_tile[(key + j * patch_keys) * key_stride + chunk];
    [[unroll]] for (uint i = 0; i < patch_size; ++i) {
      vec4 q = query_tile[(row + i * patch_rows) * chunks + chunk];
      [[unroll]] for (uint j = 0; j < patch_size; ++j) found.scores[i * patch_size + j] += dot(q, k[j]);
    }
  }
  [[unroll]] for (uint i = 0; i < 4; ++i) found.scores[i] *= args.scale;
  if (part == log_sums_part) return found;
  for (uint chunk = 0; chunk < value_chunks; ++chunk) {
    vec4 v[2];
    [[unroll]] for (uint j = 0; j < patch_size; ++j) v[j] = value_tile[(key + j * patch_keys) * value_stride + chunk];
    [[unroll]] for (uint i = 0; i < patch_size; ++i) {
      vec4 dy = dy_tile[(row + i * patch_rows) * value_chunks + chunk];
      [[unroll]] for (uint j = 0; j < patch_size; ++j) found.products[i * patch_size + j] += dot(dy, v[j]);
    }
  }
  return found;
}

// The weight of a key and its ds; row and key count from the first ones of all.
vec2 weight_and_ds(uint row, uint key, float s, float product, int offset) {
  if (!sees(row, key, offset)) return vec2(0.0);
  float slope = args.scale;
  if (softcap > 0.0) {
    float bent = hyperbolic_tangent(s / softcap);
    s = softcap * bent;
    slope *= 1.0 - bent * bent;
  }
  uint index = index_of(row);
  float weight = exp(s - Float32s(args.log_sums).v[index]);
  return vec2(weight, weight * (product - Float32s(args.shares).v[index]) * slope);
}
