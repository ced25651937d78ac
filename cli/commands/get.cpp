#include <fmt/core.h>

#include <algorithm>

#include "cli/commands/commands.h"
#include "cli/commands/download_run.h"
#include "cli/commands/estimate_text.h"
#include "cli/commands/get_plan.h"
#include "cli/commands/hub_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/base/error.h"
#include "hub/cache_scan.h"
#include "hub/cached_versions.h"
#include "hub/download_problem.h"
#include "hub/local_folder.h"
#include "hub/verify.h"

namespace etna::cli {

namespace fs = std::filesystem;

namespace {

/// Where files go, and what of them is there.
struct Destination {
  fs::path root;  ///< on the disk whose space counts
  fs::path path;  ///< of the model, when it is there
  std::vector<bool> present = {};
  std::uint64_t needed = 0;  ///< bytes that will still be written
};

bool is_file(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error);
}

/// `cache`: where parts are.
std::uint64_t bytes_to_write(const hub::Cache& cache, const std::string& id, const hub::RemoteFile& file) {
  return file.size - std::min(file.size, hub::allocated_bytes(cache.part(id, file.blob)));
}

Destination in_cache(const HubClient& client, const GetPlan& plan) {
  const hub::Cache& cache = client.cache();
  const std::string& id = plan.model.info.id;
  const std::string& commit = plan.model.info.commit;
  Destination destination{.root = cache.root(), .path = cache.snapshot(id, commit)};
  if (!plan.first.empty()) destination.path /= plan.first;
  for (const hub::RemoteFile& file : plan.files) {
    const bool is_here = cache.find(id, commit, file.path) || is_file(cache.blob(id, file.blob));
    destination.present.push_back(is_here);
    if (!is_here) destination.needed += bytes_to_write(cache, id, file);
  }
  return destination;
}

hub::Cache staging_cache(const hub::LocalFolder& folder) {
  return hub::Cache(folder.staging() / "hub", hub::Cache::Links::none);
}

Destination in_folder(const hub::LocalFolder& folder, const GetPlan& plan) {
  const hub::Cache staging = staging_cache(folder);
  const std::string& id = plan.model.info.id;
  const std::string& commit = plan.model.info.commit;
  Destination destination{.root = folder.path(), .path = folder.path()};
  if (!plan.first.empty()) destination.path /= plan.first;
  ProgressLine line("Looking at what is there");
  for (const hub::RemoteFile& file : plan.files) {
    const bool is_here = folder.has(file, commit, {.report = [&](std::uint64_t done, std::uint64_t total) { line.show(done, total); }, .stop = {}});
    destination.present.push_back(is_here);
    if (!is_here && !staging.find(id, commit, file.path)) destination.needed += bytes_to_write(staging, id, file);
  }
  return destination;
}

std::uint64_t present_bytes(const GetPlan& plan, const Destination& destination) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < plan.files.size(); ++i) bytes += destination.present[i] ? plan.files[i].size : 0;
  return bytes;
}

int show_plan(const GetOptions& options, const GetPlan& plan, const Destination& destination) {
  const hub::Space space = options.space(destination.root);
  const std::uint64_t missing = destination.needed == 0 ? 0 : hub::missing_bytes(space, destination.needed, hub::reserved_bytes(space));
  if (options.output == Output::json) {
    std::string files;
    for (std::size_t i = 0; i < plan.files.size(); ++i) {
      files += (i == 0 ? "" : ",") + JsonText().add("path", plan.files[i].path).add("bytes", plan.files[i].size).add("present", destination.present[i]).object();
    }
    JsonText text;
    text.add("repository", plan.model.info.id)
        .add("commit", plan.model.info.commit)
        .add("revision", plan.target.revision)
        .add("version", plan.version)
        .add("path", destination.path.string())
        .add("total_bytes", plan.bytes())
        .add("present_bytes", present_bytes(plan, destination))
        .add("needed_bytes", destination.needed)
        .add("free_bytes", space.available)
        .add("missing_space_bytes", missing)
        .add_json("files", "[" + files + "]");
    if (plan.estimate) text.add_json("memory", estimate_json(*plan.estimate));
    print(text.object() + "\n");
    return missing > 0 ? exit_disk : exit_success;
  }
  print(fmt::format("{} at {} ({}){}\n", plan.model.info.id, plan.model.info.commit.substr(0, 12), plan.target.revision,
                    plan.label.empty() ? "" : ", " + plan.label));
  for (std::size_t i = 0; i < plan.files.size(); ++i)
    print(fmt::format("  {:>8}  {}{}\n", format_bytes(plan.files[i].size), plan.files[i].path, destination.present[i] ? "  (here)" : ""));
  print(fmt::format("{} in all, {} to download, {} free\ninto {}\n", format_bytes(plan.bytes()), format_bytes(destination.needed),
                    format_bytes(space.available), destination.path.string()));
  if (missing > 0) note(fmt::format("{} more must be free on the disk first.", hub::size_text(missing)));
  return missing > 0 ? exit_disk : exit_success;
}

void check_space(const GetOptions& options, const Destination& destination) {
  if (destination.needed == 0) return;
  const hub::Space space = options.space(destination.root);
  const std::uint64_t missing = hub::missing_bytes(space, destination.needed, hub::reserved_bytes(space));
  if (missing > 0) throw hub::DownloadError(Errc::io, hub::disk_full(destination.root, missing));
}

hub::DownloadRequest request_of(const GetPlan& plan, std::vector<std::string> files) {
  const std::string name = plan.model.info.id.substr(plan.model.info.id.find('/') + 1);
  return {.repository = plan.target.id,
          .revision = plan.target.revision,
          .title = plan.label.empty() ? name : name + " · " + plan.label,
          .files = std::move(files)};
}

int tell_done(const GetOptions& options, const GetPlan& plan, const std::string& commit, const fs::path& path) {
  if (options.output == Output::json) {
    print(JsonText()
              .add("event", "done")
              .add("repository", plan.model.info.id)
              .add("commit", commit)
              .add("version", plan.version)
              .add("bytes", plan.bytes())
              .add("path", path.string())
              .object() +
          "\n");
  } else {
    print(path.string() + "\n");
  }
  return exit_success;
}

int get_into_cache(const GetOptions& options, const HubClient& client, const GetPlan& plan) {
  const Destination destination = in_cache(client, plan);
  if (options.dry_run) return show_plan(options, plan, destination);
  check_space(options, destination);
  hub::DownloadQueue::Options settings = client.queue_options();
  settings.space = options.space;
  hub::DownloadQueue queue(std::move(settings));
  queue.start();
  const DownloadOutcome outcome = run_download(queue, request_of(plan, plan.paths()), options.output);
  if (!outcome.is_done()) return tell_unfinished(outcome, command_of(options, plan), options.output);
  // A row that went on is of the commit that it began with.
  return tell_done(options, plan, outcome.status.commit, plan.first.empty() ? outcome.status.folder : outcome.status.folder / plan.first);
}

/// A copy, so that changing a file in the folder does not change the cache. False if the cache has no intact one.
bool copy_from_cache(const hub::Cache& cache, const hub::LocalFolder& folder, const GetPlan& plan, const hub::RemoteFile& file) {
  auto source = cache.find(plan.model.info.id, plan.model.info.commit, file.path);
  if (!source) source = cache.find_blob(file.blob);
  const auto kind = hub::hash_kind(file.blob);
  std::error_code error;
  if (!source || !kind || fs::file_size(*source, error) != file.size || error) return false;
  const fs::path copy = folder.staging() / ("copy-" + file.blob);
  fs::copy_file(*source, copy, fs::copy_options::overwrite_existing, error);
  if (error || hub::hash_file(copy, *kind) != file.blob) {
    fs::remove(copy, error);
    return false;
  }
  folder.adopt(copy, file, plan.model.info.commit);
  return true;
}

int get_into_folder(const GetOptions& options, const HubClient& client, const GetPlan& plan) {
  const hub::LocalFolder folder(options.local_dir);
  const Destination destination = in_folder(folder, plan);
  if (options.dry_run) return show_plan(options, plan, destination);
  check_space(options, destination);
  hub::DownloadQueue::Options settings = client.queue_options();
  settings.data_folder = folder.staging() / "queue";
  settings.cache_root = folder.staging() / "hub";
  settings.links = hub::Cache::Links::none;
  settings.may_be_unsaved = false;  // who fills this folder has it for itself
  settings.space = options.space;
  const std::string& id = plan.model.info.id;
  std::string commit = plan.model.info.commit;
  {
    hub::DownloadQueue queue(std::move(settings));
    std::vector<std::string> rest;
    std::vector<hub::RemoteFile> wanted;
    for (std::size_t i = 0; i < plan.files.size(); ++i) {
      if (destination.present[i] || copy_from_cache(client.cache(), folder, plan, plan.files[i])) continue;
      rest.push_back(plan.files[i].path);
      wanted.push_back(plan.files[i]);
    }
    if (!rest.empty()) {
      queue.start();
      hub::DownloadRequest request = request_of(plan, std::move(rest));
      request.revision = commit;  // the notes name it: what is there must be of it
      const DownloadOutcome outcome = run_download(queue, std::move(request), options.output);
      if (!outcome.is_done()) return tell_unfinished(outcome, command_of(options, plan), options.output);
    }
    const hub::Cache staging = staging_cache(folder);
    for (const hub::RemoteFile& file : wanted) folder.adopt(staging.file(id, commit, file.path), file, commit);
  }
  folder.remove_staging();
  return tell_done(options, plan, commit, destination.path);
}

/// Without a network: a copy that is here, if what was asked for can only be that. False if there is none.
bool find_offline(const GetOptions& options, const HubClient& client, const GetTarget& target) {
  if (!options.local_dir.empty() || !options.include.empty() || !options.exclude.empty()) return false;
  const auto commit = client.cache().ref(target.id, target.revision);
  const auto repository = hub::scan_repository(client.cache(), target.id);
  if (!repository) return false;
  std::vector<hub::CachedVersion> matching;
  for (hub::CachedVersion& version : hub::cached_versions(*repository)) {
    const bool of_revision = version.commit == commit.value_or(target.revision);
    const bool named = target.version.empty() || version.key == target.version || version.key.empty();
    if (of_revision && version.missing.empty() && named) matching.push_back(std::move(version));
  }
  if (matching.size() != 1) return false;
  const hub::CachedVersion& found = matching.front();
  note(fmt::format("There is no network. This is what was downloaded before (commit {}).", found.commit.substr(0, 12)));
  GetPlan plan;
  plan.model.info.id = found.repository;
  plan.version = found.key;
  for (const hub::CachedFile& file : found.files) plan.files.push_back({.path = file.path, .blob = file.blob, .size = file.size});
  tell_done(options, plan, found.commit, found.path);
  return true;
}

int get(const GetOptions& options, const HubClient& client, const GetTarget& target) {
  std::optional<GetPlan> plan;
  try {
    plan = make_plan(options, client, target);
  } catch (const hub::HubError& error) {
    const hub::Trouble trouble = error.problem().trouble;
    const bool no_network = trouble == hub::Trouble::no_network || trouble == hub::Trouble::unknown_host;
    if (!options.dry_run && no_network && find_offline(options, client, target)) return exit_success;
    throw;
  }
  if (!plan) {
    if (options.dry_run) return exit_success;
    note(fmt::format("Choose with etna-cli get {}:VERSION, or take the recommended one with --yes.", target.id));
    return exit_usage;
  }
  return options.local_dir.empty() ? get_into_cache(options, client, *plan) : get_into_folder(options, client, *plan);
}

}  // namespace

int run_get(const GetOptions& options) {
  GetTarget target;
  return report_hub_problems(options.output, options.hub, target.id, [&] {
    const HubClient client(options.hub);
    target = target_of(options, client.environment().endpoint);
    return get(options, client, target);
  });
}

}  // namespace etna::cli
