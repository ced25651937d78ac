#version 460
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#include "types.glsl"
#include "math.glsl"
#include "weights.glsl"
#include "engine/backend/vulkan/args/matvec.args.h"

// A subgroup computes `rows` rows of the weight (half of them gate, half up, with a gate) against `columns` rows of x.
// Lanes share a row: neighbours load neighbouring units of the packed row, `unroll` times before the first is used. No
// shared memory and no barrier: x comes through the cache, once for all rows of the subgroup.
layout(constant_id = 5) const uint type = 0;  // of x, y and e
layout(constant_id = 6) const uint rows = 4;
layout(constant_id = 7) const uint columns = 1;
layout(constant_id = 8) const uint unroll = 2;
layout(constant_id = 9) const uint epilogue = 0;
layout(local_size_x_id = 10) in;
layout(constant_id = 11) const uint gate_kind = 0;
layout(constant_id = 12) const uint of_experts = 0;
layout(constant_id = 13) const uint bias_type = 0;  // of experts

const uint none = 0, residual = 1, gate = 2;
const uint max_rows = 4, max_columns = 8, max_unroll = 4;
const uint rows_of_each = epilogue == gate ? rows / 2 : rows;

Unit units[max_rows][max_unroll];
float sums[max_rows][max_columns];
uint pair = 0;    // of a token and one of its experts
uint expert = 0;

void fetch_units(uint first_row, uint first_unit, uint count) {
  [[unroll]] for (uint r = 0; r < rows; ++r) {
    uint matrix = r / rows_of_each;
    Weight weight = Weight(args.weight[matrix], args.scales[matrix], args.biases[matrix], args.k);
    Row row = row_of(weight, expert * args.n + min(first_row + r % rows_of_each, args.n - 1));
    [[unroll]] for (uint j = 0; j < unroll; ++j) {
      units[r][j] = fetch(row, min(first_unit + j * gl_SubgroupSize, count - 1));
    }
  }
}

void accumulate(uint u, uint j) {
  uint first_x_row = of_experts != 0 ? pair / args.pairs_of_row : 0;
  float products[max_rows][max_columns];
  float x_sums[max_columns];
  [[unroll]] for (uint chunk = 0; chunk < chunks; ++chunk) {
    if (chunk % chunks_per_scale == 0) {
      [[unroll]] for (uint c = 0; c < columns; ++c) {
        x_sums[c] = 0.0;
        [[unroll]] for (uint r = 0; r < rows; ++r) products[r][c] = 0.0;
      }
    }
    float w[max_rows][8];
    [[unroll]] for (uint r = 0; r < rows; ++r) decode(units[r][j], chunk, w[r]);
    [[unroll]] for (uint c = 0; c < columns; ++c) {
      float x[8];
      load8(args.x + uint64_t(c + first_x_row) * args.k * size_of(type), place(u, chunk), type, x);
      [[unroll]] for (uint i = 0; i < 8; ++i) {
        if (has_bias) x_sums[c] += x[i];
        if (in_place) x[i] *= inverse_position(i);
      }
      [[unroll]] for (uint r = 0; r < rows; ++r) {
        [[unroll]] for (uint i = 0; i < 8; ++i) products[r][c] = fma(w[r][i], x[i], products[r][c]);
      }
    }
    if (chunk % chunks_per_scale != chunks_per_scale - 1) continue;
    [[unroll]] for (uint r = 0; r < rows; ++r) {
      float scale, bias;
      scale_of(units[r][j], chunk, scale, bias);
      [[unroll]] for (uint c = 0; c < columns; ++c) {
        sums[r][c] += scale * (number_scale * products[r][c]) + (has_bias ? bias * x_sums[c] : 0.0);
      }
    }
  }
}

float biased(float value, uint matrix, uint row) {
  if (of_experts == 0 || args.bias[matrix] == 0 || row >= args.n) return value;
  return value + load(args.bias[matrix], expert * args.n + row, bias_type);
}

void finish(uint row, uint r) {
  [[unroll]] for (uint c = 0; c < columns; ++c) {
    float value = biased(subgroupAdd(sums[r][c]), 0, row);
    if (epilogue == gate) value = gated(gate_kind, value, biased(subgroupAdd(sums[r + rows_of_each][c]), 1, row));
    uint index = (c + pair) * args.n + row;
    if (gl_SubgroupInvocationID == 0 && row < args.n) {
      if (epilogue == residual) value += load(args.e, index, type);
      store(args.y, index, value, type);
    }
  }
}

void main() {
  prepare_weights();
  uint first_row = (gl_WorkGroupID.x * gl_NumSubgroups + gl_SubgroupID) * rows_of_each;
  if (first_row >= args.n) return;
  if (of_experts != 0) {
    pair = gl_WorkGroupID.y;
    expert = uint(clamp(Int32s(args.indices).v[pair], 0, int(args.experts) - 1));
  }
  [[unroll]] for (uint r = 0; r < rows; ++r) {
    [[unroll]] for (uint c = 0; c < columns; ++c) sums[r][c] = 0.0;
  }
  uint count = args.k / unit;
  // The same number of rounds for all lanes keeps the loop uniform; lanes beyond the row skip the arithmetic.
  for (uint start = 0; start < count; start += gl_SubgroupSize * unroll) {
    uint u = start + gl_SubgroupInvocationID;
    fetch_units(first_row, u, count);
    [[unroll]] for (uint j = 0; j < unroll; ++j) {
      if (u + j * gl_SubgroupSize < count) accumulate(u + j * gl_SubgroupSize, j);
    }
  }
  [[unroll]] for (uint r = 0; r < rows_of_each; ++r) finish(first_row + r, r);
}
