#version 460
#include "attention_gradient.glsl"

// A workgroup takes `rows` query rows of a key head, and looks at the keys they see in blocks: for log Σ exp(score), or for the
// gradient of the queries (arXiv:2307.08691).

float sums[2][16];  // of the columns tid and tid + 128

void add_keys() {
  [[unroll]] for (uint c = 0; c * threads < dimensions; ++c) {
    uint d = c * threads + tid();
    if (d >= dimensions) continue;
    for (uint key = 0; key < block; ++key) {
      float value = key_tile[key * key_stride + d];
      [[unroll]] for (uint r = 0; r < rows; ++r) sums[c][r] = fma(ds[r * block + key], value, sums[c][r]);
    }
  }
}

void store_queries(uint first_row) {
  [[unroll]] for (uint r = 0; r < rows; ++r) {
    uint row = first_row + r;
    if (row >= row_count()) continue;
    uint64_t y = args.y + uint64_t(index_of(row)) * dimensions * size_of(type);
    [[unroll]] for (uint c = 0; c * threads < dimensions; ++c) {
      uint d = c * threads + tid();
      if (d < dimensions) store(y, d, sums[c][r], type);
    }
  }
}

// Invocation r keeps row r.
void sum_scores(inout float largest, inout float total) {
  if (tid() >= rows) return;
  float most = largest;
  for (uint key = 0; key < block; ++key) most = max(most, ds[tid() * block + key]);
  if (most == -infinity()) return;
  float sum = largest == -infinity() ? 0.0 : total * exp(largest - most);
  for (uint key = 0; key < block; ++key) sum += exp(ds[tid() * block + key] - most);
  largest = most;
  total = sum;
}

void store_log_sum(uint row, float largest, float total) {
  if (tid() >= rows || row >= row_count()) return;
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
  [[unroll]] for (uint c = 0; c < 2; ++c) {
    [[unroll]] for (uint r = 0; r < 16; ++r) sums[c][r] = 0.0;
  }
  float largest = -infinity(), total = 0.0;
  load_rows(first_row);
  for (uint first = begin; first < end; first += block) {
    load_keys(first, end);
    barrier();
    for (uint i = tid(); i < rows * block; i += threads) {
      uint row = i / block, key = i % block;
      if (part == log_sums_part) {
        float s = score(row, key);
        if (softcap > 0.0) s = softcap * hyperbolic_tangent(s / softcap);
        ds[i] = sees(first_row + row, first + key, offset) ? s : -infinity();
      } else {
        ds[i] = weight_and_ds(first_row, row, first, key, offset).y;
      }
    }
    barrier();
    if (part == log_sums_part) sum_scores(largest, total);
    else add_keys();
    barrier();
  }
  if (part == log_sums_part) store_log_sum(first_row + tid(), largest, total);
  else store_queries(first_row);
}
