#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "cli/commands/commands.h"
#include "cli/commands/engine_client.h"
#include "cli/commands/estimate_text.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/workbench.h"

namespace etna::cli {

namespace {

/// A model, and what it takes where that was asked for and can be said.
struct Row {
  ModelListing model;
  std::optional<LoadEstimate> estimate;
  std::string problem;  // why there is no estimate
};

std::vector<Row> rows(const ModelsOptions& options) {
  std::vector<Row> result;
  for (ModelListing& model : list_models()) result.push_back({std::move(model), std::nullopt, {}});
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
  for (const auto& [model, estimate, problem] : rows) {
    if (list.size() > 1) list += ",";
    JsonText row;
    row.add("name", model.name)
        .add("path", model.path)
        .add("model_type", model.model_type)
        .add("format", model.format)
        .add("bytes", model.bytes)
        .add("is_starter", model.is_starter);
    if (estimate) row.add_json("memory", estimate_json(*estimate));
    if (!problem.empty()) row.add("problem", problem);
    list += row.object();
  }
  return JsonText().add_json("models", list + "]").object() + "\n";
}

std::string as_table(const std::vector<Row>& rows, bool memory) {
  std::size_t name_width = 4, type_width = 4, format_width = 6;
  for (const auto& [model, estimate, problem] : rows) {
    name_width = std::max(name_width, model.name.size());
    type_width = std::max(type_width, model.model_type.size());
    format_width = std::max(format_width, model.format.size());
  }
  const auto row = [&](std::string_view name, std::string_view type, std::string_view format, std::string_view size,
                       std::string_view needs, std::string_view fit, std::string_view path) {
    const std::string of_memory = memory ? fmt::format("  {:>8}  {:<10}", needs, fit) : "";
    return fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>8}{}  {}\n", name, name_width, type, type_width, format, format_width,
                       size, of_memory, path);
  };
  std::string table = row("NAME", "TYPE", "FORMAT", "SIZE", "MEMORY", "HERE", "PATH");
  for (const auto& [model, estimate, problem] : rows) {
    table += row(model.name, model.model_type, model.format, format_bytes(model.bytes), estimate ? format_memory(estimate->total()) : "?",
                 estimate ? words(estimate->fit) : "?", model.path);
  }
  return table;
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
