#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/models/model.h"
#include "engine/nn/kv_cache.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"
#include "engine/ops/rope.h"
#include "engine/ops/view.h"
#include "tests/support/random_arrays.h"

namespace etna::test {

inline constexpr std::int64_t vocab = 40, heads = 4, kv_heads = 2, size = 32, hidden = heads * size;

/// Two layers of bare attention, the first of them with a window.
class AttentionOnly : public Model {
public:
  explicit AttentionOnly(std::int64_t window) : window_(window) {}

  std::vector<CacheShape> cache_shapes() const override {
    return {{.kv_heads = kv_heads, .key_dim = size, .window = window_}, {.kv_heads = kv_heads, .key_dim = size}};
  }

  const std::vector<nn::RopeSettings>& ropes() const override { return ropes_; }

  Array hidden_states(const Forward& in) const override {
    const Array& offsets = in.offsets;
    const std::int64_t batch = in.input.shape(0), length = in.input.shape(1);
    Array x = take(table_, in.input);
    for (std::size_t layer = 0; layer < 2; ++layer) {
      const Array q = reshape(x, {batch, length, heads, size});
      const Array k = slice(q, 2, 0, kv_heads), v = slice(q, 2, kv_heads, heads);
      const nn::KvCache cache = nn::cache_update(in.caches[layer], rope(k, offsets, frequencies_), v, offsets);
      const Array mixed = nn::attention(rope(q, offsets, frequencies_), cache, offsets, {.scale = 0.3f, .window = cache_shapes()[layer].window});
      x = add(x, multiply(reshape(mixed, {batch, length, hidden}), Array::scalar(3)));
    }
    return x;
  }

  Array logits(const Array& states) const override { return matmul(states, table_, Transpose::yes); }

private:
  std::int64_t window_;
  std::vector<nn::RopeSettings> ropes_;
  Array table_ = test::random_array({vocab, hidden}, DType::float32, 11);
  Array frequencies_ = test::random_array({size / 2}, DType::float32, 12);
};

inline std::vector<std::int32_t> ids_of(std::size_t count, std::uint32_t state = 5) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(static_cast<std::int32_t>((state = state * 1664525u + 1013904223u) >> 16) % vocab);
  return ids;
}

inline double difference(std::span<const float> a, std::span<const float> b) {
  double worst = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) worst = std::max(worst, std::fabs(double{a[i]} - b[i]));
  return worst;
}

}  // namespace etna::test
