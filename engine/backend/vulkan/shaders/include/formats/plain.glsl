// float32, float16 or bfloat16.
const uint unit = 8;
const uint chunks = 1;
const uint chunks_per_scale = 1;
const bool has_bias = false;
const bool in_place = false;
const float number_scale = 1.0;

struct Unit {
  uvec4 low;
  uvec4 high;  // float32 needs two loads for its eight weights
};

void prepare_weights() {}

uint64_t row_bytes(uint k) { return uint64_t(k) * size_of(format); }

Row row_of(Weight w, uint row) { return Row(w.codes + row * row_bytes(w.k), 0, 0); }

Unit fetch(Row row, uint u) {
  Unit loaded;
  if (format == float32) {
    loaded.low = Uint4s(row.codes).v[2 * u];
    loaded.high = Uint4s(row.codes).v[2 * u + 1];
  } else {
    loaded.low = Uint4s(row.codes).v[u];
    loaded.high = uvec4(0);
  }
  return loaded;
}

void decode(Unit loaded, uint chunk, out float values[8]) {
  [[unroll]] for (uint i = 0; i < 4; ++i) {
    if (format == float32) {
      values[i] = uintBitsToFloat(loaded.low[i]);
      values[i + 4] = uintBitsToFloat(loaded.high[i]);
    } else {
      vec2 pair = unpack2(loaded.low[i], format);
      values[2 * i] = pair.x;
      values[2 * i + 1] = pair.y;
    }
  }
}

float inverse_position(uint j) { return 1.0; }

void scale_of(Unit loaded, uint chunk, out float scale, out float bias) {
  scale = 1.0;
  bias = 0.0;
}

uint place(uint u, uint chunk) { return u * unit; }

void load_weights(Weight w, uint row, uint i, out float values[8]) {
  uint64_t codes = row_of(w, row).codes;
  if (whole_chunks) {
    load8(codes, 8 * i, format, values);
    return;
  }
  for (uint j = 0; j < 8; ++j) values[j] = 8 * i + j < w.k ? load(codes, 8 * i + j, format) : 0.0;
}
