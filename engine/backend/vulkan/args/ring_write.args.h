#include "engine/backend/vulkan/args/args.h"

// ring[position mod size] = value.
ETNA_ARGS(RingWriteArgs) {
  uint64_t ring;
  uint64_t value;
  uint64_t position;
  uint32_t size;
  uint32_t stride;
} ETNA_ARGS_END
