#include "engine/backend/vulkan/args/args.h"

// token = argmax(logits / temperature + Gumbel noise); state: seed low, seed high, counter.
ETNA_ARGS(SampleTokenArgs) {
  uint64_t logits;
  uint64_t state;
  uint64_t token;
  uint32_t n;
  float temperature;
} ETNA_ARGS_END
