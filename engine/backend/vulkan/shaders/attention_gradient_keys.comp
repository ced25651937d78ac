#version 460
#include "attention_gradient.glsl"

// A workgroup takes a block of keys and their values, and looks at the query rows that see them (arXiv:2307.08691). An
// invocation keeps a chunk of the result for eight keys: chunks of keys come first, then those of values.
const uint keys_each = 8;
const uint width = chunks + value_chunks;

shared vec4 weights[rows * block / 4], ds[rows * block / 4];  // by row and four keys

vec4 sums[keys_each];

void score_rows(uint first_row, uint first_key, int offset) {
  for (uint i = tid(); i < patch_rows * patch_keys; i += threads) {
    Scores found = scores_of(i / patch_keys, i % patch_keys);
    [[unroll]] for (uint j = 0; j < patch_size * patch_size; ++j) {
      uint row = i / patch_keys + j / patch_size * patch_rows, key = i % patch_keys + j % patch_size * patch_keys;
      vec2 both = weight_and_ds(first_row + row, first_key + key, found.scores[j], found.products[j], offset);
      weights[(row * block + key) / 4][key % 4] = both.x;
      ds[(row * block + key) / 4][key % 4] = both.y;
    }
  }
}

void add_rows() {
  uint chunk = tid() % width, keys = tid() / width;
  if (keys >= block / keys_each) return;
  bool of_key = chunk < chunks;
  for (uint row = 0; row < rows; ++row) {
    vec4 value = of_key ? query_tile[row * chunks + chunk] : dy_tile[row * value_chunks + chunk - chunks];
    [[unroll]] for (uint j = 0; j < 2; ++j) {
      uint place = row * block / 4 + keys * 2 + j;
      vec4 factors = of_key ? ds[place] : weights[place];
      [[unroll]] for (uint i = 0; i < 4; ++i) sums[j * 4 + i] = fma(vec4(factors[i]), value, sums[j * 4 + i]);
    }
  }
}

void store_keys(uint first_key) {
  uint chunk = tid() % width, keys = tid() / width;
  if (keys >= block / keys_each) return;
  [[unroll]] for (uint i = 0; i < keys_each; ++i) {
    uint key = first_key + keys * keys_each + i;
    if (key >= args.places) continue;
    uint64_t row = (uint64_t(batch()) * args.key_heads + head()) * args.places + key;
    uint64_t y = args.y + row * (dimensions + value_dimensions) * size_of(key_type);
    if (chunk < chunks) store_chunk(y, 0, chunk, dimensions, sums[i], key_type);
    else store_chunk(y, dimensions, chunk - chunks, value_dimensions, sums[i], key_type);
  }
}

void main() {
  uint first_key = gl_WorkGroupID.x * block;
  int offset = offset_of_batch();
  uint written = uint(offset) + args.tokens, end = min(first_key + block, written);
  [[unroll]] for (uint i = 0; i < keys_each; ++i) sums[i] = vec4(0.0);
  if (first_key < written) {
    uint first_query = uint(max(int(first_key) - offset, 0)), last_query = args.tokens;
    if (args.window > 0 && first_key >= keep) last_query = uint(clamp(int(end) - 1 + int(args.window) - offset, 0, int(args.tokens)));
    load_keys(first_key, end);
    for (uint first_row = first_query * group; first_row < last_query * group; first_row += rows) {
      load_rows(first_row);
      barrier();
      score_rows(first_row, first_key, offset);
      barrier();
      add_rows();
      barrier();
    }
  }
  store_keys(first_key);
}
