#include "engine/backend/vulkan/args/args.h"

// token = argmax(logits / temperature + Gumbel noise); seed: low and high word; counter: int32.
ETNA_ARGS(SampleTokenArgs) {
  uint64_t logits;
  uint64_t seed;
  uint64_t counter;
  uint64_t token;
  uint32_t n;
  float temperature;
} ETNA_ARGS_END
