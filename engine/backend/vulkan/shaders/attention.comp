#version 460
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "types.glsl"
#include "math.glsl"
#include "cache.glsl"
#include "engine/backend/vulkan/args/attention.args.h"

// Attention with online softmax (arXiv:2205.14135). A workgroup takes one key head, `rows` of the queries that share it
// (row r: position r / group, query head r % group of the key head) and one share of the visible keys, which it reads
// in blocks. Keys pass through shared memory, once for all rows; values are read by columns. Where queries are few, the
// keys are shared out among `splits` workgroups and a second kernel combines their sums (flash-decoding).
layout(constant_id = 0) const uint q_type = 0;  // also of y, unless split
layout(constant_id = 1) const uint key_type = 0;
layout(constant_id = 2) const uint value_type = 0;
layout(constant_id = 3) const uint dimensions = 64;  // of q and keys
layout(constant_id = 4) const uint group = 1;
layout(constant_id = 5) const uint rows = 4;        // at most 16
layout(constant_id = 6) const uint block = 32;      // keys at a time, a multiple of 8
layout(constant_id = 7) const uint vectors = 0;     // rows of keys can be loaded 16 bytes at a time
layout(constant_id = 8) const uint split = 0;
layout(constant_id = 9) const uint value_dimensions = 64;
layout(constant_id = 10) const uint windowed = 0;   // a query sees args.window positions, `keep` of them the first
layout(constant_id = 11) const uint ring = 0;
layout(constant_id = 12) const uint keep = 0;
layout(constant_id = 13) const float softcap = 0.0;  // 0: none
layout(constant_id = 14) const uint sink_type = 3;   // float32, float16, bfloat16; others: there are no sinks
layout(constant_id = 15) const uint key_bits = 0;    // of packed rows; 0: plain
layout(constant_id = 16) const uint value_bits = 0;
layout(constant_id = 17) const uint group_size = 64;  // of packed rows
layout(local_size_x = 128) in;

const uint threads = 128;
const uint max_rows = 16;
const uint key_stride = dimensions + 1;  // padded against bank conflicts

// What this workgroup sees, numbered without gaps: positions below `kept`, then those from `start` on.
uint kept = 0, start = 0;

uint position_of(uint key) { return windowed == 0 ? key : key < kept ? key : key - kept + start; }

uint place_of(uint key) {
  uint position = position_of(key);
  return ring != 0 ? ring_place(position, args.places, keep) : position;
}

uint64_t row_at(uint64_t rows_of_head, uint key, uint stride, uint size) {
  return rows_of_head + uint64_t(place_of(key)) * stride * size;
}

shared float query_tile[rows * dimensions];
shared float key_tile[block * key_stride];
shared float weights[rows * block];
shared float factors[max_rows];

// Eight neighbours in this order are neighbours in a subgroup, whatever its size.
uint tid() { return gl_SubgroupID * gl_SubgroupSize + gl_SubgroupInvocationID; }

void load_queries(uint64_t q, uint first_row, uint count) {
  for (uint i = tid(); i < rows * dimensions; i += threads) {
    uint row = first_row + i / dimensions, d = i % dimensions;
    float value = 0.0;
    if (row < count) {
      uint at = row / group * args.q_strides[1] + row % group * args.q_strides[2] + d * args.q_strides[3];
      value = load(q, at, q_type) * args.scale;
    }
    query_tile[i] = value;
  }
}

void load_keys(uint64_t keys, uint first, uint end) {
  if (vectors != 0 || key_bits != 0) {
    const uint chunks = dimensions / 8;
    [[unroll]] for (uint begin = 0; begin < block * chunks; begin += threads) {
      uint i = begin + tid();
      if (i >= block * chunks) continue;
      uint key = i / chunks, d = i % chunks * 8;
      uint64_t row = row_at(keys, min(first + key, end - 1), args.key_strides[2], key_bits != 0 ? 4 : size_of(key_type));
      float values[8];
      if (key_bits != 0) load8_packed(row, d, dimensions, key_bits, group_size, values);
      else load8(row, d, key_type, values);
      [[unroll]] for (uint j = 0; j < 8; ++j) key_tile[key * key_stride + d + j] = values[j];
    }
  } else {
    for (uint i = tid(); i < block * dimensions; i += threads) {
      uint key = i / dimensions, d = i % dimensions;
      uint64_t row = row_at(keys, min(first + key, end - 1), args.key_strides[2], size_of(key_type));
      key_tile[key * key_stride + d] = load(row, d * args.key_strides[3], key_type);
    }
  }
}

bool visible(uint key, int query) {  // the position of the query
  int position = int(position_of(key));
  if (position > query) return false;
  return windowed == 0 || position < int(keep) || query - position < int(args.window - keep);
}

// weights[r][key] = score, -inf where row r does not see the key.
void score(uint first_key, uint end, uint first_row, int offset) {
  for (uint i = tid(); i < rows * block; i += threads) {
    uint row = i / block, key = i % block;
    float sum = 0.0;
    for (uint d = 0; d < dimensions; ++d) {
      sum = fma(query_tile[row * dimensions + d], key_tile[key * key_stride + d], sum);
    }
    if (softcap > 0.0) sum = softcap * hyperbolic_tangent(sum / softcap);
    bool seen = first_key + key < end && visible(first_key + key, offset + int((first_row + row) / group));
    weights[i] = seen ? sum : -infinity();
  }
}

float row_max(float value) {  // over the eight neighbours that share a row
  value = max(value, subgroupShuffleXor(value, 1));
  value = max(value, subgroupShuffleXor(value, 2));
  return max(value, subgroupShuffleXor(value, 4));
}

float row_sum(float value) {
  value += subgroupShuffleXor(value, 1);
  value += subgroupShuffleXor(value, 2);
  return value + subgroupShuffleXor(value, 4);
}

// Scores become exp(score - maximum so far); what was summed before shrinks by factors[r].
void weigh(inout float maximum, inout float total) {
  uint row = tid() / 8, lane = tid() % 8;
  bool mine = row < rows;
  uint base = min(row, rows - 1) * block;
  float largest = -infinity();
  for (uint key = lane; key < block; key += 8) largest = max(largest, weights[base + key]);
  largest = max(maximum, row_max(largest));
  float sum = 0.0;
  for (uint key = lane; mine && key < block; key += 8) {
    float weight = largest == -infinity() ? 0.0 : exp(weights[base + key] - largest);
    weights[base + key] = weight;
    sum += weight;
  }
  float factor = maximum == -infinity() ? 0.0 : exp(maximum - largest);
  total = total * factor + row_sum(sum);
  maximum = largest;
  if (mine && lane == 0) factors[row] = factor;
}

float sums[2][max_rows];  // of the columns tid and tid + 128

// Where rows are few, waiting for memory is all that takes time: the values of a whole block are asked for at once,
// before its keys are scored.
const bool early = rows <= 4 && value_dimensions <= threads;
const uint batch_keys = early ? block : 4;
float column[32];

void fetch_values(uint64_t values, uint d, uint first, uint end) {
  [[unroll]] for (uint j = 0; j < batch_keys; ++j) {
    uint64_t row = row_at(values, min(first + j, end - 1), args.value_strides[2], value_bits != 0 ? 4 : size_of(value_type));
    column[j] = value_bits != 0 ? load_packed(row, d, value_dimensions, value_bits, group_size)
                                : load(row, d * args.value_strides[3], value_type);
  }
}

void add_values(uint64_t values, uint first, uint end) {
  [[unroll]] for (uint c = 0; c * threads < value_dimensions; ++c) {
    uint d = c * threads + tid();
    if (d >= value_dimensions) continue;
    [[unroll]] for (uint r = 0; r < rows; ++r) sums[c][r] *= factors[r];
    for (uint key = 0; key < block; key += batch_keys) {
      if (!early) fetch_values(values, d, first + key, end);
      [[unroll]] for (uint r = 0; r < rows; ++r) {
        [[unroll]] for (uint j = 0; j < batch_keys; ++j) {
          sums[c][r] = fma(weights[r * block + key + j], column[j], sums[c][r]);
        }
      }
    }
  }
}

void store_result(uint batch, uint head, uint first_row, uint count, uint share) {
  [[unroll]] for (uint r = 0; r < rows; ++r) {
    uint row = first_row + r;
    if (row >= count) continue;
    uint index = (batch * args.tokens + row / group) * args.key_heads * group + head * group + row % group;
    [[unroll]] for (uint c = 0; c * threads < value_dimensions; ++c) {
      uint d = c * threads + tid();
      if (d >= value_dimensions) continue;
      if (split != 0) store(args.y, (index * args.splits + share) * value_dimensions + d, sums[c][r], float32);
      else store(args.y, index * value_dimensions + d, sums[c][r] / factors[r], q_type);
    }
  }
}

// A sink is a key of the first share that has no value.
void start_row(uint head, uint share, uint first_row, out float maximum, out float total) {
  maximum = -infinity();
  total = 0.0;
  if (!is_floating(sink_type) || share != 0) return;
  maximum = load(args.sinks, head * group + (first_row + tid() / 8) % group, sink_type);
  total = 1.0;
}

void main() {
  uint batch = gl_WorkGroupID.z, head = gl_WorkGroupID.y / args.splits, share = gl_WorkGroupID.y % args.splits;
  uint count = args.tokens * group, first_row = gl_WorkGroupID.x * rows;
  int offset = Int32s(args.offsets).v[batch];
  uint last_token = min(first_row + rows - 1, count - 1) / group;
  int known = offset + int(last_token) + 1;  // positions up to the last query's
  uint numbered = uint(ring != 0 ? max(known, 0) : clamp(known, 0, int(args.places)));
  if (windowed != 0) {
    kept = min(keep, numbered);
    start = uint(max(offset + int(first_row / group) - int(args.window - keep) + 1, int(keep)));
    numbered = kept + (numbered > start ? numbered - start : 0);
  }
  uint blocks = (numbered + block - 1) / block;
  uint blocks_each = (blocks + args.splits - 1) / args.splits;
  uint begin = min(share * blocks_each * block, numbered), end = min(begin + blocks_each * block, numbered);

  uint64_t b = batch, h = head;
  uint64_t q = args.q + (b * args.q_strides[0] + h * group * args.q_strides[2]) * size_of(q_type);
  uint64_t keys = args.keys + (b * args.key_strides[0] + h * args.key_strides[1]) * (key_bits != 0 ? 4 : size_of(key_type));
  uint64_t values = args.values + (b * args.value_strides[0] + h * args.value_strides[1]) * (value_bits != 0 ? 4 : size_of(value_type));
  [[unroll]] for (uint c = 0; c < 2; ++c) {
    [[unroll]] for (uint r = 0; r < max_rows; ++r) sums[c][r] = 0.0;
  }
  float maximum, total;  // of row tid / 8
  start_row(head, share, first_row, maximum, total);
  load_queries(q, first_row, count);
  for (uint first = begin; first < end; first += block) {
    load_keys(keys, first, end);
    if (early) fetch_values(values, min(tid(), value_dimensions - 1), first, end);
    barrier();
    score(first, end, first_row, offset);
    barrier();
    weigh(maximum, total);
    barrier();
    add_values(values, first, end);
    barrier();
  }
  if (tid() % 8 == 0 && tid() / 8 < rows) {
    uint row = first_row + tid() / 8;
    factors[tid() / 8] = total;
    if (split != 0 && row < count) {
      uint index = (batch * args.tokens + row / group) * args.key_heads * group + head * group + row % group;
      Float32s(args.stats).v[(index * args.splits + share) * 2] = maximum;
      Float32s(args.stats).v[(index * args.splits + share) * 2 + 1] = total;
    }
  }
  barrier();
  // A share without keys has nothing to add, and its sums are never read.
  if (split == 0 || begin < end) store_result(batch, head, first_row, count, share);
}
