#include "engine/array/backend.h"
#include "engine/array/graph_access.h"
#include "engine/array/schedule.h"

namespace etna {

void evaluate(std::span<const Array> arrays, Backend& backend) {
  Program program = schedule(arrays, backend, 0);
  const std::vector<View> outputs = program.outputs;
  backend.prepare(std::move(program))->run();
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    GraphAccess::set_view(arrays[i], outputs[i]);
    GraphAccess::forget_history(arrays[i]);
  }
}

}  // namespace etna
