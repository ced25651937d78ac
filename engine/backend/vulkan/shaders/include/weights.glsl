// Weight formats, as etna::vulkan::WeightFormat: plain floats, or MLX affine codes of `bits` bits in 32-bit words (code
// 0 in the lowest bits) with a scale and a bias for each group along the row.
const uint affine = 3;

// Eight codes of 4 or 8 bits, as they lie in their words: code j is left in place, that is multiplied by a power of
// two. So a product needs one AND, one conversion and one FMA; the other factor carries the inverse.
void codes_in_place(uint bits, uvec2 words, out float codes[8]) {
  [[unroll]] for (uint j = 0; j < 8; ++j) {
    if (bits == 4) codes[j] = float(words.x & (0xfu << (4 * j)));
    else codes[j] = float((j < 4 ? words.x : words.y) & (0xffu << (8 * (j % 4))));
  }
}

float inverse_code_position(uint bits, uint j) {
  return uintBitsToFloat((127u - (bits == 4 ? 4 * j : 8 * (j % 4))) << 23);
}

// Codes 8 · chunk … 8 · chunk + 7 of a row as numbers, for any number of bits: they may lie across words.
void load_codes(uint bits, uint64_t row, uint chunk, out float codes[8]) {
  uint first = chunk * bits;  // in bytes: eight codes fill `bits` of them
  uint word = first / 4, shift = first % 4 * 8;
  uint current = Uint32s(row).v[word];
  [[unroll]] for (uint j = 0; j < 8; ++j) {
    uint code = current >> shift;
    shift += bits;
    if (shift >= 32) {
      shift -= 32;
      if (shift > 0 || j < 7) current = Uint32s(row).v[++word];
      if (shift > 0) code |= current << (bits - shift);
    }
    codes[j] = float(code & ((1u << bits) - 1));
  }
}
