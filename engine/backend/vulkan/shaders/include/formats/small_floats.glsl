// Floats of 4 and 8 bits by way of float16: their bits are moved to where float16 has exponent and mantissa, so that
// denormals of one are denormals of the other; what is left is a power of two.

const float e2m1_scale = 16384.0;
const float e4m3_scale = 256.0;

// Codes in the lowest bits of both halves of a word; · e2m1_scale.
vec2 e2m1_pair(uint word) { return unpackHalf2x16((word & 0x00070007u) << 9 | (word & 0x00080008u) << 12); }

// Bytes in the lower bytes of both halves; · e4m3_scale. 0x7f is 480.
vec2 e4m3_pair(uint word) { return unpackHalf2x16((word & 0x007f007fu) << 7 | (word & 0x00800080u) << 8); }

// Four bytes each that hold e2m1 codes.
void e2m1_numbers(uvec2 codes, out float values[8]) {
  [[unroll]] for (uint i = 0; i < 2; ++i) {
    [[unroll]] for (uint j = 0; j < 2; ++j) {
      vec2 pair = e2m1_pair(codes[i] >> (8 * j));
      values[4 * i + j] = pair.x;
      values[4 * i + j + 2] = pair.y;
    }
  }
}

void e4m3_numbers(uvec2 codes, out float values[8]) {
  [[unroll]] for (uint i = 0; i < 2; ++i) {
    [[unroll]] for (uint j = 0; j < 2; ++j) {
      vec2 pair = e4m3_pair(codes[i] >> (8 * j));
      values[4 * i + j] = pair.x;
      values[4 * i + j + 2] = pair.y;
    }
  }
}

// 2^(b - 127); 255 is infinite.
float e8m0(uint b) { return uintBitsToFloat(b == 0 ? 0x00400000u : b << 23); }

// Half of that, but 255 is a number like others: ggml's reading.
float half_e8m0(uint b) { return uintBitsToFloat(b < 2 ? 0x00200000u << b : (b - 1) << 23); }
