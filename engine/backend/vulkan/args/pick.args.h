#include "engine/backend/vulkan/args/args.h"

// For each part of the logits: the largest of logits / temperature + Gumbel noise (or of the logits alone) and its
// place. seed: low and high word; counter: int32.
ETNA_ARGS(PickArgs) {
  uint64_t logits;
  uint64_t seed;
  uint64_t counter;
  uint64_t values;
  uint64_t places;
  uint32_t n;
  float temperature;
} ETNA_ARGS_END
