#version 460
#include "types.glsl"
#include "reduce.glsl"
#include "engine/backend/vulkan/args/rows.args.h"

// A workgroup normalizes a row: by its root mean square, or first centred on its mean.
layout(constant_id = 0) const uint type = 0;
layout(constant_id = 1) const uint weight_type = 0;
layout(constant_id = 2) const uint vectors = 0;  // n is a multiple of 4
layout(local_size_x_id = 3) in;
layout(constant_id = 4) const uint centred = 0;
layout(constant_id = 5) const uint weighted = 1;
layout(constant_id = 6) const uint biased = 0;
layout(constant_id = 7) const uint bias_type = 0;

const uint threads = gl_WorkGroupSize.x;

float sum_of_row(uint64_t x) {
  float sum = 0.0;
  if (vectors != 0) {
    for (uint i = gl_LocalInvocationID.x * 4; i < args.n; i += threads * 4) sum += dot(load4(x, i, type), vec4(1.0));
  } else {
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += threads) sum += load(x, i, type);
  }
  return workgroup_sum(sum);
}

float squares_of_row(uint64_t x, float mean) {
  float squares = 0.0;
  if (vectors != 0) {
    for (uint i = gl_LocalInvocationID.x * 4; i < args.n; i += threads * 4) {
      vec4 values = load4(x, i, type) - mean;
      squares += dot(values, values);
    }
  } else {
    for (uint i = gl_LocalInvocationID.x; i < args.n; i += threads) {
      float value = load(x, i, type) - mean;
      squares += value * value;
    }
  }
  return workgroup_sum(squares);
}

void main() {
  for (uint row = gl_WorkGroupID.x; row < args.rows; row += gl_NumWorkGroups.x) {
    uint64_t offset = uint64_t(row) * args.n * size_of(type);
    uint64_t x = args.x + offset, y = args.y + offset;
    float mean = centred != 0 ? sum_of_row(x) / float(args.n) : 0.0;
    float scale = inversesqrt(squares_of_row(x, mean) / float(args.n) + args.eps);
    if (vectors != 0) {
      for (uint i = gl_LocalInvocationID.x * 4; i < args.n; i += threads * 4) {
        vec4 values = (load4(x, i, type) - mean) * scale;
        if (weighted != 0) values *= load4(args.weight, i, weight_type) + args.weight_offset;
        if (biased != 0) values += load4(args.bias, i, bias_type);
        [[unroll]] for (uint j = 0; j < 4; ++j) store(y, i + j, values[j], type);
      }
    } else {
      for (uint i = gl_LocalInvocationID.x; i < args.n; i += threads) {
        float value = (load(x, i, type) - mean) * scale;
        if (weighted != 0) value *= load(args.weight, i, weight_type) + args.weight_offset;
        if (biased != 0) value += load(args.bias, i, bias_type);
        store(y, i, value, type);
      }
    }
  }
}
