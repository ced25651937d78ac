#version 460
#extension GL_KHR_shader_subgroup_basic : require
#include "types.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/attention_matrices.args.h"

// Attention, its log sums and its gradients on matrix units (arXiv:2307.08691), for heads of 64 or 128 numbers of 16 bits. A
// workgroup has its own rows, 16 for each subgroup, and goes over the others in blocks of 32: its own are query rows
// (position and head of the group that shares a key head: row / group, row % group) and the others keys, but for the
// gradient of keys and values, where it is the other way around. Both meet in
//
//   scores = own1 · other1ᵀ    q and keys
//   slopes = own2 · other2ᵀ    dy and values
//
// Weights exp(score - log sum) and their gradients go through shared memory as 16-bit factors of the next product, so that
// sums need no rescaling: attention itself goes over the keys twice, first for its log sums.
layout(constant_id = 0) const uint matrix_type = 1;  // of q, keys, values, dy and y: float16 or bfloat16
layout(constant_id = 1) const uint group = 1;
layout(constant_id = 2) const uint part = 0;
layout(constant_id = 3) const uint warps = 4;
layout(constant_id = 4) const uint subgroup_size = 32;
layout(constant_id = 5) const uint keep = 0;        // first positions that a window always shows
layout(constant_id = 6) const float softcap = 0.0;  // 0: none
layout(constant_id = 7) const uint sink_type = 3;   // not floating: there are no sinks
layout(constant_id = 8) const uint threads = 128;
layout(local_size_x_id = 8) in;

const uint log_sums_part = 0, queries_part = 1, keys_part = 2, output_part = 3;
const bool has_first = part == queries_part || part == keys_part;  // a result of ds · other1
const bool has_second = part == keys_part || part == output_part;  // a result of weights · other2

const uint parts = DIMENSIONS / 16;  // of a head
const uint own = 16 * warps, block = 32;
const uint row_size = DIMENSIONS / 8 + 1;  // in uvec4, padded against bank conflicts
const uint weight_size = block / 8 + 1;
const uint own1 = 0;
const uint own2 = own1 + own * row_size;
const uint other1 = has_first ? own2 + own * row_size : own2;
const uint other2 = other1 + block * row_size;
const uint weights_at = part == log_sums_part ? other2 : other2 + block * row_size;
const uint sum_stride = block + 4;  // in floats

shared uvec4 tiles[weights_at + own * weight_size];
shared float sums[own * sum_stride];
shared float row_sums[own];  // log sums of its own rows

#include "matrices.glsl"

layout(buffer_reference, scalar, buffer_reference_align = 16) restrict writeonly buffer WritableUint4s { uvec4 v[]; };

// Eight scores of a row at a time.
const uint row_chunks = block / 8;
const uint each = 16 * row_chunks / subgroup_size;

uint tid() { return gl_SubgroupID * gl_SubgroupSize + gl_SubgroupInvocationID; }
uint warp() { return gl_SubgroupID; }
uint chunk_of(uint c) { return gl_SubgroupInvocationID + c * gl_SubgroupSize; }
uint batch() { return gl_WorkGroupID.z; }
uint head() { return gl_WorkGroupID.y; }
uint row_count() { return args.tokens * group; }

// Number of a query row among all of (B, L, H).
uint index_of(uint row) { return (batch() * args.tokens + row / group) * args.key_heads * group + head() * group + row % group; }

int offset_of_batch() { return clamp(Int32s(args.offsets).v[batch()], 0, int(args.places - args.tokens)); }

uint64_t query_row(uint64_t base, uint row) { return base + uint64_t(index_of(row)) * DIMENSIONS * 2; }

uint64_t key_row(uint64_t base, uint strides[2], uint key) {
  return base + (uint64_t(batch()) * strides[0] + uint64_t(head()) * strides[1] + uint64_t(key) * DIMENSIONS) * 2;
}

// Rows from `first` on into `at`; zeros from `end` on, which may never have been written.
void load_queries(uint64_t base, uint at, uint first, uint count, uint end) {
  for (uint i = tid(); i < count * (DIMENSIONS / 8); i += threads) {
    uint row = i / (DIMENSIONS / 8), chunk = i % (DIMENSIONS / 8);
    uvec4 value = uvec4(0);
    if (first + row < end) value = Uint4s(query_row(base, first + row)).v[chunk];
    tiles[at + row * row_size + chunk] = value;
  }
}

void load_keys(uint64_t base, uint strides[2], uint at, uint first, uint count, uint end) {
  for (uint i = tid(); i < count * (DIMENSIONS / 8); i += threads) {
    uint row = i / (DIMENSIONS / 8), chunk = i % (DIMENSIONS / 8);
    uvec4 value = uvec4(0);
    if (first + row < end) value = Uint4s(key_row(base, strides, first + row)).v[chunk];
    tiles[at + row * row_size + chunk] = value;
  }
}

void load_own(uint first, uint end) {
  if (part == keys_part) {
    load_keys(args.keys, args.key_strides, own1, first, own, end);
    load_keys(args.values, args.value_strides, own2, first, own, end);
  } else {
    load_queries(args.q, own1, first, own, end);
    if (has_first) load_queries(args.dy, own2, first, own, end);
  }
}

// The next block of the others on its way: asked for before the last one is used.
const uint others_each = block * (DIMENSIONS / 8) / threads;
uvec4 next1[others_each], next2[others_each];

void fetch_others(uint first, uint end, bool second) {
  [[unroll]] for (uint i = 0; i < others_each; ++i) {
    uint place = tid() + i * threads, row = first + place / (DIMENSIONS / 8), chunk = place % (DIMENSIONS / 8);
    next1[i] = next2[i] = uvec4(0);
    if (row >= end) continue;
    if (part == keys_part) {
      next1[i] = Uint4s(query_row(args.q, row)).v[chunk];
      next2[i] = Uint4s(query_row(args.dy, row)).v[chunk];
    } else {
      next1[i] = Uint4s(key_row(args.keys, args.key_strides, row)).v[chunk];
      if (second) next2[i] = Uint4s(key_row(args.values, args.value_strides, row)).v[chunk];
    }
  }
}

void keep_others(bool second) {
  [[unroll]] for (uint i = 0; i < others_each; ++i) {
    uint place = tid() + i * threads, at = place / (DIMENSIONS / 8) * row_size + place % (DIMENSIONS / 8);
    tiles[other1 + at] = next1[i];
    if (second) tiles[other2 + at] = next2[i];
  }
}

bool sees(uint row, uint key, int offset) {
  if (row >= row_count()) return false;
  int position = offset + int(row / group);
  if (int(key) > position) return false;
  return args.window == 0 || key < keep || position - int(key) < int(args.window - keep);
}

// own · otherᵀ of this subgroup's rows, to `sums`.
void multiply_rows(uint own_tile, uint other_tile) {
  MatrixSum c[2];
  c[0] = zero_matrix();
  c[1] = zero_matrix();
  [[unroll]] for (uint d = 0; d < parts; ++d) {
    LeftMatrix left;
    load_matrix(left, own_tile + warp() * 16 * row_size + d * 2, row_size, false);
    [[unroll]] for (uint j = 0; j < 2; ++j) {
      RightMatrix right;
      load_matrix(right, other_tile + j * 16 * row_size + d * 2, row_size, true);
      multiply_add(left, right, c[j]);
    }
  }
  store_matrix(c[0], warp() * 16 * sum_stride, sum_stride);
  store_matrix(c[1], warp() * 16 * sum_stride + 16, sum_stride);
  subgroupBarrier();
}

float stored_sum(uint chunk, uint i) {
  return sums[(warp() * 16 + chunk / row_chunks) * sum_stride + chunk % row_chunks * 8 + i];
}

// Numbers of an element's query row and key.
uvec2 row_and_key(uint chunk, uint i, uint first_own, uint first_other) {
  uint mine = first_own + warp() * 16 + chunk / row_chunks, other = first_other + chunk % row_chunks * 8 + i;
  return part == keys_part ? uvec2(other, mine) : uvec2(mine, other);
}

// A score as it counts, -inf where it is not seen; `slope`: its derivative.
float score_of(float product, uvec2 at, int offset, out float slope) {
  slope = args.scale;
  if (!sees(at.x, at.y, offset)) return -infinity();
  float s = product * args.scale;
  if (softcap > 0.0) {
    float bent = hyperbolic_tangent(s / softcap);
    s = softcap * bent;
    slope *= 1.0 - bent * bent;
  }
  return s;
}

void store_weights(uint chunk, float values[8]) {
  uvec4 packed;
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    float low = values[2 * i], high = values[2 * i + 1];
    packed[i] = matrix_type == float16 ? packHalf2x16(vec2(low, high)) : to_bfloat16(low) | to_bfloat16(high) << 16;
  }
  tiles[weights_at + (warp() * 16 + chunk / row_chunks) * weight_size + chunk % row_chunks] = packed;
}

// Largest scores and Σ exp(score - largest) of what an invocation has seen of its chunks' rows.
float largest[each], total[each];

void add_to_log_sums(uint first_own, uint first_other, int offset) {
  [[unroll]] for (uint c = 0; c < each; ++c) {
    uint chunk = chunk_of(c);
    float scores[8], slope;
    float most = largest[c];
    [[unroll]] for (uint i = 0; i < 8; ++i) {
      scores[i] = score_of(stored_sum(chunk, i), row_and_key(chunk, i, first_own, first_other), offset, slope);
      most = max(most, scores[i]);
    }
    if (most == -infinity()) continue;
    float sum = largest[c] == -infinity() ? 0.0 : total[c] * exp(largest[c] - most);
    [[unroll]] for (uint i = 0; i < 8; ++i) sum += exp(scores[i] - most);
    largest[c] = most;
    total[c] = sum;
  }
}

// What the chunks of each row have seen together, in row_sums.
void finish_log_sums(uint first_own) {
  subgroupBarrier();
  [[unroll]] for (uint c = 0; c < each; ++c) {
    uint chunk = chunk_of(c), at = (warp() * 16 + chunk / row_chunks) * sum_stride + chunk % row_chunks * 2;
    sums[at] = largest[c];
    sums[at + 1] = total[c];
  }
  subgroupBarrier();
  for (uint r = gl_SubgroupInvocationID; r < 16; r += gl_SubgroupSize) {
    uint row = warp() * 16 + r, at = row * sum_stride;
    float most = -infinity(), sum = 0.0, sink = -infinity();
    [[unroll]] for (uint i = 0; i < row_chunks; ++i) most = max(most, sums[at + 2 * i]);
    if (is_floating(sink_type)) {
      sink = load(args.sinks, head() * group + (first_own + row) % group, sink_type);
      most = max(most, sink);
      sum = exp(sink - most);
    }
    [[unroll]] for (uint i = 0; i < row_chunks; ++i) {
      if (sums[at + 2 * i] > -infinity()) sum += sums[at + 2 * i + 1] * exp(sums[at + 2 * i] - most);
    }
    row_sums[row] = most + log(sum);
  }
  barrier();
}

float log_sum_of(uint chunk, uint row) {
  if (part == output_part) return row_sums[warp() * 16 + chunk / row_chunks];
  return Float32s(args.log_sums).v[index_of(min(row, row_count() - 1))];
}

// A 16 x 16 part of a result to its place in y.
void store_part(uint first_own, uint end, uint d, bool second) {
  subgroupBarrier();
  for (uint chunk = gl_SubgroupInvocationID; chunk < 32; chunk += gl_SubgroupSize) {
    uint mine = first_own + warp() * 16 + chunk / 2;
    if (mine >= end) continue;
    uvec4 packed;
    [[unroll]] for (uint i = 0; i < 4; ++i) {
      uint at = (warp() * 16 + chunk / 2) * sum_stride + chunk % 2 * 8 + 2 * i;
      float low = sums[at], high = sums[at + 1];
      packed[i] = matrix_type == float16 ? packHalf2x16(vec2(low, high)) : to_bfloat16(low) | to_bfloat16(high) << 16;
    }
    uint64_t row;
    if (part == keys_part) {
      uint64_t number = (uint64_t(batch()) * args.key_heads + head()) * args.places + mine;
      row = args.y + (number * 2 + (second ? 1 : 0)) * DIMENSIONS * 2;
    } else {
      row = query_row(args.y, mine);
    }
    WritableUint4s(row).v[d * 2 + chunk % 2] = packed;
  }
  subgroupBarrier();
}

void main() {
  uint first_own = gl_WorkGroupID.x * own;
  int offset = offset_of_batch();
  uint begin = 0, end, own_end;
  if (part == keys_part) {
    uint written = uint(offset) + args.tokens;
    own_end = min(first_own + own, written);
    uint last_query = first_own < written ? args.tokens : 0;
    if (args.window > 0 && first_own >= keep) {
      last_query = min(last_query, uint(clamp(int(own_end) - 1 + int(args.window) - offset, 0, int(args.tokens))));
    }
    begin = uint(max(int(first_own) - offset, 0)) * group;
    end = last_query * group;
  } else {
    own_end = min(first_own + own, row_count());
    end = uint(offset) + (own_end - 1) / group + 1;
    if (args.window > 0 && keep == 0) begin = uint(max(offset + int(first_own / group) - int(args.window) + 1, 0));
  }
  load_own(first_own, own_end);
  if (part == log_sums_part || part == output_part) {
    [[unroll]] for (uint c = 0; c < each; ++c) {
      largest[c] = -infinity();
      total[c] = 0.0;
    }
    if (begin < end) fetch_others(begin, end, false);
    for (uint first = begin; first < end; first += block) {
      keep_others(false);
      barrier();
      if (first + block < end) fetch_others(first + block, end, false);
      multiply_rows(own1, other1);
      add_to_log_sums(first_own, first, offset);
      barrier();
    }
    finish_log_sums(first_own);
    if (part == log_sums_part) {
      for (uint row = tid(); row < own; row += threads) {
        if (first_own + row < row_count()) Float32s(args.y).v[index_of(first_own + row)] = row_sums[row];
      }
      return;
    }
  }
  MatrixSum results1[parts], results2[parts];
  [[unroll]] for (uint d = 0; d < parts; ++d) {
    results1[d] = zero_matrix();
    results2[d] = zero_matrix();
  }
  if (begin < end) fetch_others(begin, end, true);
  for (uint first = begin; first < end; first += block) {
    keep_others(true);
    barrier();
    if (first + block < end) fetch_others(first + block, end, true);
    multiply_rows(own1, other1);
    float weights[each * 8], slopes[each * 8];
    [[unroll]] for (uint c = 0; c < each; ++c) {
      uint chunk = chunk_of(c);
      float values[8];
      [[unroll]] for (uint i = 0; i < 8; ++i) {
        uvec2 at = row_and_key(chunk, i, first_own, first);
        float score = score_of(stored_sum(chunk, i), at, offset, slopes[c * 8 + i]);
        values[i] = score == -infinity() ? 0.0 : exp(score - log_sum_of(chunk, at.x));
        weights[c * 8 + i] = values[i];
      }
      if (has_second) store_weights(chunk, values);
    }
    subgroupBarrier();
    if (has_second) {
      [[unroll]] for (uint k = 0; k < 2; ++k) {
        LeftMatrix left;
        load_matrix(left, weights_at + warp() * 16 * weight_size + k * 2, weight_size, false);
        [[unroll]] for (uint d = 0; d < parts; ++d) {
          RightMatrix right;
          load_matrix(right, other2 + k * 16 * row_size + d * 2, row_size, false);
          multiply_add(left, right, results2[d]);
        }
      }
      subgroupBarrier();
    }
    if (has_first) {
      multiply_rows(own2, other2);
      [[unroll]] for (uint c = 0; c < each; ++c) {
        uint chunk = chunk_of(c);
        float values[8];
        [[unroll]] for (uint i = 0; i < 8; ++i) {
          uint row = min(row_and_key(chunk, i, first_own, first).x, row_count() - 1);
          float share = Float32s(args.shares).v[index_of(row)];
          values[i] = weights[c * 8 + i] * (stored_sum(chunk, i) - share) * slopes[c * 8 + i];
        }
        store_weights(chunk, values);
      }
      subgroupBarrier();
      [[unroll]] for (uint k = 0; k < 2; ++k) {
        LeftMatrix left;
        load_matrix(left, weights_at + warp() * 16 * weight_size + k * 2, weight_size, false);
        [[unroll]] for (uint d = 0; d < parts; ++d) {
          RightMatrix right;
          load_matrix(right, other1 + k * 16 * row_size + d * 2, row_size, false);
          multiply_add(left, right, results1[d]);
        }
      }
    }
    barrier();
  }
  uint store_end = part == keys_part ? args.places : own_end;  // zeros where no key was written
  [[unroll]] for (uint d = 0; d < parts; ++d) {
    if (has_first) {
      store_matrix(results1[d], warp() * 16 * sum_stride, sum_stride);
      store_part(first_own, store_end, d, false);
    }
    if (has_second) {
      store_matrix(results2[d], warp() * 16 * sum_stride, sum_stride);
      store_part(first_own, store_end, d, true);
    }
  }
}
