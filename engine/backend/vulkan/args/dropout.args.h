#include "engine/backend/vulkan/args/args.h"

// y = x with elements left out whose random word is below `least`, the others times factor; `count` contiguous elements.
// seed: low and high word; counter: int32.
ETNA_ARGS(DropoutArgs) {
  uint64_t x;
  uint64_t y;
  uint64_t seed;
  uint64_t counter;
  uint32_t count;
  uint32_t stream;
  uint32_t least;
  float factor;
} ETNA_ARGS_END
