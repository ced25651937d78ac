#include "cli/commands/cached_target.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/commands/model_folders.h"
#include "engine/base/error.h"
#include "hub/api.h"
#include "hub/cache_scan.h"
#include "hub/folders.h"
#include "hub/names.h"

namespace etna::cli {

namespace {

namespace fs = std::filesystem;

bool equal_but_for_case(const std::string& a, const std::string& b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// A path or name of something that is not the cache's: whose it is.
void refuse_others(const std::string& text) {
  for (const hub::ModelFolder& folder : other_model_folders()) {
    for (const hub::FoundModel& model : hub::scan_folder(folder).models) {
      std::error_code error;
      if (model.name != text && !fs::equivalent(model.path, text, error)) continue;
      if (folder.owner == hub::FolderOwner::user) {
        fail(Errc::unsupported, "{}: is in your folder {}, not in the shared cache; change it there", hub::escaped_name(text),
             folder.path.string());
      }
      fail(Errc::unsupported, "{}: belongs to {}; change it there", hub::escaped_name(text), hub::name(folder.owner));
    }
  }
}

std::string commit_of(const hub::CachedRepository& repository, const std::string& revision) {
  std::string known;
  for (const hub::CachedSnapshot& snapshot : repository.snapshots) {
    const bool named = std::ranges::find(snapshot.refs, revision) != snapshot.refs.end();
    if (named || (revision.size() >= 7 && snapshot.commit.starts_with(revision))) return snapshot.commit;
    known += (known.empty() ? "" : ", ") + snapshot.commit.substr(0, 12);
    for (const std::string& ref : snapshot.refs) known += fmt::format(" ({})", ref);
  }
  fail(Errc::not_found, "{} has no revision “{}” in the cache; there are: {}", repository.id, hub::escaped_name(revision), known);
}

}  // namespace

CachedTarget find_in_cache(const hub::Cache& cache, const std::string& text, const std::string& revision) {
  const auto pasted = hub::parse_pasted_model(text, {});
  const auto repository = pasted ? hub::scan_repository(cache, pasted->id) : std::nullopt;
  if (!repository) {
    refuse_others(text);
    if (!pasted)
      fail(Errc::invalid_argument, "“{}” is neither ORG/NAME, ORG/NAME:VERSION nor a link to a model", hub::escaped_name(text));
    fail(Errc::not_found, "{} is not in {}; etna-cli models lists what is there", pasted->id, cache.root().string());
  }
  CachedTarget target{.repository = repository->id};
  if (!revision.empty())
    target.commit = commit_of(*repository, revision);
  else if (pasted->revision != "main")
    target.commit = commit_of(*repository, pasted->revision);
  std::string known;
  for (hub::CachedVersion& version : hub::cached_versions(*repository)) {
    if (target.commit && version.commit != *target.commit) continue;
    known += (known.empty() ? "" : ", ") + (version.key.empty() ? version.commit.substr(0, 12) : version.key);
    if (!pasted->file.empty() && !equal_but_for_case(version.key, pasted->file)) continue;
    if (!pasted->file.empty()) target.version = version.key;
    target.versions.push_back(std::move(version));
  }
  if (target.versions.empty()) {
    if (pasted->file.empty()) fail(Errc::not_found, "{} has no weights in the cache", target.repository);
    fail(Errc::not_found, "{} has no version “{}” in the cache; there are: {}", target.repository, hub::escaped_name(pasted->file),
         known.empty() ? "none" : known);
  }
  return target;
}

std::string name_of(const hub::CachedVersion& version) {
  return version.key.empty() ? version.repository : version.repository + ":" + version.key;
}

}  // namespace etna::cli
