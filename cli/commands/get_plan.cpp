#include "cli/commands/get_plan.h"

#include <fmt/core.h>
#include <fnmatch.h>

#include <algorithm>

#include "cli/commands/estimate_text.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/base/error.h"
#include "hub/downloads.h"
#include "hub/names.h"

namespace etna::cli {

namespace {

bool matches_any(const std::string& path, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return ::fnmatch(pattern.c_str(), path.c_str(), 0) == 0; });
}

hub::RemoteFile remote(const hub::TreeFile& file) {
  return {.path = file.path, .blob = file.etag(), .size = file.size};
}

std::vector<hub::RemoteFile> matching_files(const GetOptions& options, const hub::Tree& tree) {
  std::vector<hub::RemoteFile> files;
  for (const hub::TreeFile& file : tree.files) {
    if (!options.include.empty() && !matches_any(file.path, options.include)) continue;
    if (!matches_any(file.path, options.exclude)) files.push_back(remote(file));
  }
  if (options.include.empty()) files = hub::wanted_by_default(files);
  hub::sort_for_download(files);
  if (files.empty()) fail(Errc::not_found, "{}: no file matches", options.model);
  return files;
}

std::string names_of(const hub::Versions& versions) {
  std::string names;
  for (const hub::ModelVersion& version : versions.versions) names += (names.empty() ? "" : ", ") + version.key;
  return names;
}

/// The version to take; none if nobody can say.
std::optional<std::size_t> choose(const GetOptions& options, const GetPlan& plan, const Judgement& judgement) {
  const std::optional<std::size_t> best =
      judgement.choice.index >= 0 ? std::optional(static_cast<std::size_t>(judgement.choice.index)) : std::nullopt;
  if (options.yes) {
    if (!best) fail(Errc::out_of_memory, "{}: no version fits this computer; name one to download it all the same", plan.target.id);
    return best;
  }
  const bool can_ask = is_interactive() && !options.dry_run && options.output == Output::text;
  if (!can_ask) {
    if (options.output == Output::json) {
      print(JsonText()
                .add("repository", plan.model.info.id)
                .add("commit", plan.model.info.commit)
                .add_json("versions", judgement_json(judgement))
                .object() +
            "\n");
    } else {
      print(judgement_table(judgement));
    }
    return std::nullopt;
  }
  note(judgement_table(judgement));
  const std::string offered = best ? judgement.versions[*best].version.key : std::string();
  fmt::print(stderr, "Which version?{} ", offered.empty() ? "" : " [" + offered + "]");
  std::fflush(stderr);
  const std::string answer = read_line().value_or("");
  if (answer.empty() && best) return best;
  const auto found = find_version(plan.model.versions, answer);
  if (!found) fail(Errc::invalid_argument, "there is no version “{}”; there are: {}", hub::escaped_name(answer), names_of(plan.model.versions));
  return found;
}

void take_version(GetPlan& plan, const JudgedVersion& judged) {
  plan.version = judged.version.key;
  plan.label = judged.version.label;
  plan.estimate = judged.estimate;
  if (judged.version.format == hub::WeightFormat::gguf) plan.first = judged.version.weight_files.front();
  for (const auto* files : {&judged.version.other_files, &judged.version.weight_files}) {
    for (const std::string& path : *files) {
      if (const hub::TreeFile* file = plan.model.tree.find(path)) plan.files.push_back(remote(*file));
    }
  }
}

/// Says what speaks against it; throws where nothing speaks for it.
void warn(const GetOptions& options, const GetPlan& plan, const JudgedVersion& judged) {
  if (!judged.version.missing_parts.empty()) {
    fail(Errc::not_found, "{}: the repository is incomplete: {} is missing; its authors may still be uploading it", plan.target.id,
         judged.version.missing_parts.front());
  }
  if (judged.unsupported && !options.force)
    fail(Errc::unsupported, "Not supported: {}. --force downloads it all the same", judged.why_not);
  if (judged.unsupported) return note("Not supported: " + judged.why_not);
  if (!judged.estimate) {
    if (!judged.why_not.empty()) note("Whether it runs here could not be found out: " + judged.why_not);
    return;
  }
  note(fmt::format("{} · {} of memory at {} tokens of context · {}", judged.version.label, format_memory(judged.estimate->total()),
                   judged.estimate->context_length, fit_sentence(*judged.estimate)));
}

}  // namespace

GetTarget target_of(const GetOptions& options, const std::string& endpoint) {
  const auto pasted = hub::parse_pasted_model(options.model, endpoint);
  if (!pasted)
    fail(Errc::invalid_argument, "get: \"{}\" is neither ORG/NAME nor a link to a model", hub::escaped_name(options.model));
  GetTarget target{.id = pasted->id, .revision = pasted->revision, .version = pasted->file};
  if (!options.version.empty()) target.version = options.version;
  if (!options.revision.empty()) {
    if (const auto wrong = hub::wrong_with_revision(options.revision))
      fail(Errc::invalid_argument, "get: the revision \"{}\" {}", hub::escaped_name(options.revision), *wrong);
    target.revision = options.revision;
  }
  return target;
}

std::uint64_t GetPlan::bytes() const {
  std::uint64_t bytes = 0;
  for (const hub::RemoteFile& file : files) bytes += file.size;
  return bytes;
}

std::vector<std::string> GetPlan::paths() const {
  std::vector<std::string> paths;
  for (const hub::RemoteFile& file : files) paths.push_back(file.path);
  return paths;
}

std::optional<GetPlan> make_plan(const GetOptions& options, const HubClient& client, const GetTarget& target) {
  GetPlan plan{.target = target, .model = look_up(client.api(), target.id, target.revision)};
  for (const std::string& refused : plan.model.tree.refused) note("Left out: " + refused);
  if (!options.include.empty() || !options.exclude.empty()) {
    plan.files = matching_files(options, plan.model.tree);
    return plan;
  }
  const hub::Versions& versions = plan.model.versions;
  std::optional<std::size_t> wanted;
  if (!target.version.empty()) {
    wanted = find_version(versions, target.version);
    if (const hub::TreeFile* file = plan.model.tree.find(target.version); !wanted && file) {
      plan.files = {remote(*file)};
      plan.first = file->path;
      return plan;
    }
    if (!wanted) {
      fail(Errc::not_found, "{} has no version “{}”; it has: {}", plan.model.info.id, hub::escaped_name(target.version),
           versions.versions.empty() ? "none" : names_of(versions));
    }
  }
  if (versions.versions.empty()) {
    fail(Errc::unsupported, "{}: {} Files are downloaded all the same with --include '*'", plan.model.info.id, versions.sentence);
  }
  if (versions.versions.size() == 1) wanted = 0;
  const Engine engine;
  const Judgement judgement = judge(client, plan.model, engine, wanted);
  if (!wanted) wanted = choose(options, plan, judgement);
  if (!wanted) return std::nullopt;
  warn(options, plan, judgement.versions[*wanted]);
  take_version(plan, judgement.versions[*wanted]);
  return plan;
}

namespace {

bool is_one_of_several(const GetPlan& plan) {
  return !plan.version.empty() && plan.model.versions.versions.size() > 1;
}

}  // namespace

std::string command_of(const GetOptions& options, const GetPlan& plan) {
  std::string command = "etna-cli get " + shell_quoted(is_one_of_several(plan) ? plan.target.id + ":" + plan.version : plan.target.id);
  if (plan.target.revision != "main") command += " --revision " + shell_quoted(plan.target.revision);
  if (plan.version.empty() && !plan.first.empty()) command += " --include " + shell_quoted(plan.first);
  for (const std::string& pattern : options.include) command += " --include " + shell_quoted(pattern);
  for (const std::string& pattern : options.exclude) command += " --exclude " + shell_quoted(pattern);
  if (!options.local_dir.empty()) command += " --local-dir " + shell_quoted(options.local_dir);
  if (!options.hub.endpoint.empty()) command += " --endpoint " + shell_quoted(options.hub.endpoint);
  if (options.force) command += " --force";
  return command;
}

}  // namespace etna::cli
