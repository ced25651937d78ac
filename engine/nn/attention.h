#pragma once

#include "engine/nn/kv_cache.h"
#include "engine/nn/parameters.h"

namespace etna::nn {

struct AttentionSettings {
  std::int64_t hidden_size = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  Bias bias = Bias::none;        ///< of q, k, v and o
};

/// Grouped-query self-attention with rotary positions: q, k, v projections, RoPE, KV cache, output projection.
class Attention {
public:
  /// Tensors path.{q,k,v,o}_proj.
  Attention(Parameters& parameters, const std::string& path, const AttentionSettings& settings);

  /// x (B, L, hidden), offsets int32 (B), frequencies float32 → (B, L, hidden). Writes L rows to the cache.
  Array operator()(const Array& x, const KvCache& cache, const Array& offsets, const Array& frequencies) const;

private:
  AttentionSettings settings_;
  std::unique_ptr<Linear> q_, k_, v_, o_;
};

}  // namespace etna::nn
