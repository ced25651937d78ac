#include "engine/plan/plan.h"

#include "engine/array/schedule.h"
#include "engine/plan/fuse.h"

namespace etna {

std::unique_ptr<Plan> Plan::compile(std::span<const Array> outputs, Backend& backend, OwnerId owner, std::shared_ptr<WorkingMemory> working) {
  const std::vector<Array> fused = fuse(outputs, backend);
  Program program = schedule(fused, backend, owner, std::move(working));
  auto plan = std::unique_ptr<Plan>(new Plan);
  for (const View& view : program.outputs) plan->outputs_.emplace_back(view);
  plan->executable_ = backend.prepare(std::move(program));
  return plan;
}

}  // namespace etna
