#include "engine/nn/attention.h"

#include <cmath>

#include "engine/ops/attention.h"
#include "engine/ops/rope.h"
#include "engine/ops/view.h"

namespace etna::nn {

Attention::Attention(Parameters& parameters, const std::string& path, const AttentionSettings& settings)
    : settings_(settings),
      q_(parameters.linear(path + ".q_proj", settings.hidden_size, settings.heads * settings.head_dim, settings.bias)),
      k_(parameters.linear(path + ".k_proj", settings.hidden_size, settings.kv_heads * settings.head_dim, settings.bias)),
      v_(parameters.linear(path + ".v_proj", settings.hidden_size, settings.kv_heads * settings.head_dim, settings.bias)),
      o_(parameters.linear(path + ".o_proj", settings.heads * settings.head_dim, settings.hidden_size, settings.bias)) {}

Array Attention::operator()(const Array& x, const KvCache& cache, const Array& offsets, const Array& frequencies) const {
  const std::int64_t batch = x.shape(0), length = x.shape(1);
  const auto heads = [&](const Array& rows, std::int64_t count) { return reshape(rows, {batch, length, count, settings_.head_dim}); };
  const Array q = rope(heads((*q_)(x), settings_.heads), offsets, frequencies);
  const Array k = rope(heads((*k_)(x), settings_.kv_heads), offsets, frequencies);
  const Array v = heads((*v_)(x), settings_.kv_heads);
  const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(settings_.head_dim)));
  const Array mixed = attention(q, cache_update(cache, k, v, offsets), offsets, {.scale = scale});
  return (*o_)(reshape(mixed, {batch, length, settings_.heads * settings_.head_dim}));
}

}  // namespace etna::nn
