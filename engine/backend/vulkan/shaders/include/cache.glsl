// KV caches, as etna::CacheLayout: where a position's row lies, and rows of packed codes.

// The place of a position in a ring whose first `keep` places stay.
uint ring_place(uint position, uint places, uint keep) {
  return position < keep ? position : keep + (position - keep) % (places - keep);
}

// Scale and bias of the group that value `d` of a packed row of `dimensions` values belongs to.
vec2 packed_scaling(uint64_t row, uint d, uint dimensions, uint bits, uint group_size) {
  return unpackHalf2x16(Uint32s(row).v[dimensions * bits / 32 + d / group_size]);
}

float load_packed(uint64_t row, uint d, uint dimensions, uint bits, uint group_size) {
  uint code = Uint32s(row).v[d * bits / 32] >> d * bits % 32 & ((1u << bits) - 1u);
  vec2 scaling = packed_scaling(row, d, dimensions, bits, group_size);
  return fma(float(code), scaling.x, scaling.y);
}

// Eight values from value d, a multiple of 8.
void load8_packed(uint64_t row, uint d, uint dimensions, uint bits, uint group_size, out float values[8]) {
  vec2 scaling = packed_scaling(row, d, dimensions, bits, group_size);
  uint low = Uint32s(row).v[d * bits / 32];
  uint high = bits == 8 ? Uint32s(row).v[d / 4 + 1] : 0;
  [[unroll]] for (uint j = 0; j < 8; ++j) {
    uint code = bits == 4 ? low >> 4 * j & 0xfu : (j < 4 ? low : high) >> 8 * (j % 4) & 0xffu;
    values[j] = fma(float(code), scaling.x, scaling.y);
  }
}
