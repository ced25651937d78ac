#pragma once

#include <filesystem>
#include <functional>
#include <span>

#include "gui/store/database.h"

namespace etna::store {

/// One step from the version before it. Runs in a transaction; throwing leaves the database as it was.
struct Migration {
  int version;  ///< what the schema is afterwards; steps follow each other without gaps from 1
  std::function<void(Database&)> apply;
};

/// Brings a schema up to date, each step in a transaction of its own. `before` is called once before anything changes
/// in a database that holds something (to keep a copy). Throws unsupported for a newer schema, and whatever a step
/// throws.
void migrate(Database& database, std::span<const Migration> steps, const std::function<void()>& before = {});

/// Version of the last step.
int latest_version(std::span<const Migration> steps);

}  // namespace etna::store
