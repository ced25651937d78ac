#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/commands/commands.h"

namespace etna::cli {

/// Verbs put here what to do when they were chosen.
using Action = std::function<int()>;

/// Options of the verbs that have to do with the model hub and the models on this computer.
struct HubVerbs {
  SearchOptions search;
  GetOptions get;
  ModelsOptions models;
  RemoveOptions remove;
  VerifyOptions verify;
  WhereOptions where;
  LoginOptions login;
};

/// search, get, models (ls, rm, verify, where), login.
void add_hub_verbs(CLI::App& app, HubVerbs& options, Action& action);

}  // namespace etna::cli
