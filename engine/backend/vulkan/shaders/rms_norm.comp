#version 460
#include "types.glsl"
#include "reduce.glsl"
#include "engine/backend/vulkan/args/rows.args.h"

layout(constant_id = 0) const uint type = 0;
layout(constant_id = 1) const uint weight_type = 0;
layout(constant_id = 2) const uint vectors = 0;  // n is a multiple of 4
layout(local_size_x_id = 3) in;

const uint threads = gl_WorkGroupSize.x;

void main() {
  for (uint row = gl_WorkGroupID.x; row < args.rows; row += gl_NumWorkGroups.x) {
    uint64_t offset = uint64_t(row) * args.n * size_of(type);
    uint64_t x = args.x + offset, y = args.y + offset;
    float squares = 0.0;
    if (vectors != 0) {
      for (uint i = gl_LocalInvocationID.x * 4; i < args.n; i += threads * 4) {
        vec4 values = load4(x, i, type);
        squares += dot(values, values);
      }
    } else {
      for (uint i = gl_LocalInvocationID.x; i < args.n; i += threads) {
        float value = load(x, i, type);
        squares += value * value;
      }
    }
    float scale = inversesqrt(workgroup_sum(squares) / float(args.n) + args.eps);
    if (vectors != 0) {
      for (uint i = gl_LocalInvocationID.x * 4; i < args.n; i += threads * 4) {
        vec4 values = load4(x, i, type) * scale * load4(args.weight, i, weight_type);
        [[unroll]] for (uint j = 0; j < 4; ++j) store(y, i + j, values[j], type);
      }
    } else {
      for (uint i = gl_LocalInvocationID.x; i < args.n; i += threads) {
        store(y, i, load(x, i, type) * scale * load(args.weight, i, weight_type), type);
      }
    }
  }
}
