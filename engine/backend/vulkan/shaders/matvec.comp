#version 460
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#include "types.glsl"
#include "math.glsl"
#include "weights.glsl"
#include "engine/backend/vulkan/args/matvec.args.h"

// A subgroup computes `rows` rows of the weight (half of them gate, half up, with a gate) against `columns` rows of x.
// Lanes share a row: neighbours load neighbouring 16 bytes, straight from the packed row, `unroll` times before the
// first is used. No shared memory and no barrier: x comes through the cache, once for all rows of the subgroup.
layout(constant_id = 0) const uint type = 0;  // of x, y and e
layout(constant_id = 1) const uint format = 0;
layout(constant_id = 2) const uint scale_type = 0;
layout(constant_id = 3) const uint group = 64;
layout(constant_id = 4) const uint rows = 4;
layout(constant_id = 5) const uint columns = 1;
layout(constant_id = 6) const uint unroll = 2;
layout(constant_id = 7) const uint epilogue = 0;
layout(local_size_x_id = 8) in;
layout(constant_id = 9) const uint bits = 4;  // 4 or 8
layout(constant_id = 10) const uint gate_kind = 0;
layout(constant_id = 11) const uint of_experts = 0;
layout(constant_id = 12) const uint bias_type = 0;

const uint none = 0, residual = 1, gate = 2;
const uint max_rows = 4, max_columns = 8, max_unroll = 4;

const uint unit = format == affine ? 128 / bits : 8;  // weights that a lane takes at once
const uint chunks = unit / 8;
const uint rows_of_each = epilogue == gate ? rows / 2 : rows;

uvec4 low[max_rows][max_unroll];
uvec4 high[max_rows][max_unroll];  // float32 needs two loads for its eight weights
float scale[max_rows][max_unroll];
float bias[max_rows][max_unroll];
float sums[max_rows][max_columns];

uint pair = 0;  // of a token and one of its experts
uint expert = 0;

uint64_t row_bytes() {
  return uint64_t(args.k) * (format == affine ? bits : format == float32 ? 32 : 16) / 8;
}

void fetch(uint first_row, uint first_unit, uint units) {
  [[unroll]] for (uint r = 0; r < rows; ++r) {
    uint matrix = r / rows_of_each;
    uint row = expert * args.n + min(first_row + r % rows_of_each, args.n - 1);
    uint64_t base = args.weight[matrix] + row * row_bytes();
    [[unroll]] for (uint j = 0; j < unroll; ++j) {
      uint u = min(first_unit + j * gl_SubgroupSize, units - 1);
      if (format == float32) {
        low[r][j] = Uint4s(base).v[2 * u];
        high[r][j] = Uint4s(base).v[2 * u + 1];
      } else {
        low[r][j] = Uint4s(base).v[u];
      }
      if (format == affine) {
        uint64_t groups = uint64_t(row) * (args.k / group) * size_of(scale_type);
        scale[r][j] = load(args.scales[matrix] + groups, u * unit / group, scale_type);
        bias[r][j] = load(args.biases[matrix] + groups, u * unit / group, scale_type);
      }
    }
  }
}

void expand(uint r, uint j, uint chunk, out float values[8]) {
  uvec4 words = low[r][j];
  if (format == affine) {
    if (bits == 4) codes_in_place(bits, uvec2(words[chunk], 0), values);
    else codes_in_place(bits, chunk == 0 ? words.xy : words.zw, values);
  } else {
    [[unroll]] for (uint i = 0; i < 4; ++i) {
      if (format == float32) {
        values[i] = uintBitsToFloat(words[i]);
        values[i + 4] = uintBitsToFloat(high[r][j][i]);
      } else {
        vec2 pair = unpack2(words[i], format);
        values[2 * i] = pair.x;
        values[2 * i + 1] = pair.y;
      }
    }
  }
}

void accumulate(uint u, uint j) {
  float products[max_rows][max_columns];
  float x_sums[max_columns];
  [[unroll]] for (uint c = 0; c < columns; ++c) {
    x_sums[c] = 0.0;
    [[unroll]] for (uint r = 0; r < rows; ++r) products[r][c] = 0.0;
  }
  [[unroll]] for (uint chunk = 0; chunk < chunks; ++chunk) {
    float w[max_rows][8];
    [[unroll]] for (uint r = 0; r < rows; ++r) expand(r, j, chunk, w[r]);
    [[unroll]] for (uint c = 0; c < columns; ++c) {
      float x[8];
      load8(args.x + uint64_t(c + (of_experts != 0 ? pair / args.pairs_of_row : 0)) * args.k * size_of(type), u * unit + chunk * 8, type, x);
      if (format == affine) {
        [[unroll]] for (uint i = 0; i < 8; ++i) {
          x_sums[c] += x[i];
          x[i] *= inverse_code_position(bits, i);
        }
      }
      [[unroll]] for (uint r = 0; r < rows; ++r) {
        [[unroll]] for (uint i = 0; i < 8; ++i) products[r][c] = fma(w[r][i], x[i], products[r][c]);
      }
    }
  }
  [[unroll]] for (uint r = 0; r < rows; ++r) {
    [[unroll]] for (uint c = 0; c < columns; ++c) {
      if (format == affine) sums[r][c] += scale[r][j] * products[r][c] + bias[r][j] * x_sums[c];
      else sums[r][c] += products[r][c];
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
  uint first_row = (gl_WorkGroupID.x * gl_NumSubgroups + gl_SubgroupID) * rows_of_each;
  if (first_row >= args.n) return;
  if (of_experts != 0) {
    pair = gl_WorkGroupID.y;
    expert = uint(clamp(Int32s(args.indices).v[pair], 0, int(args.experts) - 1));
  }
  [[unroll]] for (uint r = 0; r < rows; ++r) {
    [[unroll]] for (uint c = 0; c < columns; ++c) sums[r][c] = 0.0;
  }
  uint units = args.k / unit;
  // The same number of rounds for all lanes keeps the loop uniform; lanes beyond the row skip the arithmetic.
  for (uint start = 0; start < units; start += gl_SubgroupSize * unroll) {
    uint u = start + gl_SubgroupInvocationID;
    fetch(first_row, u, units);
    [[unroll]] for (uint j = 0; j < unroll; ++j) {
      if (u + j * gl_SubgroupSize < units) accumulate(u + j * gl_SubgroupSize, j);
    }
  }
  [[unroll]] for (uint r = 0; r < rows_of_each; ++r) finish(first_row + r, r);
}
