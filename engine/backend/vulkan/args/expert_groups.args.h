#include "engine/backend/vulkan/args/args.h"

// `pairs` experts, indices[p], put in order: `order` names pairs of one expert after those of another; `tiles` are
// (expert, first place in the order, count <= tile_rows), as many as are needed and zeros up to tile_limit.
ETNA_ARGS(ExpertGroupsArgs) {
  uint64_t indices;
  uint64_t order;
  uint64_t tiles;
  uint32_t pairs;
  uint32_t experts;  // at most 1024
  uint32_t tile_rows;
  uint32_t tile_limit;
} ETNA_ARGS_END
