#include "engine/array/view.h"

namespace etna {

bool View::contiguous() const {
  std::int64_t step = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    if (shape[axis] == 0) return true;
    if (shape[axis] != 1 && strides[axis] != step) return false;
    step *= shape[axis];
  }
  return true;
}

bool View::rows_contiguous() const { return shape.empty() || shape.back() <= 1 || strides.back() == 1; }

}  // namespace etna
