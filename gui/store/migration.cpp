#include "gui/store/migration.h"

#include <string>

namespace etna::store {

int latest_version(std::span<const Migration> steps) {
  return steps.empty() ? 0 : steps.back().version;
}

void migrate(Database& database, std::span<const Migration> steps, const std::function<void()>& before) {
  const int version = database.user_version();
  const int latest = latest_version(steps);
  if (version > latest)
    fail(Errc::unsupported, "{}: its version is {}, this Etna reads up to {}", database.path().filename().string(),
         version, latest);
  if (version == latest) return;
  if (version > 0 && before) before();
  for (const Migration& step : steps) {
    if (step.version <= version) continue;
    Transaction transaction(database);
    step.apply(database);
    if (database.prepare("PRAGMA foreign_key_check").step())
      fail(Errc::corrupt, "{}: version {} would leave rows that point nowhere", database.path().filename().string(),
           step.version);
    database.run("PRAGMA user_version = " + std::to_string(step.version));
    transaction.commit();
  }
}

}  // namespace etna::store
