// Weights, plain or packed. WEIGHTS chooses a family of formats; a family's file says how its formats lie in memory.
//
// A lane of the matrix-vector kernel takes a unit of a row at once: what it loads with few instructions, in such an order
// that neighbouring lanes read neighbouring bytes. A unit is some chunks of eight weights that lie side by side in the
// row; chunks of one unit may lie apart, since many formats put far elements into one byte. A family has
//
//   unit, chunks, chunks_per_scale   constants: weights and chunks of a unit, chunks that share scale and bias
//   has_bias, in_place, number_scale constants: see decode and scale_of
//   Unit fetch(Row, u)               loads unit u
//   decode(Unit, chunk, values)      eight numbers; weight = number · number_scale · scale + bias. With `in_place` number
//                                    j is a power of two too large: inverse_position(j) is its inverse
//   scale_of(Unit, chunk, …)
//   place(u, chunk)                  the chunk's first element in the row
//   load_weights(Weight, row, i, …)  weights 8i … 8i + 7 of a row; what is beyond it is 0
//   row_bytes(k), prepare_weights()  the latter is called once by all invocations of a workgroup
#define PLAIN 0
#define AFFINE 1
#define FLOATS 2
#define BLOCKS 3
#define K_BLOCKS 4

layout(constant_id = 0) const uint format = 0;
layout(constant_id = 1) const uint scale_type = 0;
layout(constant_id = 2) const uint group = 64;       // weights that share a scale
layout(constant_id = 3) const uint bits = 4;         // of affine codes
layout(constant_id = 4) const bool whole_chunks = true;  // rows are whole chunks, and so are groups

// As etna::vulkan::WeightFormat; below are float32, float16 and bfloat16.
const uint affine = 3, mxfp4 = 4, mxfp8 = 5, nvfp4 = 6, fp8_e4m3 = 7;
const uint q4_0 = 8, q4_1 = 9, q5_0 = 10, q5_1 = 11, q8_0 = 12;
const uint q2_k = 13, q3_k = 14, q4_k = 15, q5_k = 16, q6_k = 17;
const uint iq4_nl = 18, ggml_mxfp4 = 19;

layout(buffer_reference, scalar, buffer_reference_align = 4) restrict readonly buffer Words { uint v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 1) restrict readonly buffer Bytes { uint8_t v[]; };

// A matrix (n, k) by the addresses of its arrays.
struct Weight {
  uint64_t codes;
  uint64_t scales;
  uint64_t biases;
  uint k;
};

struct Row {
  uint64_t codes;
  uint64_t scales;
  uint64_t biases;
};

uint byte_at(uint64_t address) { return uint(Bytes(address).v[0]); }

float half_at(uint64_t address) { return float(Float16s(address).v[0]); }

// Words at an address of any alignment, out of the aligned words that hold them: no byte of another word is touched.
uint word_at(uint64_t address) {
  Words words = Words(address & ~uint64_t(3));
  uint skipped = uint(address) & 3;
  uint64_t both = packUint2x32(uvec2(words.v[0], words.v[skipped == 0 ? 0 : 1]));
  return uint(both >> (8 * skipped));
}

uvec2 words_at(uint64_t address) {
  Words words = Words(address & ~uint64_t(3));
  uint skipped = uint(address) & 3;
  uint middle = words.v[1];
  uint64_t low = packUint2x32(uvec2(words.v[0], middle));
  uint64_t high = packUint2x32(uvec2(middle, words.v[skipped == 0 ? 1 : 2]));
  return uvec2(uint(low >> (8 * skipped)), uint(high >> (8 * skipped)));
}

// Four codes in the bytes of each word, as numbers.
void numbers_of(uvec2 codes, out float values[8]) {
  [[unroll]] for (uint j = 0; j < 8; ++j) values[j] = float((codes[j / 4] >> (8 * (j % 4))) & 0xffu);
}

void signed_numbers_of(uvec2 codes, out float values[8]) {
  [[unroll]] for (uint j = 0; j < 8; ++j) values[j] = float(bitfieldExtract(int(codes[j / 4]), int(8 * (j % 4)), 8));
}

#if WEIGHTS == PLAIN
#include "formats/plain.glsl"
#elif WEIGHTS == AFFINE
#include "formats/affine.glsl"
#elif WEIGHTS == FLOATS
#include "formats/floats.glsl"
#elif WEIGHTS == BLOCKS
#include "formats/blocks.glsl"
#else
#include "formats/k_blocks.glsl"
#endif
