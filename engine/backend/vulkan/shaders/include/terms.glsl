// Numbers as sums of 16-bit factors. float16 and bfloat16 numbers are their own factor; a float32 number is the sum of
// three bfloat16 numbers of eight bits each, a float16 number of two.

// Eight factors each.
struct Terms {
  uvec4 v[3];
};

uint pack_factors(float low, float high) {
  if (matrix_type == float16) return packHalf2x16(vec2(low, high));
  return to_bfloat16(low) | to_bfloat16(high) << 16;
}

// Cuts the upper eight bits of mantissa off. What is infinite or not a number has one term.
uint cut_term(inout float value) {
  uint bits = floatBitsToUint(value);
  if ((bits & 0x7f800000u) == 0x7f800000u) {
    value = 0.0;
    return bits >> 16 | ((bits & 0x007fffffu) != 0 ? 0x40u : 0u);
  }
  value -= uintBitsToFloat(bits & 0xffff0000u);
  return bits >> 16;
}

Terms terms_of(float values[8], uint count) {
  Terms terms;
  if (count == 1) {
    [[unroll]] for (uint i = 0; i < 4; ++i) terms.v[0][i] = pack_factors(values[2 * i], values[2 * i + 1]);
    return terms;
  }
  [[unroll]] for (uint t = 0; t < count; ++t) {
    [[unroll]] for (uint i = 0; i < 4; ++i) {
      uint low = cut_term(values[2 * i]);
      terms.v[t][i] = low | cut_term(values[2 * i + 1]) << 16;
    }
  }
  return terms;
}
