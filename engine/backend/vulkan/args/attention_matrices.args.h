#include "engine/backend/vulkan/args/args.h"

// q and dy (B, L, H, D), contiguous; keys and values (B, Hkv, T, D) with strides in elements for B and Hkv, rows contiguous;
// log_sums and shares float32 (B, L, H); sinks (H) where there are any. y: attention (B, L, H, D), log sums float32 (B, L, H),
// gradients (B, L, H, D), or (B, Hkv, T, 2 D).
ETNA_ARGS(AttentionMatricesArgs) {
  uint64_t q;
  uint64_t keys;
  uint64_t values;
  uint64_t offsets;
  uint64_t dy;
  uint64_t log_sums;
  uint64_t shares;
  uint64_t sinks;
  uint64_t y;
  uint32_t key_strides[2];
  uint32_t value_strides[2];
  uint32_t tokens;     // L
  uint32_t key_heads;  // Hkv
  uint32_t places;     // T
  uint32_t window;     // 0: none
  float scale;
} ETNA_ARGS_END
