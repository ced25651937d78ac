// ggml's blocks of 256 weights, as they lie in a file: sub-blocks of 16 or 32 weights with small integer scales, and
// minima, under a float16 for each.
//
//   q2_k  16 bytes (scale | minimum << 4); 64 bytes of 2-bit codes; f16 d, dmin                               84 bytes
//   q3_k  32 bytes of third bits; 64 bytes of 2-bit codes; 12 bytes of 6-bit scales; f16 d                   110 bytes
//   q4_k  f16 d, dmin; 12 bytes of 6-bit scales and minima; 128 bytes of 4-bit codes                         144 bytes
//   q5_k  f16 d, dmin; 12 bytes as q4_k; 32 bytes of fifth bits; 128 bytes of 4-bit codes                    176 bytes
//   q6_k  128 bytes of 4-bit codes; 64 bytes of upper two bits; 16 signed bytes of scales; f16 d             210 bytes
//
// A unit is 32 weights, an eighth of a block. Of q4_k and q5_k it is 16 bytes of codes: their low halves are two chunks,
// their high halves the two chunks 32 further. Of the others it is the same 8 of 32 columns in the four rows of 32 that
// make half a block: a chunk for each row, since the rows share bytes.
const bool by_columns = format == q2_k || format == q3_k || format == q6_k;
const uint block_bytes = format == q2_k   ? 84
                         : format == q3_k ? 110
                         : format == q4_k ? 144
                         : format == q5_k ? 176
                                          : 210;

const uint unit = 32;
const uint chunks = 4;
const uint chunks_per_scale = by_columns ? 1 : 2;
const bool has_bias = true;
const bool in_place = false;
const float number_scale = 1.0;

struct Unit {
  uvec4 low;
  uvec4 high;
  uvec2 scales;  // by columns: the row's scale in byte 0 of each half word; else scales and minima, in bytes 0 and 1
  vec2 d;
};

void prepare_weights() {}

uint64_t row_bytes(uint k) { return uint64_t(k / 256) * block_bytes; }

Row row_of(Weight w, uint row) { return Row(w.codes + row * row_bytes(w.k), 0, 0); }

// Six bits each of the sub-blocks of half a block, out of 12 bytes.
uvec2 q3_k_scales(uvec2 low, uint high, uint half_block) {
  uvec2 upper = uvec2(high >> (4 * half_block), high >> (4 * half_block + 2)) & 0x03030303u;
  return (low >> (4 * half_block) & 0x0f0f0f0fu) | upper << 4;
}

// Scales and minima of sub-blocks 0 … 3 or 4 … 7.
uvec2 q4_k_scales(uvec3 packed, bool second) {
  if (!second) return packed.xy & 0x3f3f3f3fu;
  return (uvec2(packed.z, packed.z >> 4) & 0x0f0f0f0fu) | (packed.xy >> 2 & 0x30303030u);
}

Unit fetch_columns(uint64_t block, uint part) {
  Unit loaded;
  uint half_block = part / 4, column = part % 4 * 8;
  loaded.low = loaded.high = uvec4(0);
  if (format == q2_k) {  // whole words
    uint first = (16 + 32 * half_block + column) / 4;
    loaded.low.xy = uvec2(Words(block).v[first], Words(block).v[first + 1]);
    loaded.scales = uvec2(Words(block).v[2 * half_block], Words(block).v[2 * half_block + 1]);
    loaded.d = unpackHalf2x16(Words(block).v[20]);
  } else if (format == q3_k) {
    loaded.low.xy = words_at(block + 32 + 32 * half_block + column);
    loaded.high.xy = words_at(block + column) >> (4 * half_block);
    loaded.scales = q3_k_scales(words_at(block + 96), word_at(block + 104), half_block);
    loaded.d = vec2(half_at(block + 108), 0.0);
  } else {
    loaded.low.xy = words_at(block + 64 * half_block + column);
    loaded.low.zw = words_at(block + 64 * half_block + 32 + column);
    loaded.high.xy = words_at(block + 128 + 32 * half_block + column);
    loaded.scales = words_at(block + 192 + 8 * half_block);
    loaded.d = vec2(half_at(block + 208), 0.0);
  }
  loaded.scales >>= 8 * (column / 16);
  return loaded;
}

Unit fetch(Row row, uint u) {
  uint64_t block = row.codes + u / 8 * block_bytes;
  uint part = u % 8;
  if (by_columns) return fetch_columns(block, part);
  Unit loaded;  // blocks are whole uvec4
  uvec4 head = Uint4s(block).v[0];
  loaded.d = unpackHalf2x16(head.x);
  loaded.scales = q4_k_scales(head.yzw, part >= 4) >> (16 * (part / 2 % 2));
  loaded.low = Uint4s(block).v[(format == q5_k ? 3 : 1) + part];
  loaded.high = format == q5_k ? Uint4s(block).v[1 + part % 2] >> (part / 2 * 2) : uvec4(0);
  return loaded;
}

void decode(Unit loaded, uint chunk, out float values[8]) {
  uvec2 codes = chunk % 2 == 0 ? loaded.low.xy : loaded.low.zw;
  if (format == q2_k) {
    codes = loaded.low.xy >> (2 * chunk) & 0x03030303u;
  } else if (format == q3_k) {
    codes = (loaded.low.xy >> (2 * chunk) & 0x03030303u) | (loaded.high.xy >> chunk & 0x01010101u) << 2;
  } else {
    codes = codes >> (4 * (chunk / 2)) & 0x0f0f0f0fu;
    if (format == q5_k) {
      codes |= ((chunk % 2 == 0 ? loaded.high.xy : loaded.high.zw) >> (chunk / 2) & 0x01010101u) << 4;
    } else if (format == q6_k) {
      codes |= (loaded.high.xy >> (2 * chunk) & 0x03030303u) << 4;
    }
  }
  numbers_of(codes, values);
}

float inverse_position(uint j) { return 1.0; }

void scale_of(Unit loaded, uint chunk, out float scale, out float bias) {
  if (!by_columns) {
    uvec2 both = loaded.scales >> (8 * (chunk / 2)) & 0xffu;
    scale = loaded.d.x * float(both.x);
    bias = -loaded.d.y * float(both.y);
    return;
  }
  uint code = (chunk < 2 ? loaded.scales.x : loaded.scales.y) >> (16 * (chunk % 2)) & 0xffu;
  if (format == q2_k) {
    scale = loaded.d.x * float(code & 15);
    bias = -loaded.d.y * float(code >> 4);
  } else if (format == q3_k) {
    scale = loaded.d.x * (float(code) - 32.0);
    bias = -4.0 * scale;
  } else {
    scale = loaded.d.x * float(bitfieldExtract(int(code), 0, 8));
    bias = -32.0 * scale;
  }
}

uint place(uint u, uint chunk) {
  uint part = u % 8;
  if (by_columns) return u / 8 * 256 + part / 4 * 128 + part % 4 * 8 + chunk * 32;
  return u / 8 * 256 + part / 2 * 64 + part % 2 * 16 + chunk / 2 * 32 + chunk % 2 * 8;
}

void locate(uint i, out uint u, out uint chunk) {
  uint e = i % 32;
  if (by_columns) {
    u = i / 32 * 8 + e / 16 * 4 + e % 4;
    chunk = e / 4 % 4;
  } else {
    u = i / 32 * 8 + e / 8 * 2 + e / 2 % 2;
    chunk = e / 4 % 2 * 2 + e % 2;
  }
}

#include "formats/chunk_of_unit.glsl"

void load_weights(Weight w, uint row, uint i, out float values[8]) { load_chunk(w, row, i, values); }
