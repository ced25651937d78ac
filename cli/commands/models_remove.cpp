#include <fmt/core.h>

#include "cli/commands/cached_target.h"
#include "cli/commands/hub_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/base/error.h"
#include "hub/cache_trash.h"
#include "hub/download_problem.h"

namespace etna::cli {

namespace {

hub::RemovalPlan plan_of(const hub::Cache& cache, const CachedTarget& target) {
  if (target.version.empty()) return hub::plan_removal(cache, target.repository, target.commit);
  if (target.versions.size() > 1) {
    fail(Errc::invalid_argument, "{}: {} commits in the cache hold it; name one with --revision", name_of(target.versions.front()),
         target.versions.size());
  }
  const hub::CachedVersion& version = target.versions.front();
  return hub::plan_removal(cache, version.repository, version.commit, version.weight_files);
}

std::string what_goes(const CachedTarget& target, const hub::RemovalPlan& plan) {
  std::string text = target.version.empty() ? target.repository : target.repository + ":" + target.version;
  if (target.commit) text += " at " + target.commit->substr(0, 12);
  if (target.version.empty() && target.versions.size() > 1) {
    std::string names;
    for (const hub::CachedVersion& version : target.versions)
      names += (names.empty() ? "" : ", ") + (version.key.empty() ? version.commit.substr(0, 12) : version.key);
    text += fmt::format(" ({} versions: {})", target.versions.size(), names);
  }
  return fmt::format("{}, {}", text, hub::size_text(plan.freed_bytes));
}

int remove(const RemoveOptions& options) {
  const HubClient client({.endpoint = {}, .offline = true});
  const CachedTarget target = find_in_cache(client.cache(), options.model, options.revision);
  const hub::RemovalPlan plan = plan_of(client.cache(), target);
  const std::string what = what_goes(target, plan);
  if (!options.yes) {
    if (!is_interactive()) fail(Errc::invalid_argument, "models rm: would move {} to the trash; --yes does it without asking", what);
    const bool yes = ask_yes(fmt::format("Move to the trash: {}? Other programs that use this cache lose it, too.", what));
    if (!yes) {
      note("Nothing was removed.");
      return exit_other;
    }
  }
  const hub::TrashedModel trashed = hub::move_to_trash(client.cache(), plan);
  if (options.output == Output::json) {
    print(JsonText()
              .add("repository", plan.id)
              .add("version", target.version)
              .add("commits", std::span<const std::string>(plan.commits))
              .add("freed_bytes", trashed.bytes)
              .add("trash", trashed.folder.string())
              .object() +
          "\n");
  } else {
    print(fmt::format("Moved to the trash: {}. The space is free once the trash is emptied.\n{}\n", what, trashed.folder.string()));
  }
  return exit_success;
}

}  // namespace

int run_models_remove(const RemoveOptions& options) {
  return report_hub_problems(options.output, {}, {}, [&] { return remove(options); });
}

}  // namespace etna::cli
