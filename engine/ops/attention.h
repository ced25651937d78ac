#pragma once

#include <optional>

#include "engine/ops/cache.h"

namespace etna {

struct AttentionOptions {
  float scale = 1;
  std::int64_t window = 0;     ///< > 0: a query sees the last `window` positions only, its own included
  float softcap = 0;           ///< > 0: scores become softcap · tanh(score / softcap)
  std::optional<Array> sinks = std::nullopt;  ///< (H) floating: one more logit per head that takes weight and gives no value (gpt-oss)
};

/// Inputs: q (B, L, H, D), keys (B, Hkv, T, D or words), values (B, Hkv, T, Dv or words), offsets int32 (B), and with
/// has_sinks sinks (H).
struct Attention : OpOf<Attention> {
  float scale = 1;
  std::int64_t window = 0;
  float softcap = 0;
  bool has_sinks = false;
  CacheLayout keys, values;  ///< of one ring and keep
  std::string name() const override { return "attention"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
  Work work(std::span<const View> inputs, const View& output) const override;

  /// The first position from `keep` on that the query of a position sees.
  std::int64_t first_seen(std::int64_t position) const {
    const std::int64_t first = window > 0 ? position - (window - keys.keep) + 1 : 0;
    return first > keys.keep ? first : keys.keep;
  }
};

/// Causal scaled dot-product attention over a KV cache. Query l of batch entry b is position p = offsets[b] + l and sees
/// keys of positions k <= p; with a window only those of p - window < k. A cache that keeps its first positions shows
/// them always, and window - keep others.
///
/// q            (B, L, H, D)     floating
/// keys         (B, Hkv, T, D)   floating, or packed; H is a multiple of Hkv; what no query sees is never read
/// values       (B, Hkv, T, Dv)  floating, or packed; Dv may differ from D
/// offsets      (B)              int32: positions before these L, whose rows are in the cache already (cache_update).
///                               offsets[b] + L <= T, or a ring of at least window + L - 1 places
/// returns      (B, L, H, Dv)    type of q; scores and sums in float32
///
/// Throws invalid_argument where shapes, layouts and window do not fit each other.
/// Sources: arXiv:1706.03762; windows arXiv:2004.05150; soft caps arXiv:2408.00118; kept positions arXiv:2309.17453.
Array attention(const Array& q, const Array& keys, const Array& values, const Array& offsets, const AttentionOptions& options,
                const CacheLayout& key_layout = {}, const CacheLayout& value_layout = {});

}  // namespace etna
