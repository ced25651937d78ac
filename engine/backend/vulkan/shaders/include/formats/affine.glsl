// MLX affine: codes of 2, 3, 4, 5, 6 or 8 bits in 32-bit words (code 0 in the lowest bits, codes may lie across words)
// with a scale and a bias for each group along the row. A unit is 32 codes, of 8 bits 16: as many words as bits, at most.
const uint unit = bits == 8 ? 16 : 32;
const uint chunks = unit / 8;
const uint chunks_per_scale = chunks;
const bool has_bias = true;
const bool in_place = bits == 4 || bits == 8;
const float number_scale = 1.0;

struct Unit {
  uint words[6];
  float scale;
  float bias;
};

void prepare_weights() {}

uint64_t row_bytes(uint k) { return uint64_t(k) * bits / 8; }

Row row_of(Weight w, uint row) {
  uint64_t groups = uint64_t(row) * (w.k / group) * size_of(scale_type);
  return Row(w.codes + row * row_bytes(w.k), w.scales + groups, w.biases + groups);
}

Unit fetch(Row row, uint u) {
  Unit loaded;
  if (in_place) {
    uvec4 words = Uint4s(row.codes).v[u];
    [[unroll]] for (uint i = 0; i < 4; ++i) loaded.words[i] = words[i];
  } else if (bits == 2) {
    uvec2 words = Uint2s(row.codes).v[u];
    loaded.words[0] = words.x;
    loaded.words[1] = words.y;
  } else {
    [[unroll]] for (uint i = 0; i < bits; ++i) loaded.words[i] = Words(row.codes).v[u * bits + i];
  }
  loaded.scale = load(row.scales, u * unit / group, scale_type);
  loaded.bias = load(row.biases, u * unit / group, scale_type);
  return loaded;
}

// Codes of 4 or 8 bits as they lie in their words: code j is left in place, that is multiplied by a power of two. So a
// product needs one AND, one conversion and one FMA; the other factor carries the inverse.
void decode(Unit loaded, uint chunk, out float values[8]) {
  [[unroll]] for (uint j = 0; j < 8; ++j) {
    if (bits == 4) {
      values[j] = float(loaded.words[chunk] & (0xfu << (4 * j)));
    } else if (bits == 8) {
      values[j] = float(loaded.words[2 * chunk + j / 4] & (0xffu << (8 * (j % 4))));
    } else {
      uint first = (8 * chunk + j) * bits, word = first / 32, shift = first % 32;
      uint code = loaded.words[word] >> shift;
      if (shift + bits > 32) code |= loaded.words[word + 1] << (32 - shift);
      values[j] = float(code & ((1u << bits) - 1));
    }
  }
}

float inverse_position(uint j) {
  return uintBitsToFloat((127u - (bits == 4 ? 4 * j : 8 * (j % 4))) << 23);
}

void scale_of(Unit loaded, uint chunk, out float scale, out float bias) {
  scale = loaded.scale;
  bias = loaded.bias;
}

uint place(uint u, uint chunk) { return u * unit + 8 * chunk; }

void load_weights(Weight w, uint row, uint i, out float values[8]) {
  Row at = row_of(w, row);
  uint first = i * bits;  // in bytes: eight codes fill `bits` of them
  uint word = first / 4, shift = first % 4 * 8;
  uint current = Words(at.codes).v[word];
  float scale = load(at.scales, 8 * i / group, scale_type), bias = load(at.biases, 8 * i / group, scale_type);
  [[unroll]] for (uint j = 0; j < 8; ++j) {
    uint code = current >> shift;
    shift += bits;
    if (shift >= 32) {
      shift -= 32;
      if (shift > 0 || j < 7) current = Words(at.codes).v[++word];
      if (shift > 0) code |= current << (bits - shift);
    }
    values[j] = fma(float(code & ((1u << bits) - 1)), scale, bias);
  }
}
