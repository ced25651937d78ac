#include "engine/backend/vulkan/args/args.h"

// token = the place of the largest value, the lowest of equals.
ETNA_ARGS(PickCombineArgs) {
  uint64_t values;
  uint64_t places;
  uint64_t token;
  uint32_t parts;
} ETNA_ARGS_END
