#include <fmt/core.h>

#include <map>
#include <set>
#include <stop_token>

#include "cli/commands/cached_target.h"
#include "cli/commands/download_run.h"
#include "cli/commands/hub_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/base/error.h"
#include "hub/cache_scan.h"
#include "hub/verify.h"
#include "hub/verify_records.h"

namespace etna::cli {

namespace fs = std::filesystem;

namespace {

/// A file that is read once, however many snapshots have it.
struct Check {
  std::string repository, commit, path;
  std::string blob;  ///< what it must hash to
  fs::path place;
  std::uint64_t size = 0;
};

struct Result {
  std::vector<Check> damaged;
  std::size_t intact = 0;
  std::size_t unknown = 0;  ///< files that nobody knows the hash of
  std::uint64_t bytes = 0;
};

std::vector<hub::CachedSnapshot> snapshots_of(const hub::CachedRepository& repository, const CachedTarget* target) {
  if (!target) return repository.snapshots;
  std::vector<hub::CachedSnapshot> result;
  for (const hub::CachedSnapshot& snapshot : repository.snapshots) {
    const bool meant = !target->commit || snapshot.commit == *target->commit;
    if (meant) result.push_back(snapshot);
  }
  return result;
}

/// Of one version, its own files; else all that the snapshots have.
std::set<std::string> wanted_files(const CachedTarget* target) {
  std::set<std::string> wanted;
  if (!target || target->version.empty()) return wanted;
  for (const hub::CachedVersion& version : target->versions)
    for (const hub::CachedFile& file : version.files) wanted.insert(file.path);
  return wanted;
}

void add_checks(std::vector<Check>& checks, Result& result, const hub::Cache& cache, const hub::CachedRepository& repository,
                const CachedTarget* target) {
  const std::set<std::string> wanted = wanted_files(target);
  std::set<std::string> seen;
  for (const hub::CachedSnapshot& snapshot : snapshots_of(repository, target)) {
    for (const hub::CachedFile& file : snapshot.files) {
      if (!file.is_present || (!wanted.empty() && !wanted.contains(file.path))) continue;
      const auto place = cache.find(repository.id, snapshot.commit, file.path);
      if (!hub::hash_kind(file.blob) || !place) {
        ++result.unknown;
      } else if (seen.insert(file.blob).second) {
        checks.push_back({repository.id, snapshot.commit, file.path, file.blob, *place, file.size});
      }
    }
  }
}

std::vector<Check> checks_of(const VerifyOptions& options, const hub::Cache& cache, Result& result) {
  std::vector<Check> checks;
  if (options.model.empty()) {
    const hub::CacheListing listing = hub::scan_cache(cache);
    for (const std::string& sentence : listing.unreadable) note(sentence);
    for (const hub::CachedRepository& repository : listing.repositories) add_checks(checks, result, cache, repository, nullptr);
    return checks;
  }
  const CachedTarget target = find_in_cache(cache, options.model, {});
  if (const auto repository = hub::scan_repository(cache, target.repository)) add_checks(checks, result, cache, *repository, &target);
  return checks;
}

Result run_checks(const std::vector<Check>& checks, Result result, const fs::path& data) {
  hub::VerifyRecords records(data / "checked-files");
  std::uint64_t total = 0;
  for (const Check& check : checks) total += check.size;
  ProgressLine line("Checking");
  const CatchInterrupt interrupt;
  std::stop_source stop;
  const auto report = [&](std::uint64_t done, std::uint64_t) {
    line.show(result.bytes + done, total);
    if (interrupt.caught()) stop.request_stop();
  };
  for (const Check& check : checks) {
    const std::string hash = hub::hash_file(check.place, *hub::hash_kind(check.blob), {.report = report, .stop = stop.get_token()});
    if (interrupt.caught()) fail(Errc::cancelled, "checking was stopped");
    records.record(check.place, hash);
    result.bytes += check.size;
    if (hash == check.blob)
      ++result.intact;
    else
      result.damaged.push_back(check);
  }
  return result;
}

/// Loads damaged pieces again. Returns the exit code.
int repair(const VerifyOptions& options, const HubClient& client, std::vector<Check>& damaged) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> by_snapshot;
  for (const Check& check : damaged) by_snapshot[{check.repository, check.commit}].push_back(check.path);
  hub::DownloadQueue queue(client.queue_options());
  queue.start();
  for (const auto& [snapshot, files] : by_snapshot) {
    const auto& [repository, commit] = snapshot;
    const DownloadOutcome outcome = run_download(
        queue, {.repository = repository, .revision = commit, .title = "Repair of " + repository, .files = files}, options.output);
    if (!outcome.is_done()) return tell_unfinished(outcome, "etna-cli models verify --repair " + shell_quoted(repository), options.output);
    std::erase_if(damaged, [&](const Check& check) { return check.repository == repository && check.commit == commit; });
  }
  return exit_success;
}

std::string as_json(const Result& result, std::size_t repaired) {
  std::string list;
  for (const Check& check : result.damaged) {
    list += (list.empty() ? "" : ",") +
            JsonText().add("repository", check.repository).add("commit", check.commit).add("file", check.path).add("path", check.place.string()).object();
  }
  return JsonText()
             .add("intact", static_cast<std::uint64_t>(result.intact))
             .add("unknown", static_cast<std::uint64_t>(result.unknown))
             .add("repaired", static_cast<std::uint64_t>(repaired))
             .add("bytes", result.bytes)
             .add_json("damaged", "[" + list + "]")
             .object() +
         "\n";
}

int verify(const VerifyOptions& options) {
  const HubClient client(options.hub);
  Result result;
  const std::vector<Check> checks = checks_of(options, client.cache(), result);
  result = run_checks(checks, std::move(result), client.data_folder());
  for (const Check& check : result.damaged)
    note(fmt::format("Damaged: {} of {} ({})", check.path, check.repository, check.place.string()));
  const std::size_t damaged = result.damaged.size();
  int code = damaged == 0 ? exit_success : exit_model;
  if (damaged > 0 && options.repair) code = repair(options, client, result.damaged);
  const std::size_t repaired = damaged - result.damaged.size();
  if (options.output == Output::json) {
    print(as_json(result, repaired));
  } else {
    std::string text = fmt::format("{} files are whole ({})", result.intact, format_bytes(result.bytes));
    if (damaged > 0) text += fmt::format(", {} damaged", damaged);
    if (repaired > 0) text += fmt::format(", {} of them repaired", repaired);
    if (result.unknown > 0) text += fmt::format(", {} have no hash to compare with", result.unknown);
    print(text + ".\n");
  }
  if (!result.damaged.empty() && !options.repair)
    note("Repair with: etna-cli models verify --repair" + (options.model.empty() ? std::string() : " " + shell_quoted(options.model)));
  return code;
}

}  // namespace

int run_models_verify(const VerifyOptions& options) {
  return report_hub_problems(options.output, options.hub, {}, [&] { return verify(options); });
}

}  // namespace etna::cli
