#pragma once

#include "engine/ops/attention.h"

namespace etna {

/// What the definitions of attention and its gradient share: every score, in float32, with one row for each query head
/// of a key/value head and each position: R = H / Hkv · L.
struct AttentionScores {
  Array queries;  ///< (B, Hkv, R, D)
  Array keys;     ///< (B, Hkv, T, D); rows that were never written are zero
  Array values;   ///< (B, Hkv, T, Dv); the same
  Array scores;   ///< (B, Hkv, R, T) after the soft cap
  Array visible;  ///< bool (B, Hkv, R, T)
};

/// `inputs`: those of the operation. It may have an input more or less behind its first four.
AttentionScores attention_scores(const Attention& op, std::span<const Array> inputs);

/// (B, L, H, n) as (B, Hkv, R, n), and back.
Array rows_of_kv_heads(const Array& x, std::int64_t kv_heads);
Array heads_of_positions(const Array& rows, std::int64_t length);

}  // namespace etna
