#version 460
#include "types.glsl"
#include "math.glsl"
#include "weights.glsl"
#include "engine/backend/vulkan/args/matmul_tile.args.h"

// A workgroup of 16 x 16 invocations computes a tile of 64 · row_quads rows and 64 columns; both factors pass through
// shared memory as float32, 32 steps of k at a time. Packed weights are unpacked on the way in.
layout(constant_id = 5) const uint a_type = 0;
layout(constant_id = 6) const uint transposed = 1;
layout(constant_id = 7) const uint row_quads = 1;  // 1 or 2
layout(constant_id = 8) const uint epilogue = 0;
layout(constant_id = 9) const uint y_type = 0;
layout(constant_id = 10) const uint e_type = 0;
layout(constant_id = 11) const uint a_vectors = 0;  // rows of a can be loaded 16 bytes at a time
layout(constant_id = 12) const uint gate_kind = 0;
layout(constant_id = 13) const uint of_experts = 0;
layout(constant_id = 14) const uint bias_type = 0;  // of experts
layout(local_size_x = 256) in;

const uint residual = 1, gate = 2;
const uint depth = 32;
const uint tile_rows = 64 * row_quads;
const uint a_stride = 16 * row_quads + 1;  // in vec4, padded against bank conflicts
const uint b_stride = 17;

shared vec4 a_tile[depth * a_stride];
shared vec4 b_tile[depth * b_stride];

// What this workgroup computes: rows below `rows_end`; of experts, those of a tile.
uint rows_end = 0;
uint first_of_order = 0;
uint expert = 0;

uint pair_of(uint row) { return Uint32s(args.order).v[first_of_order + row]; }

void zeros(out float values[8]) {
  [[unroll]] for (uint i = 0; i < 8; ++i) values[i] = 0.0;
}

// Eight elements of a row of a from `start`, zeros beyond.
void load_a_row(uint64_t a, uint row, uint start, out float values[8]) {
  bool inside = row < rows_end && start < args.k;
  uint place = of_experts != 0 && inside ? pair_of(row) / args.pairs_of_row : row;
  uint64_t from = a + uint64_t(place) * args.k * size_of(a_type);
  if (a_vectors != 0) {
    if (inside) load8(from, start, a_type, values);
    else zeros(values);
    return;
  }
  for (uint i = 0; i < 8; ++i) values[i] = inside && start + i < args.k ? load(from, start + i, a_type) : 0.0;
}

void load_a(uint64_t a, uint first_row, uint k0) {
  for (uint chunk = gl_LocalInvocationID.x; chunk < tile_rows * 4; chunk += 256) {
    uint row = chunk / 4, k = chunk % 4 * 8;
    float values[8];
    load_a_row(a, first_row + row, k0 + k, values);
    [[unroll]] for (uint i = 0; i < 8; ++i) a_tile[(k + i) * a_stride + row / 4][row % 4] = values[i];
  }
}

// Eight elements of row `row` of b as it is stored, zeros beyond.
void load_b_row(Weight b, uint row, uint rows, uint start, out float values[8]) {
  if (row < rows && start < b.k) load_weights(b, expert * rows + row, start / 8, values);
  else zeros(values);
}

void load_b(Weight b, uint first_column, uint k0) {
  float values[8];
  uint chunk = gl_LocalInvocationID.x;
  if (transposed != 0) {
    uint column = chunk / 4, k = chunk % 4 * 8;
    load_b_row(b, first_column + column, args.n, k0 + k, values);
    [[unroll]] for (uint i = 0; i < 8; ++i) b_tile[(k + i) * b_stride + column / 4][column % 4] = values[i];
  } else {
    uint k = chunk / 8, column = chunk % 8 * 8;
    load_b_row(b, k0 + k, args.k, first_column + column, values);
    b_tile[k * b_stride + column / 4] = vec4(values[0], values[1], values[2], values[3]);
    b_tile[k * b_stride + column / 4 + 1] = vec4(values[4], values[5], values[6], values[7]);
  }
}

void finish(uint64_t batch, uint row, uint column, vec4 values) {
  uint64_t first = (batch * args.m + (of_experts != 0 ? pair_of(row) : row)) * args.n;
  for (uint i = 0; i < 4 && column + i < args.n; ++i) {
    float value = values[i];
    if (of_experts != 0 && args.bias != 0) value += load(args.bias, expert * args.n + column + i, bias_type);
    if (epilogue != 0) {
      float other = load(args.e + first * size_of(e_type), column + i, e_type);
      value = epilogue == residual ? value + other : gated(gate_kind, other, value);
    }
    store(args.y + first * size_of(y_type), column + i, value, y_type);
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
  uint first_row = of_experts != 0 ? 0 : gl_WorkGroupID.y * tile_rows, first_column = gl_WorkGroupID.x * 64;
  uint64_t batch = gl_WorkGroupID.z;
  uint64_t a = args.a + batch * args.m * args.k * size_of(a_type);
  uint64_t b_bytes = transposed != 0 ? args.n * row_bytes(args.k) : args.k * row_bytes(args.n);
  Weight b = Weight(args.b + batch * b_bytes, args.scales, args.biases, transposed != 0 ? args.k : args.n);
  uint x = gl_LocalInvocationID.x % 16, y = gl_LocalInvocationID.x / 16;
  vec4 sums[2][4];
  [[unroll]] for (uint q = 0; q < 2; ++q) {
    [[unroll]] for (uint i = 0; i < 4; ++i) sums[q][i] = vec4(0.0);
  }
  for (uint k0 = 0; k0 < args.k; k0 += depth) {
    load_a(a, first_row, k0);
    load_b(b, first_column, k0);
    barrier();
    for (uint k = 0; k < depth; ++k) {
      vec4 right = b_tile[k * b_stride + x];
      [[unroll]] for (uint q = 0; q < row_quads; ++q) {
        vec4 left = a_tile[k * a_stride + q * 16 + y];
        [[unroll]] for (uint i = 0; i < 4; ++i) sums[q][i] = fma(vec4(left[i]), right, sums[q][i]);
      }
    }
    barrier();
  }
  [[unroll]] for (uint q = 0; q < row_quads; ++q) {
    [[unroll]] for (uint i = 0; i < 4; ++i) {
      uint row = first_row + (q * 16 + y) * 4 + i;
      if (row < rows_end) finish(batch, row, first_column + x * 4, sums[q][i]);
    }
  }
}
