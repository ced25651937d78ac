#version 460
#include "types.glsl"
#include "engine/backend/vulkan/args/expert_groups.args.h"

// Counting sort by one workgroup. Pairs of one expert come in no certain order: each is a row of its own in what
// follows, so results do not depend on it.
layout(local_size_x = 256) in;

shared uint places[1024];  // counts by expert, then the next place of each
shared uint tile_count;

uint expert_of(uint pair) { return uint(clamp(Int32s(args.indices).v[pair], 0, int(args.experts) - 1)); }

void write_tile(uint tile, uint expert, uint first, uint count) {
  Uint32s(args.tiles).v[tile * 3] = expert;
  Uint32s(args.tiles).v[tile * 3 + 1] = first;
  Uint32s(args.tiles).v[tile * 3 + 2] = count;
}

void cut_into_tiles() {
  uint place = 0, tile = 0;
  for (uint expert = 0; expert < args.experts; ++expert) {
    uint end = place + places[expert];
    places[expert] = place;
    for (; place < end; ++tile) {
      uint count = min(args.tile_rows, end - place);
      write_tile(tile, expert, place, count);
      place += count;
    }
  }
  tile_count = tile;
}

void main() {
  for (uint i = gl_LocalInvocationID.x; i < args.experts; i += 256) places[i] = 0;
  barrier();
  for (uint pair = gl_LocalInvocationID.x; pair < args.pairs; pair += 256) atomicAdd(places[expert_of(pair)], 1);
  barrier();
  if (gl_LocalInvocationID.x == 0) cut_into_tiles();
  barrier();
  for (uint i = tile_count + gl_LocalInvocationID.x; i < args.tile_limit; i += 256) write_tile(i, 0, 0, 0);
  for (uint pair = gl_LocalInvocationID.x; pair < args.pairs; pair += 256) {
    Uint32s(args.order).v[atomicAdd(places[expert_of(pair)], 1)] = pair;
  }
}
