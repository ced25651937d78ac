#version 460
#include "types.glsl"
#include "engine/backend/vulkan/args/ring_write.args.h"

layout(local_size_x = 64) in;  // whole subgroups, as everywhere

void main() {
  if (gl_LocalInvocationID.x != 0) return;
  int size = int(args.size);
  int place = Int32s(args.position).v[0] % size;
  Int32s(args.ring).v[uint(place < 0 ? place + size : place) * args.stride] = Int32s(args.value).v[0];
}
