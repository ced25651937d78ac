#include "engine/array/backend.h"
#include "engine/array/graph_access.h"
#include "engine/array/schedule.h"
#include "engine/base/files.h"

namespace etna {

void check_files(const Program& program) {
  if (!any_mapped_file_is_damaged()) return;
  for (const Step& step : program.steps) {
    for (const View& input : step.inputs) {
      if (input.buffer && input.buffer->host()) check_mapped_file(input.buffer->host());  // imported pages are the buffer
    }
  }
}

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
