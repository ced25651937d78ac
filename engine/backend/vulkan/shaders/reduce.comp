#version 460
#include "types.glsl"
#include "reduce.glsl"
#include "math.glsl"
#include "engine/backend/vulkan/args/reduce.args.h"

layout(constant_id = 0) const uint kind = 0;  // etna::ReduceKind
layout(constant_id = 1) const uint type = 0;
layout(local_size_x = 256) in;

const uint sum = 0, maximum = 1, minimum = 2, argmax = 3;

uint first_of(uint row) {
  uint rest = row, x = 0;
  for (int axis = int(args.rank) - 1; axis >= 0; --axis) {
    uint next = rest / args.shape[axis];
    x += (rest - next * args.shape[axis]) * args.strides[axis];
    rest = next;
  }
  return x;
}

void reduce_floats_of(uint row, uint first) {
  float best = kind == sum ? 0.0 : -infinity();
  uint place = 0xffffffffu;
  for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) {
    float value = load(args.x, first + i * args.stride, type);
    if (kind == sum) {
      best += value;
    } else if (kind == argmax) {
      if (value > best || place == 0xffffffffu) place = i;
      best = max(best, value);
    } else {
      best = max(best, kind == minimum ? -value : value);
    }
  }
  float all = kind == sum ? workgroup_sum(best) : workgroup_max(best);
  if (kind == argmax) place = workgroup_min(best == all ? place : 0xffffffffu);
  if (gl_LocalInvocationID.x != 0) return;
  if (kind == argmax) Uint32s(args.y).v[row] = place == 0xffffffffu ? 0 : place;
  else store(args.y, row, kind == minimum ? -all : all, type);
}

// Order of signed numbers in unsigned ones, largest first, so that one workgroup_min serves all kinds.
uint descending(int value) { return ~(uint(value) ^ 0x80000000u); }

void reduce_integers_of(uint row, uint first) {
  uint total = 0, best = 0xffffffffu, place = 0xffffffffu;
  for (uint i = gl_LocalInvocationID.x; i < args.n; i += 256) {
    int value = Int32s(args.x).v[first + i * args.stride];
    total += uint(value);
    uint key = kind == minimum ? ~descending(value) : descending(value);
    if (key < best || place == 0xffffffffu) {
      best = key;
      place = i;
    }
  }
  if (kind == sum) total = workgroup_sum(total);
  uint all = workgroup_min(best);
  place = workgroup_min(best == all ? place : 0xffffffffu);
  if (gl_LocalInvocationID.x != 0) return;
  if (kind == minimum) all = ~all;
  uint value = ~all ^ 0x80000000u;
  Uint32s(args.y).v[row] = kind == sum ? total : kind == argmax ? place : value;
}

void main() {
  for (uint row = gl_WorkGroupID.x; row < args.rows; row += gl_NumWorkGroups.x) {
    if (is_floating(type)) reduce_floats_of(row, first_of(row));
    else reduce_integers_of(row, first_of(row));
  }
}
