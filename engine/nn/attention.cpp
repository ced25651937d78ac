#include "engine/nn/attention.h"

#include <cmath>

#include "engine/ops/attention.h"
#include "engine/ops/rope.h"
#include "engine/ops/view.h"

namespace etna::nn {

namespace {

Norm load_norm(Parameters& parameters, const std::string& path, std::int64_t heads, const AttentionSettings& settings) {
  switch (settings.qk_norm) {
    case QkNorm::per_each_head: return Norm::per_head(parameters, path, heads, settings.head_dim, settings.norm);
    case QkNorm::whole: return Norm(parameters, path, heads * settings.head_dim, settings.norm);
    default: return Norm(parameters, path, settings.head_dim, settings.norm);
  }
}

}  // namespace

Attention::Attention(Parameters& parameters, const std::string& path, const AttentionSettings& settings) : settings_(settings) {
  const AttentionNames& names = settings.names;
  const std::int64_t hidden = settings.hidden_size, wide = settings.heads * settings.head_dim, narrow = settings.kv_heads * settings.head_dim;
  const std::string joined = path + "." + names.qkv;
  if (settings.storage == QkvStorage::by_head) {
    qkv_ = parameters.linear(joined, hidden, 3 * wide, settings.qkv_bias);
  } else if (parameters.has_weight(joined)) {
    const std::int64_t total = wide + 2 * narrow;
    q_ = parameters.linear_rows(joined, hidden, {.first = 0, .count = wide, .total = total}, settings.qkv_bias);
    k_ = parameters.linear_rows(joined, hidden, {.first = wide, .count = narrow, .total = total}, settings.qkv_bias);
    v_ = parameters.linear_rows(joined, hidden, {.first = wide + narrow, .count = narrow, .total = total}, settings.qkv_bias);
  } else {
    q_ = parameters.linear(path + "." + names.q, hidden, wide, settings.qkv_bias);
    k_ = parameters.linear(path + "." + names.k, hidden, narrow, settings.qkv_bias);
    v_ = parameters.linear(path + "." + names.v, hidden, narrow, settings.qkv_bias);
  }
  o_ = parameters.linear(path + "." + names.o, wide, hidden, settings.o_bias);
  if (settings.qk_norm != QkNorm::none) {
    q_norm_ = load_norm(parameters, path + "." + names.q_norm, settings.heads, settings);
    k_norm_ = load_norm(parameters, path + "." + names.k_norm, settings.kv_heads, settings);
  }
  if (settings.has_sinks) sinks_ = parameters.vector(path + ".sinks", settings.heads);
}

Attention::Heads Attention::project(const Array& x) const {
  const std::int64_t batch = x.shape(0), length = x.shape(1), size = settings_.head_dim;
  const auto heads = [&](const Array& rows, std::int64_t count) { return reshape(rows, {batch, length, count, size}); };
  if (qkv_) {
    const Array all = reshape((*qkv_)(x), {batch, length, settings_.heads, 3 * size});
    const auto part = [&](std::int64_t index) { return slice(all, -1, index * size, (index + 1) * size); };
    return {part(0), part(1), part(2)};
  }
  const auto prepared = [&](const Linear& linear, const std::optional<Norm>& norm, std::int64_t count) {
    Array rows = linear(x);
    if (norm && settings_.qk_norm == QkNorm::whole) rows = (*norm)(rows);
    Array split = heads(rows, count);
    return norm && settings_.qk_norm != QkNorm::whole ? (*norm)(split) : split;
  };
  return {prepared(*q_, q_norm_, settings_.heads), prepared(*k_, k_norm_, settings_.kv_heads), heads((*v_)(x), settings_.kv_heads)};
}

Array Attention::operator()(const Array& x, const KvCache& cache, const Array& offsets, const LayerRope& rope) const {
  Heads heads = project(x);
  if (rope.frequencies) {
    const RopeLayout layout = rope.adjacent_pairs ? RopeLayout::interleaved : RopeLayout::half_split;
    heads.q = etna::rope(heads.q, offsets, *rope.frequencies, layout, rope.magnitude);
    heads.k = etna::rope(heads.k, offsets, *rope.frequencies, layout, rope.magnitude);
  }
  const float scale = settings_.scale > 0 ? settings_.scale : static_cast<float>(1 / std::sqrt(static_cast<double>(settings_.head_dim)));
  const Array mixed = attention(heads.q, cache_update(cache, heads.k, heads.v, offsets), offsets,
                                {.scale = scale, .softcap = settings_.softcap, .sinks = sinks_});
  return (*o_)(reshape(mixed, {x.shape(0), x.shape(1), settings_.heads * settings_.head_dim}));
}

}  // namespace etna::nn
