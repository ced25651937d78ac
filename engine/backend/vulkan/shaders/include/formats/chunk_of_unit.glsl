// One chunk by way of the unit that it lies in, for families with locate(i, u, chunk).
void load_chunk(Weight w, uint row, uint i, out float values[8]) {
  uint u, chunk;
  locate(i, u, chunk);
  Unit loaded = fetch(row_of(w, row), u);
  decode(loaded, chunk, values);
  float scale, bias;
  scale_of(loaded, chunk, scale, bias);
  [[unroll]] for (uint j = 0; j < 8; ++j) values[j] = fma(values[j] * number_scale, scale, bias);
}
