#version 460
#extension GL_KHR_shader_subgroup_shuffle : require
#include "attention_gradient.glsl"

// A workgroup takes `rows` query rows of a key head, and looks at the keys they see in blocks: for log Σ exp(score), or for the
// gradient of the queries (arXiv:2307.08691).
shared vec2 pairs[block * rows / 2];  // by key and two rows: their scores, or ds

// Of the gradient, an invocation keeps a chunk of a pair of rows.
const uint pairs_of_rows = rows / 2;
vec4 sums[2] = vec4[2](vec4(0.0), vec4(0.0));

void score_keys(uint first_row, uint first_key, int offset) {
  for (uint i = tid(); i < patch_rows * patch_keys; i += threads) {
    Scores found = scores_of(i / patch_keys, i % patch_keys);
    [[unroll]] for (uint j = 0; j < patch_size * patch_size; ++j) {
      uint row = i / patch_keys + j / patch_size * patch_rows, key = i % patch_keys + j % patch_size * patch_keys;
      float value;
      if (part == log_sums_part) {
        float s = found.scores[j];
        if (softcap > 0.0) s = softcap * hyperbolic_tangent(s / softcap);
        value = sees(first_row + row, first_key + key, offset) ? s : -infinity();
      } else {
        value = weight_and_ds(first_row + row, first_key + key, found.scores[j], found.products[j], offset).y;
      }
      pairs[key * pairs_of_rows + row / 2][row % 2] = value;
    }
  }
}

void add_keys() {
  uint chunk = tid() % chunks, pair = tid() / chunks;
  if (pair >= pairs_of_rows) return;
  for (uint key = 0; key < block; ++key) {
    vec4 k = key_tile[key * key_stride + chunk];
    vec2 ds = pairs[key * pairs_of_rows + pair];
    sums[0] = fma(vec4(ds.x), k, sums[0]);
    sums[1] = fma(vec4(ds.y), k, sums[1]);
  }
}

void store_queries(uint first_row) {
  uint chunk = tid() % chunks, pair = tid() / chunks;
  if (pair >= pairs_of_rows) return;
  [[unroll]] for (uint i = 0; i < 2; ++i) {
    uint row = first_row + pair * 2 + i;
    if (row >= row_count()) continue;
    store_chunk(args.y + uint64_t(index_of(row)) * dimensions * size_of(type), 0, chunk, dimensions, sums[i], type);
  }
}

// Eight neighbours share a row.
void sum_scores(inout float largest, inout float total) {
  uint row = min(tid() / 8, rows - 1), lane = tid() % 8;
  float most = -infinity();
  for (uint key = lane; key < block; key += 8) most = max(most, pairs[key * pairs_of_rows + row / 2][row % 2]);
  most = max(most, subgroupShuffleXor(most, 1));
  most = max(most, subgroupShuffleXor(most, 2));
  most = max(largest, max(most, subgroupShuffleXor(most, 4)));
  float sum = 0.0;
  for (uint key = lane; most > -infinity() && key < block; key += 8) sum += exp(pairs[key * pairs_of_rows + row / 2][row % 2] - most);
  sum += subgroupShuffleXor(sum, 1);
  sum += subgroupShuffleXor(sum, 2);
  sum += subgroupShuffleXor(sum, 4);
  total = (largest == -infinity() ? 0.0 : total * exp(largest - most)) + sum;
  largest = most;
}

void store_log_sum(uint row, float largest, float total) {
  if (tid() % 8 != 0 || tid() / 8 >= rows || row >= row_count()) return;
  if (is_floating(sink_type)) {
    float sink = load(args.sinks, head() * group + row % group, sink_type), most = max(largest, sink);
    total = (largest == -infinity() ? 0.0 : total * exp(largest - most)) + exp(sink - most);
    largest = most;
  }
  Float32s(args.y).v[index_of(row)] = largest + log(total);
}

void main() {
  uint first_row = gl_WorkGroupID.x * rows;
  int offset = offset_of_batch();
  uint last = (min(first_row + rows, row_count()) - 1) / group;
  uint end = uint(offset) + last + 1, begin = 0;
  if (args.window > 0 && keep == 0) begin = uint(max(offset + int(first_row / group) - int(args.window) + 1, 0));
  float largest = -infinity(), total = 0.0;  // of row tid / 8
  load_rows(first_row);
  for (uint first = begin; first < end; first += block) {
    load_keys(first, end);
    barrier();
    score_keys(first_row, first, offset);
    barrier();
    if (part == log_sums_part) sum_scores(largest, total);
    else add_keys();
    barrier();
  }
  if (part == log_sums_part) store_log_sum(first_row + tid() / 8, largest, total);
  else store_queries(first_row);
}
