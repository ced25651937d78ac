#pragma once

#include <optional>

#include "engine/nn/kv_cache.h"
#include "engine/nn/norm.h"
#include "engine/nn/parameters.h"

namespace etna::nn {

/// How q, k and v lie in files.
enum class QkvStorage {
  by_rows,  ///< three matrices, or one with the rows of q, then k, then v (Phi-3, GPT-2), whichever there is
  by_head,  ///< one: q, k and v of the first head, of the second, … (GPT-NeoX)
};

/// What q and k are normalised over before they are rotated.
enum class QkNorm {
  none,
  per_head,       ///< each head, with the same weights (Qwen3, Gemma 3)
  per_each_head,  ///< each head, with weights of its own (Cohere)
  whole,          ///< all heads of a position together (OLMo 2)
};

/// Names of an attention layer's tensors below its path.
struct AttentionNames {
  std::string q = "q_proj", k = "k_proj", v = "v_proj", o = "o_proj";
  std::string qkv = "qkv_proj";
  std::string q_norm = "q_norm", k_norm = "k_norm";
};

struct AttentionSettings {
  std::int64_t hidden_size = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  Bias qkv_bias = Bias::none;
  Bias o_bias = Bias::none;
  QkvStorage storage = QkvStorage::by_rows;
  AttentionNames names;
  QkNorm qk_norm = QkNorm::none;
  NormSettings norm;             ///< of q and k
  float scale = 0;               ///< 0: 1 / sqrt(head_dim)
  float softcap = 0;             ///< 0: none
  bool has_sinks = false;        ///< path.sinks: a logit per head that takes weight and gives nothing
};

/// How one layer rotates and what it sees.
struct LayerRope {
  std::optional<Array> frequencies;  ///< none: positions are not rotated
  float magnitude = 1;
  bool adjacent_pairs = false;
};

/// Grouped-query self-attention over a cache: q, k, v projections, norms, RoPE, attention, output projection.
class Attention {
public:
  Attention(Parameters& parameters, const std::string& path, const AttentionSettings& settings);

  /// x (B, L, hidden), offsets int32 (B) → (B, L, hidden). Writes L rows to the cache; what a query sees is its matter.
  Array operator()(const Array& x, const KvCache& cache, const Array& offsets, const LayerRope& rope) const;

private:
  struct Heads {
    Array q, k, v;  // (B, L, heads, head_dim)
  };

  Heads project(const Array& x) const;

  AttentionSettings settings_;
  std::unique_ptr<Linear> q_, k_, v_, qkv_, o_;  // q, k, v, or qkv
  std::optional<Norm> q_norm_, k_norm_;
  std::optional<Array> sinks_;
};

}  // namespace etna::nn
