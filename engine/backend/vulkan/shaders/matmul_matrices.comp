#version 460
#include "types.glsl"
#include "math.glsl"
#include "weights.glsl"
#include "engine/backend/vulkan/args/matmul_tile.args.h"

// Products on matrix units: as matmul_tile, with factors of 16 bits in shared memory and sums in float32. A workgroup's
// tile is warps_m x warps_n subgroups of (16 · I) x (16 · J); where tiles are few, `slices` times as many subgroups share
// the depth and add their sums. The next tiles are loaded while these are multiplied.
//
// Factors that are no 16-bit numbers of the matrices' type are sums of several (terms.glsl): the product of a · b is that
// of all pairs of terms but those below float32's precision.
layout(constant_id = 5) const uint a_type = 0;
layout(constant_id = 6) const uint transposed = 1;
layout(constant_id = 7) const uint matrix_type = 1;  // float16 or bfloat16
layout(constant_id = 8) const uint epilogue = 0;
layout(constant_id = 9) const uint y_type = 0;
layout(constant_id = 10) const uint e_type = 0;
layout(constant_id = 11) const uint a_vectors = 0;  // rows of a can be loaded 16 bytes at a time
layout(constant_id = 12) const uint gate_kind = 0;
layout(constant_id = 13) const uint of_experts = 0;
layout(constant_id = 14) const uint bias_type = 0;  // of experts
layout(constant_id = 15) const uint warps_m = 2;
layout(constant_id = 16) const uint warps_n = 4;
layout(constant_id = 17) const uint slices = 1;
layout(constant_id = 18) const uint slice_depth = 32;
layout(constant_id = 19) const uint buffers = 1;  // or 2: one barrier for each step of k, not two
layout(constant_id = 20) const uint a_terms = 1;
layout(constant_id = 21) const uint b_terms = 1;
layout(constant_id = 22) const uint y_vectors = 0;  // rows of y and e can be stored 16 bytes at a time
layout(constant_id = 23) const uint threads = 256;
layout(local_size_x_id = 23) in;

const uint residual = 1, gate = 2;
const uint depth = slice_depth * slices;
const uint tile_rows = 16 * I * warps_m, tile_columns = 16 * J * warps_n;
const uint most_terms = a_terms > b_terms ? a_terms : b_terms;

// In uvec4, padded against bank conflicts. b is kept as it is stored: by columns of eight steps of k when transposed.
const uint a_stride = depth / 8 + 1;
const uint b_stride = (transposed != 0 ? depth : tile_columns) / 8 + 1;
const uint a_plane = tile_rows * a_stride;
const uint b_plane = (transposed != 0 ? tile_columns : depth) * b_stride;
const uint b_start = a_plane * a_terms;
const uint buffer_size = b_start + b_plane * b_terms;

const uint a_chunks = tile_rows * depth / 8, b_chunks = tile_columns * depth / 8;
const uint a_each = (a_chunks + threads - 1) / threads, b_each = (b_chunks + threads - 1) / threads;

const uint warps = warps_m * warps_n * slices;

shared uvec4 tiles[buffer_size * buffers];
shared float sums[warps * 256];

#include "matrices.glsl"
#include "terms.glsl"

layout(buffer_reference, scalar, buffer_reference_align = 16) restrict writeonly buffer WritableUint4s { uvec4 v[]; };

// What this workgroup computes: rows below `rows_end`; of experts, those of a tile.
uint rows_end = 0;
uint first_of_order = 0;
uint expert = 0;

uint tid() { return gl_SubgroupID * gl_SubgroupSize + gl_SubgroupInvocationID; }

uint pair_of(uint row) { return Uint32s(args.order).v[first_of_order + row]; }

Terms no_terms() {
  Terms none;
  [[unroll]] for (uint t = 0; t < 3; ++t) none.v[t] = uvec4(0);
  return none;
}

// Eight elements of a row of a from `start`, zeros beyond.
Terms load_a(uint64_t a, uint row, uint start) {
  if (row >= rows_end || start >= args.k) return no_terms();
  uint place = of_experts != 0 ? pair_of(row) / args.pairs_of_row : row;
  uint64_t from = a + uint64_t(place) * args.k * size_of(a_type);
  if (a_vectors != 0 && a_type == matrix_type) {
    Terms whole;
    whole.v[0] = Uint4s(from).v[start / 8];
    return whole;
  }
  float values[8];
  if (a_vectors != 0) {
    load8(from, start, a_type, values);
  } else {
    for (uint i = 0; i < 8; ++i) values[i] = start + i < args.k ? load(from, start + i, a_type) : 0.0;
  }
  return terms_of(values, a_terms);
}

// Eight elements of row `row` of b as it is stored, zeros beyond.
Terms load_b(Weight b, uint row, uint rows, uint start) {
  if (row >= rows || start >= b.k) return no_terms();
#if WEIGHTS == PLAIN
  if (format == matrix_type && whole_chunks) {
    Terms whole;
    whole.v[0] = Uint4s(row_of(b, expert * rows + row).codes).v[start / 8];
    return whole;
  }
#endif
  float values[8];
  load_weights(b, expert * rows + row, start / 8, values);
  return terms_of(values, b_terms);
}

Terms a_chunk(uint64_t a, uint chunk, uint first_row, uint k0) {
  return load_a(a, first_row + chunk / (depth / 8), k0 + chunk % (depth / 8) * 8);
}

Terms b_chunk(Weight b, uint chunk, uint first_column, uint k0) {
  if (transposed != 0) return load_b(b, first_column + chunk / (depth / 8), args.n, k0 + chunk % (depth / 8) * 8);
  return load_b(b, k0 + chunk / (tile_columns / 8), args.k, first_column + chunk % (tile_columns / 8) * 8);
}

uint a_place(uint chunk) { return chunk / (depth / 8) * a_stride + chunk % (depth / 8); }

uint b_place(uint chunk) {
  const uint of_row = (transposed != 0 ? depth : tile_columns) / 8;
  return b_start + chunk / of_row * b_stride + chunk % of_row;
}

// Eight columns of a row of the product.
void finish(uint64_t batch, uint row, uint column, float values[8]) {
  uint64_t first = (batch * args.m + (of_experts != 0 ? pair_of(row) : row)) * args.n;
  uint64_t e = args.e + first * size_of(e_type), y = args.y + first * size_of(y_type);
  float others[8];
  if (y_vectors != 0 && epilogue != 0) load8(e, column, e_type, others);
  [[unroll]] for (uint i = 0; i < 8; ++i) {
    if (y_vectors == 0 && column + i >= args.n) continue;
    if (of_experts != 0 && args.bias != 0) values[i] += load(args.bias, expert * args.n + column + i, bias_type);
    if (epilogue != 0) {
      float other = y_vectors != 0 ? others[i] : load(e, column + i, e_type);
      values[i] = epilogue == residual ? values[i] + other : gated(gate_kind, other, values[i]);
    }
    if (y_vectors == 0) store(y, column + i, values[i], y_type);
  }
  if (y_vectors == 0) return;
  if (y_type == float32) {
    [[unroll]] for (uint i = 0; i < 2; ++i) {
      WritableUint4s(y).v[column / 4 + i] =
          floatBitsToUint(vec4(values[4 * i], values[4 * i + 1], values[4 * i + 2], values[4 * i + 3]));
    }
    return;
  }
  uvec4 packed;
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    float low = values[2 * i], high = values[2 * i + 1];
    packed[i] = y_type == float16 ? packHalf2x16(vec2(low, high)) : to_bfloat16(low) | to_bfloat16(high) << 16;
  }
  WritableUint4s(y).v[column / 8] = packed;
}

// A 16 x 16 part of the product, from the sums that slices of one place stored.
void finish_part(uint64_t batch, uint first_row, uint first_column, uint warp) {
  for (uint chunk = gl_SubgroupInvocationID; chunk < 32; chunk += gl_SubgroupSize) {
    uint row = first_row + chunk / 2, column = first_column + chunk % 2 * 8;
    if (row >= rows_end || column >= args.n) continue;
    float values[8];
    [[unroll]] for (uint i = 0; i < 8; ++i) {
      values[i] = 0.0;
      [[unroll]] for (uint s = 0; s < slices; ++s) values[i] += sums[(warp + s * warps_m * warps_n) * 256 + chunk * 8 + i];
    }
    finish(batch, row, column, values);
  }
}

void main() {
  prepare_weights();
  rows_end = args.m;
  if (of_experts != 0) {
    expert = Uint32s(args.tiles).v[gl_WorkGroupID.y * 3];
    first_of_order = Uint32s(args.tiles).v[gl_WorkGroupID.y * 3 + 1];
    rows_end = Uint32s(args.tiles).v[gl_WorkGroupID.y * 3 + 2];
    if (rows_end == 0) return;  // more workgroups than tiles: their number is not known when this is recorded
  }
  uint first_row = of_experts != 0 ? 0 : gl_WorkGroupID.y * tile_rows, first_column = gl_WorkGroupID.x * tile_columns;
  uint64_t batch = gl_WorkGroupID.z;
  uint64_t a = args.a + batch * args.m * args.k * size_of(a_type);
  uint64_t b_bytes = transposed != 0 ? args.n * row_bytes(args.k) : args.k * row_bytes(args.n);
  Weight b = Weight(args.b + batch * b_bytes, args.scales, args.biases, transposed != 0 ? args.k : args.n);

  uint slice = gl_SubgroupID / (warps_m * warps_n), warp = gl_SubgroupID % (warps_m * warps_n);
  uint warp_row = warp / warps_n * 16 * I, warp_column = warp % warps_n * 16 * J;

  MatrixSum c[I][J];
  [[unroll]] for (uint i = 0; i < I; ++i) {
    [[unroll]] for (uint j = 0; j < J; ++j) c[i][j] = zero_matrix();
  }
  uvec4 next_a[a_each * a_terms], next_b[b_each * b_terms];
  uint start = 0;  // of the buffer in use
  for (uint k0 = 0; k0 < args.k; k0 += depth) {
    if (k0 == 0) {
      [[unroll]] for (uint i = 0; i < a_each; ++i) {
        Terms terms = a_chunk(a, tid() + i * threads, first_row, 0);
        [[unroll]] for (uint t = 0; t < a_terms; ++t) next_a[i * a_terms + t] = terms.v[t];
      }
      [[unroll]] for (uint i = 0; i < b_each; ++i) {
        Terms terms = b_chunk(b, tid() + i * threads, first_column, 0);
        [[unroll]] for (uint t = 0; t < b_terms; ++t) next_b[i * b_terms + t] = terms.v[t];
      }
    }
    [[unroll]] for (uint i = 0; i < a_each; ++i) {
      uint chunk = tid() + i * threads;
      if (a_chunks % threads != 0 && chunk >= a_chunks) continue;
      [[unroll]] for (uint t = 0; t < a_terms; ++t) tiles[start + t * a_plane + a_place(chunk)] = next_a[i * a_terms + t];
    }
    [[unroll]] for (uint i = 0; i < b_each; ++i) {
      uint chunk = tid() + i * threads;
      if (b_chunks % threads != 0 && chunk >= b_chunks) continue;
      [[unroll]] for (uint t = 0; t < b_terms; ++t) tiles[start + t * b_plane + b_place(chunk)] = next_b[i * b_terms + t];
    }
    barrier();
    if (k0 + depth < args.k) {
      [[unroll]] for (uint i = 0; i < a_each; ++i) {
        Terms terms = a_chunk(a, tid() + i * threads, first_row, k0 + depth);
        [[unroll]] for (uint t = 0; t < a_terms; ++t) next_a[i * a_terms + t] = terms.v[t];
      }
      [[unroll]] for (uint i = 0; i < b_each; ++i) {
        Terms terms = b_chunk(b, tid() + i * threads, first_column, k0 + depth);
        [[unroll]] for (uint t = 0; t < b_terms; ++t) next_b[i * b_terms + t] = terms.v[t];
      }
    }
    [[unroll]] for (uint kk = 0; kk < slice_depth; kk += 16) {
      uint k8 = (slice * slice_depth + kk) / 8;
      [[unroll]] for (uint tb = 0; tb < b_terms; ++tb) {
        RightMatrix right[J];
        uint of_b = start + b_start + tb * b_plane;
        [[unroll]] for (uint j = 0; j < J; ++j) {
          if (transposed != 0) {
            load_matrix(right[j], of_b + (warp_column + j * 16) * b_stride + k8, b_stride, true);
          } else {
            load_matrix(right[j], of_b + k8 * 8 * b_stride + (warp_column + j * 16) / 8, b_stride, false);
          }
        }
        [[unroll]] for (uint ta = 0; ta < a_terms; ++ta) {
          if (ta + tb >= most_terms) continue;
          [[unroll]] for (uint i = 0; i < I; ++i) {
            LeftMatrix left;
            load_matrix(left, start + ta * a_plane + (warp_row + i * 16) * a_stride + k8, a_stride, false);
            [[unroll]] for (uint j = 0; j < J; ++j) {
              multiply_add(left, right[j], c[i][j]);
            }
          }
        }
      }
    }
    if (buffers == 1) barrier();
    else start = buffer_size - start;
  }
  [[unroll]] for (uint i = 0; i < I; ++i) {
    [[unroll]] for (uint j = 0; j < J; ++j) {
      store_matrix(c[i][j], gl_SubgroupID * 256, 16);
      if (slices > 1) barrier();
      else subgroupBarrier();
      if (slice == 0) finish_part(batch, first_row + warp_row + i * 16, first_column + warp_column + j * 16, warp);
      if (slices > 1) barrier();
      else subgroupBarrier();
    }
  }
}
