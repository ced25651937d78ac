// Weight formats, as etna::vulkan::WeightFormat: plain floats, or MLX affine codes in 32-bit words (code 0 in the
// lowest bits) with a scale and a bias for each group along the row.
const uint affine4 = 3;
const uint affine8 = 4;

// Eight codes, as they lie in their words: code j is left in place, that is multiplied by a power of two. So a product
// needs one AND, one conversion and one FMA; the other factor carries the inverse.
void codes_in_place(uint format, uvec2 words, out float codes[8]) {
  [[unroll]] for (uint j = 0; j < 8; ++j) {
    if (format == affine4) codes[j] = float(words.x & (0xfu << (4 * j)));
    else codes[j] = float((j < 4 ? words.x : words.y) & (0xffu << (8 * (j % 4))));
  }
}

float inverse_code_position(uint format, uint j) {
  return uintBitsToFloat((127u - (format == affine4 ? 4 * j : 8 * (j % 4))) << 23);
}

// Eight codes as numbers.
void plain_codes(uint format, uvec2 words, out float codes[8]) {
  [[unroll]] for (uint j = 0; j < 8; ++j) {
    if (format == affine4) codes[j] = float((words.x >> (4 * j)) & 0xf);
    else codes[j] = float(((j < 4 ? words.x : words.y) >> (8 * (j % 4))) & 0xff);
  }
}

// The words of codes 8 · chunk … 8 · chunk + 7 of a row.
uvec2 load_code_words(uint format, uint64_t row, uint chunk) {
  if (format == affine4) return uvec2(Uint32s(row).v[chunk], 0);
  return uvec2(Uint32s(row).v[2 * chunk], Uint32s(row).v[2 * chunk + 1]);
}
