#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "gui/store/database.h"
#include "gui/store/file_lock.h"
#include "gui/training/run_records.h"

namespace etna::runs {

/// Training runs in a database. A folder belongs to one program at a time. Not for several threads.
class RunStore {
public:
  static constexpr std::size_t spark_points = 40;

  /// `folder` is made where there is none. Runs that were at work are marked as interrupted: whoever held them is gone.
  /// Throws SqliteError; unsupported for a newer Etna's; io where another program has it.
  explicit RunStore(const std::filesystem::path& folder);

  std::vector<Summary> runs();  ///< the one changed last first

  /// Keeps a run under its number, in the place of what is kept under it.
  void put(const Run& run);
  void remove(RunId id);  ///< with its events; what lies in its folder stays

  /// What is kept already of an iteration is replaced.
  void add(RunId id, const Events& events);

  /// A run goes on from an iteration: what came after it is done again.
  void forget_after(RunId id, std::uint64_t iteration);

  Events events(RunId id);

private:
  void open();
  std::vector<double> spark(RunId id);

  std::filesystem::path folder_;
  std::optional<store::FileLock> lock_;
  std::optional<store::Database> database_;
};

}  // namespace etna::runs
