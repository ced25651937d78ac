#include "engine/backend/vulkan/args/args.h"

// q (B, L, H, D), keys (B, Hkv, T, D), values (B, Hkv, T, Dv), all with strides in elements (words of packed rows); y
// (B, L, H, Dv) contiguous. With more than one split, y is float32 partial sums (B, L, H, splits, Dv), not divided, and
// `stats` their (maximum, sum). sinks (H), where there are any.
ETNA_ARGS(AttentionArgs) {
  uint64_t q;
  uint64_t keys;
  uint64_t values;
  uint64_t offsets;
  uint64_t y;
  uint64_t stats;
  uint64_t sinks;
  uint32_t q_strides[4];
  uint32_t key_strides[4];
  uint32_t value_strides[4];
  uint32_t tokens;       // L
  uint32_t key_heads;    // Hkv
  uint32_t places;       // T
  uint32_t splits;
  float scale;
  uint32_t window;
} ETNA_ARGS_END
