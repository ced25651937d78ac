// ggml's blocks of 32 weights, as they lie in a file: no block is aligned to more than two bytes (MXFP4: one).
//
//   q4_0, iq4_nl  f16 d; 16 bytes, low halves are elements 0 … 15, high ones 16 … 31
//   q4_1          f16 d, m; 16 bytes. With a minimum, blocks are whole words
//   q5_0, q5_1    as q4_*, with a word of fifth bits (bit j: element j) before the bytes
//   q8_0          f16 d; 32 signed bytes
//   ggml_mxfp4    e8m0 d; 16 bytes of e2m1
//
// A unit is eight bytes of codes: half a block, of q8_0 a quarter. Its chunks are the low and the high halves.
#include "formats/small_floats.glsl"

const bool with_minimum = format == q4_1 || format == q5_1;
const bool five_bits = format == q5_0 || format == q5_1;
const uint codes_at = format == ggml_mxfp4 ? 1 : (with_minimum ? 4 : 2) + (five_bits ? 4 : 0);
const uint block_bytes = codes_at + (format == q8_0 ? 32 : 16);
const uint units_of_block = format == q8_0 ? 4 : 2;

const uint unit = 32 / units_of_block;
const uint chunks = unit / 8;
const uint chunks_per_scale = chunks;
const bool has_bias = with_minimum || format == q4_0 || format == q5_0;
const bool in_place = false;
const float number_scale = format == ggml_mxfp4 ? 2.0 * e2m1_scale : 1.0;

struct Unit {
  uvec2 codes;
  uint fifth;  // bits of chunk 0, then of chunk 1
  float scale;
  float bias;
};

shared float iq4_table[16];

void prepare_weights() {
  if (format != iq4_nl) return;
  const uint values[4] = {0xbfad9881u, 0xf6eaddcfu, 0x26190d01u, 0x71594535u};  // signed bytes
  uint i = gl_LocalInvocationIndex;
  if (i < 16) iq4_table[i] = float(bitfieldExtract(int(values[i / 4]), int(8 * (i % 4)), 8));
  barrier();
}

uint64_t row_bytes(uint k) { return uint64_t(k / 32) * block_bytes; }

Row row_of(Weight w, uint row) { return Row(w.codes + row * row_bytes(w.k), 0, 0); }

Unit fetch(Row row, uint u) {
  Unit loaded;
  uint part = u % units_of_block;
  uint64_t block = row.codes + u / units_of_block * block_bytes;
  uint64_t codes = block + codes_at + 8 * part;
  loaded.codes = with_minimum ? uvec2(Words(codes).v[0], Words(codes).v[1]) : words_at(codes);
  loaded.fifth = 0;
  if (five_bits) {
    uint64_t bytes = block + codes_at - 4 + part;
    loaded.fifth = byte_at(bytes) | byte_at(bytes + 2) << 8;
  }
  loaded.bias = 0.0;
  if (with_minimum) {
    vec2 both = unpackHalf2x16(Words(block).v[0]);
    loaded.scale = both.x;
    loaded.bias = both.y;
  } else if (format == ggml_mxfp4) {
    loaded.scale = half_e8m0(byte_at(block));
  } else {
    loaded.scale = half_at(block);
  }
  return loaded;
}

// Bits 0 … 3 to the lowest bits of four bytes.
uint spread(uint four) { return four * 0x00204081u & 0x01010101u; }

void decode(Unit loaded, uint chunk, out float values[8]) {
  if (format == q8_0) {
    signed_numbers_of(loaded.codes, values);
    return;
  }
  uvec2 codes = (loaded.codes >> (4 * chunk)) & 0x0f0f0f0fu;
  if (five_bits) {
    uint fifth = loaded.fifth >> (8 * chunk);
    codes |= uvec2(spread(fifth & 15), spread(fifth >> 4 & 15)) << 4;
  }
  if (format == iq4_nl) {
    [[unroll]] for (uint j = 0; j < 8; ++j) values[j] = iq4_table[(codes[j / 4] >> (8 * (j % 4))) & 15];
  } else if (format == ggml_mxfp4) {
    e2m1_numbers(codes, values);
  } else {
    numbers_of(codes, values);
  }
}

float inverse_position(uint j) { return 1.0; }

void scale_of(Unit loaded, uint chunk, out float scale, out float bias) {
  scale = loaded.scale;
  bias = format == q4_0 ? -8.0 * scale : format == q5_0 ? -16.0 * scale : loaded.bias;
}

uint place(uint u, uint chunk) {
  if (format == q8_0) return 8 * u;
  return u / 2 * 32 + u % 2 * 8 + 16 * chunk;
}

void locate(uint i, out uint u, out uint chunk) {
  u = format == q8_0 ? i : i / 4 * 2 + i % 2;
  chunk = format == q8_0 ? 0 : i / 2 % 2;
}

#include "formats/chunk_of_unit.glsl"

void load_weights(Weight w, uint row, uint i, out float values[8]) { load_chunk(w, row, i, values); }
