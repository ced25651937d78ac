#include "engine/nn/latent_attention.h"

#include "engine/ops/rope.h"
#include "engine/ops/view.h"

namespace etna::nn {

LatentAttention::LatentAttention(Parameters& parameters, const std::string& path, const LatentAttentionSettings& settings) : settings_(settings) {
  const std::int64_t hidden = settings.hidden_size, wide = settings.heads * settings.key_dim();
  if (settings.q_rank > 0) {
    q_a_ = parameters.linear(path + ".q_a_proj", hidden, settings.q_rank, settings.bias);
    q_norm_.emplace(parameters, path + ".q_a_layernorm", settings.q_rank, settings.norm);
    q_b_ = parameters.linear(path + ".q_b_proj", settings.q_rank, wide, Bias::none);
  } else {
    q_ = parameters.linear(path + ".q_proj", hidden, wide, Bias::none);
  }
  kv_a_ = parameters.linear(path + ".kv_a_proj_with_mqa", hidden, settings.kv_rank + settings.rotated_dim, settings.bias);
  kv_norm_.emplace(parameters, path + ".kv_a_layernorm", settings.kv_rank, settings.norm);
  kv_b_ = parameters.linear(path + ".kv_b_proj", settings.kv_rank, settings.heads * (settings.plain_dim + settings.value_dim), Bias::none);
  o_ = parameters.linear(path + ".o_proj", settings.heads * settings.value_dim, hidden, settings.bias);
}

Array LatentAttention::operator()(const Array& x, const KvCache& cache, const Array& offsets, const LayerRope& rope) const {
  const std::int64_t batch = x.shape(0), length = x.shape(1), heads = settings_.heads, plain = settings_.plain_dim;
  const auto part = [](const Array& rows, std::int64_t begin, std::int64_t end) { return contiguous(slice(rows, -1, begin, end)); };
  const auto rotated = [&](const Array& rows) {
    const RopeLayout layout = rope.adjacent_pairs ? RopeLayout::interleaved : RopeLayout::half_split;
    return rope.frequencies ? etna::rope(rows, offsets, *rope.frequencies, layout, rope.magnitude) : rows;
  };
  const Array q = reshape(q_ ? (*q_)(x) : (*q_b_)((*q_norm_)((*q_a_)(x))), {batch, length, heads, settings_.key_dim()});
  const Array queries = concatenate({part(q, 0, plain), rotated(part(q, plain, settings_.key_dim()))}, -1);

  const Array low = (*kv_a_)(x);
  const Array kv = reshape((*kv_b_)((*kv_norm_)(part(low, 0, settings_.kv_rank))), {batch, length, heads, plain + settings_.value_dim});
  const Array shared = reshape(part(low, settings_.kv_rank, settings_.kv_rank + settings_.rotated_dim), {batch, length, 1, settings_.rotated_dim});
  const Array of_all_heads = contiguous(broadcast_to(rotated(shared), {batch, length, heads, settings_.rotated_dim}));
  const Array keys = concatenate({part(kv, 0, plain), of_all_heads}, -1);
  const Array values = part(kv, plain, plain + settings_.value_dim);

  const Array mixed = attention(queries, cache_update(cache, keys, values, offsets), offsets, {.scale = settings_.scale});
  return (*o_)(reshape(mixed, {batch, length, heads * settings_.value_dim}));
}

}  // namespace etna::nn
