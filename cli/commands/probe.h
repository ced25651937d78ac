#pragma once

#include <string>

#include "cli/commands/json_text.h"
#include "cli/commands/probe_fields.h"
#include "engine/workbench.h"

namespace etna::cli {

/// One operation: reads its fields, calls finish(), does the work and gives the members of the answer.
using ProbeOperation = JsonText (*)(Workbench&, Fields&);

struct NamedOperation {
  const char* name;
  ProbeOperation run;
};

// The groups; each is a file probe_<group>.cpp.
std::span<const NamedOperation> model_operations();
std::span<const NamedOperation> file_operations();
std::span<const NamedOperation> text_operations();
std::span<const NamedOperation> sampling_operations();
std::span<const NamedOperation> training_operations();

/// Names of all operations, as `info` lists them.
std::vector<std::string> operation_names();

}  // namespace etna::cli
