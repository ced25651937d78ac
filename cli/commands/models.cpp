#include <fmt/core.h>

#include <map>
#include <optional>

#include "cli/commands/cached_target.h"
#include "cli/commands/commands.h"
#include "cli/commands/engine_client.h"
#include "cli/commands/estimate_text.h"
#include "cli/commands/hub_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/model_folders.h"
#include "cli/commands/table.h"
#include "cli/commands/terminal.h"
#include "engine/workbench.h"
#include "hub/cache_scan.h"
#include "hub/folders.h"

namespace etna::cli {

namespace {

/// A model, whose it is, and what it takes where that was asked for and can be said.
struct Row {
  ModelListing model;
  std::string owner;                         // "Etna", "Hugging Face cache", "LM Studio" …
  std::optional<hub::CachedVersion> cached;  // of the shared cache
  std::optional<LoadEstimate> estimate;
  std::string problem;  // why there is no estimate
};

/// Models of the cache by the path that is loaded.
std::map<std::string, hub::CachedVersion> cached_by_path() {
  const HubClient client({.endpoint = {}, .offline = true});
  std::map<std::string, hub::CachedVersion> result;
  const hub::CacheListing listing = hub::scan_cache(client.cache());
  for (const std::string& sentence : listing.unreadable) note(sentence);
  for (const hub::CachedRepository& repository : listing.repositories) {
    for (hub::CachedVersion& version : hub::cached_versions(repository)) {
      if (!version.missing.empty())
        note(name_of(version) + ": " + version.missing.front() + " is missing; go on with: etna-cli get " + name_of(version));
      result.emplace(version.path.string(), std::move(version));
    }
  }
  return result;
}

/// Models in linked folders and other programs' stores.
void add_others(std::vector<Row>& rows) {
  for (const hub::ModelFolder& folder : other_model_folders()) {
    for (hub::FoundModel& found : hub::scan_folder(folder).models) {
      if (!found.missing.empty()) {
        note(found.name + ": " + found.missing.front() + " is missing");
        continue;
      }
      Row row;
      row.model.name = std::move(found.name);
      row.model.path = found.path.string();
      row.model.bytes = found.bytes;
      row.owner = hub::name(folder.owner);
      rows.push_back(std::move(row));
    }
  }
}

/// Whole ones that are not listed: why.
void tell_unusable(const std::map<std::string, hub::CachedVersion>& versions) {
  std::optional<EngineClient> engine;
  for (const auto& [path, version] : versions) {
    if (!version.missing.empty()) continue;  // that was said
    if (!engine) engine.emplace();
    try {
      ModelOptions asked;
      asked.model = path;
      engine->estimate(asked);
    } catch (const Error& error) {
      note(fmt::format("Not usable: {}: {}", name_of(version), error.what()));
    }
  }
}

std::vector<Row> rows(const ModelsOptions& options) {
  std::vector<Row> result;
  std::map<std::string, hub::CachedVersion> cached = cached_by_path();
  for (ModelListing& model : list_models()) {
    Row row{.model = std::move(model), .owner = {}, .cached = {}, .estimate = {}, .problem = {}};
    row.owner = row.model.is_starter ? "Etna" : hub::name(hub::FolderOwner::hugging_face);
    if (auto found = cached.extract(row.model.path)) row.cached = std::move(found.mapped());
    result.push_back(std::move(row));
  }
  tell_unusable(cached);
  add_others(result);
  if (!options.memory) return result;
  const EngineClient engine;
  for (Row& row : result) {
    try {
      ModelOptions asked;
      asked.model = row.model.path;
      asked.device = options.device;
      row.estimate = engine.estimate(asked);
    } catch (const Error& error) {
      row.problem = error.what();
    }
  }
  return result;
}

std::string as_json(const std::vector<Row>& rows) {
  std::string list = "[";
  for (const auto& [model, owner, cached, estimate, problem] : rows) {
    if (list.size() > 1) list += ",";
    JsonText row;
    row.add("name", model.name)
        .add("path", model.path)
        .add("model_type", model.model_type)
        .add("format", model.format)
        .add("bytes", model.bytes)
        .add("is_starter", model.is_starter)
        .add("owner", owner);
    if (cached) row.add("repository", cached->repository).add("version", cached->key).add("commit", cached->commit);
    if (estimate) row.add_json("memory", estimate_json(*estimate));
    if (!problem.empty()) row.add("problem", problem);
    list += row.object();
  }
  return JsonText().add_json("models", list + "]").object() + "\n";
}

std::string as_table(const std::vector<Row>& rows, bool memory) {
  std::vector<Table::Column> columns = {{"NAME"}, {"TYPE"}, {"FORMAT"}, {"SIZE", Table::Align::right}};
  if (memory) columns.insert(columns.end(), {{"MEMORY", Table::Align::right}, {"HERE"}});
  columns.insert(columns.end(), {{"OWNER"}, {"PATH"}});
  Table table(std::move(columns));
  for (const auto& [model, owner, cached, estimate, problem] : rows) {
    std::vector<std::string> cells = {model.name, model.model_type, model.format, format_bytes(model.bytes)};
    if (memory) {
      cells.push_back(estimate ? format_memory(estimate->total()) : "?");
      cells.emplace_back(estimate ? words(estimate->fit) : "?");
    }
    cells.push_back(owner);
    cells.push_back(model.path);
    table.add(std::move(cells));
  }
  return table.text();
}

}  // namespace

int run_models(const ModelsOptions& options) {
  const std::vector<Row> listed = rows(options);
  print(options.output == Output::json ? as_json(listed) : as_table(listed, options.memory));
  for (const Row& row : listed) {
    if (!row.problem.empty()) note(row.model.name + ": " + row.problem);
  }
  return exit_success;
}

}  // namespace etna::cli
