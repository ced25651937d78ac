#pragma once

#include <optional>

#include "engine/nn/attention.h"

namespace etna::nn {

struct LatentAttentionSettings {
  std::int64_t hidden_size = 0;
  std::int64_t heads = 0;
  std::int64_t q_rank = 0;       ///< 0: q is projected at once
  std::int64_t kv_rank = 0;
  std::int64_t plain_dim = 0;    ///< elements of a head that do not rotate (qk_nope_head_dim)
  std::int64_t rotated_dim = 0;  ///< elements that do, of keys one row for all heads (qk_rope_head_dim)
  std::int64_t value_dim = 0;
  Bias bias = Bias::none;        ///< of the projections down, and of the output
  NormSettings norm;             ///< of the low-rank rows
  float scale = 1;               ///< of scores

  std::int64_t key_dim() const { return plain_dim + rotated_dim; }
};

/// Multi-head latent attention: q, k and v come through low-rank rows. The cache holds the heads' keys and values, not
/// the rows they come from, so that it is attention like any other after the projections.
/// Source: arXiv:2405.04434 (DeepSeek-V2), 2412.19437 (V3).
class LatentAttention {
public:
  /// Tensors path.{q_proj | q_a_proj, q_a_layernorm, q_b_proj}, kv_a_proj_with_mqa, kv_a_layernorm, kv_b_proj, o_proj.
  LatentAttention(Parameters& parameters, const std::string& path, const LatentAttentionSettings& settings);

  /// As Attention's.
  Array operator()(const Array& x, const KvCache& cache, const Array& offsets, const LayerRope& rope) const;

private:
  LatentAttentionSettings settings_;
  std::unique_ptr<Linear> q_, q_a_, q_b_, kv_a_, kv_b_, o_;  // q, or q_a and q_b
  std::optional<Norm> q_norm_, kv_norm_;
};

}  // namespace etna::nn
