#include "engine/backend/vulkan/args/args.h"

// All contiguous: q and dy (B, L, H, D and Dv), keys and values (B, Hkv, T, D and Dv), log_sums and shares float32 (B, L, H),
// sinks (H) where there are any. y: log sums (B, L, H), or gradients (B, L, H, D), or (B, Hkv, T, D + Dv).
ETNA_ARGS(AttentionGradientArgs) {
  uint64_t q;
  uint64_t keys;
  uint64_t values;
  uint64_t offsets;
  uint64_t dy;
  uint64_t log_sums;
  uint64_t shares;
  uint64_t sinks;
  uint64_t y;
  uint32_t tokens;     // L
  uint32_t key_heads;  // Hkv
  uint32_t places;     // T
  uint32_t window;     // 0: none
  float scale;
} ETNA_ARGS_END
