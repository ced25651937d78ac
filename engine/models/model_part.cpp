#include "engine/models/model_part.h"

namespace etna {

std::vector<CacheShape> cache_shapes(std::span<const ModelPart> parts) {
  std::vector<CacheShape> shapes;
  for (const ModelPart& part : parts) {
    for (const CacheShape& shape : part.model->cache_shapes()) shapes.push_back(shape);
  }
  return shapes;
}

}  // namespace etna
