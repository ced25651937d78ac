#pragma once

#include <vector>

#include "engine/array/backend.h"
#include "engine/models/model.h"

namespace etna {

/// A part of a model and the place where it lies and is computed. The parts of a model follow each other: the first begins
/// with ids, the last ends with logits. A model in one place is one part. Both pointers must outlive the part's users.
struct ModelPart {
  const Model* model = nullptr;
  Backend* backend = nullptr;
  OwnerId owner = 0;
};

/// The caches of all parts, one entry a layer.
std::vector<CacheShape> cache_shapes(std::span<const ModelPart> parts);

}  // namespace etna
