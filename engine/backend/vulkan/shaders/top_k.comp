#version 460
#include "types.glsl"
#include "reduce.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/top_k.args.h"

// A workgroup picks the largest element of its row that comes after the one picked last, k times: nothing is moved.
// Rows of scores are short, so all rounds read them from the cache.
layout(constant_id = 0) const uint type = 0;
layout(local_size_x_id = 1) in;
layout(constant_id = 2) const uint weights = 0;  // y is the softmax of what is picked, not the places

shared float exponentials[1024];

const uint none = 0xffffffffu;

float value_at(uint64_t row, uint place) {
  float value = load(row, place, type);
  bool unordered = (floatBitsToUint(value) & 0x7fffffffu) > 0x7f800000u;
  return unordered ? -infinity() : value;
}

void main() {
  for (uint row = gl_WorkGroupID.x; row < args.rows; row += gl_NumWorkGroups.x) {
    uint64_t x = args.x + uint64_t(row) * args.n * size_of(type);
    float last = infinity();
    uint last_place = none;  // nothing was picked yet: every place comes after
    float largest = 0.0, total = 0.0;
    for (uint round = 0; round < args.k; ++round) {
      float best = -infinity();
      uint place = none;
      for (uint i = gl_LocalInvocationID.x; i < args.n; i += gl_WorkGroupSize.x) {
        float value = value_at(x, i);
        bool after = value < last || (value == last && (last_place == none || i > last_place));
        if (after && (value > best || place == none)) {
          best = value;
          place = i;
        }
      }
      last = workgroup_max(best);
      last_place = workgroup_min(best == last ? place : none);
      if (round == 0) largest = last;
      float exponential = exp(last - largest);
      total += exponential;
      if (gl_LocalInvocationID.x != 0) continue;
      if (weights != 0) exponentials[round] = exponential;
      else Uint32s(args.y).v[row * args.k + round] = min(last_place, args.n - 1);
    }
    if (weights == 0) continue;
    barrier();
    for (uint i = gl_LocalInvocationID.x; i < args.k; i += gl_WorkGroupSize.x) {
      store(args.y, row * args.k + i, exponentials[i] / total, type);
    }
    barrier();  // before the next row's are written
  }
}
