#include <array>

#include "cli/commands/probe.h"
#include "engine/base/error.h"

namespace etna::cli {

namespace {

JsonText train_steps(Workbench&, Fields&) {
  fail(Errc::unsupported, "train_steps: this version of Etna does not train");
}

constexpr std::array table = {NamedOperation{"train_steps", train_steps}};

}  // namespace

std::span<const NamedOperation> training_operations() {
  return table;
}

}  // namespace etna::cli
