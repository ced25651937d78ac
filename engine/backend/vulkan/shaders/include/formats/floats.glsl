// MLX's mxfp4, mxfp8 (groups of 32, e8m0 scales) and nvfp4 (groups of 16, e4m3 scales), codes packed as affine ones;
// float8 checkpoints: a byte a weight and a floating scale for each group, of any length. A unit is 16 bytes, of nvfp4
// and fp8_e4m3 8.
#include "formats/small_floats.glsl"

const bool four_bits = format == mxfp4 || format == nvfp4;
const uint unit = format == mxfp4 ? 32 : format == fp8_e4m3 ? 8 : 16;
const uint chunks = unit / 8;
const uint chunks_per_scale = chunks;
const bool has_bias = false;
const bool in_place = false;
const float number_scale = four_bits ? e2m1_scale : e4m3_scale;

struct Unit {
  uvec4 words;
  float scale;
};

void prepare_weights() {}

uint64_t row_bytes(uint k) { return uint64_t(k) * (four_bits ? 4 : 8) / 8; }

Row row_of(Weight w, uint row) {
  uint scale_bytes = format == fp8_e4m3 ? size_of(scale_type) : 1;
  uint64_t groups = uint64_t(row) * ((w.k + group - 1) / group) * scale_bytes;
  return Row(w.codes + row * row_bytes(w.k), w.scales + groups, 0);
}

Unit fetch(Row row, uint u) {
  Unit loaded;
  if (format == nvfp4 || format == fp8_e4m3) loaded.words = uvec4(Uint2s(row.codes).v[u], 0, 0);
  else loaded.words = Uint4s(row.codes).v[u];
  uint at = u * unit / group;
  if (format == fp8_e4m3) loaded.scale = load(row.scales, at, scale_type);
  else if (format == nvfp4) loaded.scale = e4m3_pair(byte_at(row.scales + at)).x * e4m3_scale;
  else loaded.scale = e8m0(byte_at(row.scales + at));
  return loaded;
}

void decode(Unit loaded, uint chunk, out float values[8]) {
  if (!four_bits) {
    e4m3_numbers(chunk == 0 ? loaded.words.xy : loaded.words.zw, values);
    return;
  }
  uint word = loaded.words[chunk];
  [[unroll]] for (uint j = 0; j < 4; ++j) {
    vec2 pair = e2m1_pair(word >> (4 * j));
    values[j] = pair.x;
    values[j + 4] = pair.y;
  }
}

float inverse_position(uint j) { return 1.0; }

void scale_of(Unit loaded, uint chunk, out float scale, out float bias) {
  scale = loaded.scale;
  bias = 0.0;
}

uint place(uint u, uint chunk) { return u * unit + 8 * chunk; }

void locate(uint i, out uint u, out uint chunk) {
  u = i / chunks;
  chunk = i % chunks;
}

#include "formats/chunk_of_unit.glsl"

void load_weights(Weight w, uint row, uint i, out float values[8]) {
  if (whole_chunks) {
    load_chunk(w, row, i, values);
    return;
  }
  Row at = row_of(w, row);  // fp8_e4m3: rows and groups of odd lengths
  for (uint j = 0; j < 8; ++j) {
    uint element = min(8 * i + j, w.k - 1);
    float number = e4m3_pair(byte_at(at.codes + element)).x * e4m3_scale;
    values[j] = 8 * i + j < w.k ? number * load(at.scales, element / group, scale_type) : 0.0;
  }
}
