#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/commands/training_options.h"

namespace etna::cli {

/// What the verbs of fine-tuning are told; lives as long as the command line.
struct TrainingVerbs {
  LoraOptions lora;
  FuseOptions fuse;
  AdapterOptions adapter;
};

/// lora, fuse, adapter. The chosen one becomes `action`.
void add_training_verbs(CLI::App& app, TrainingVerbs& verbs, std::function<int()>& action);

}  // namespace etna::cli
