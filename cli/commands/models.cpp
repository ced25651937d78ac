#include <fmt/core.h>

#include <algorithm>

#include "cli/commands/commands.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/workbench.h"

namespace etna::cli {

namespace {

std::string as_json(const std::vector<ModelListing>& models) {
  std::string list = "[";
  for (const ModelListing& model : models) {
    if (list.size() > 1) list += ",";
    list += JsonText()
                .add("name", model.name)
                .add("path", model.path)
                .add("model_type", model.model_type)
                .add("format", model.format)
                .add("bytes", model.bytes)
                .add("is_starter", model.is_starter)
                .object();
  }
  return JsonText().add_json("models", list + "]").object() + "\n";
}

std::string as_table(const std::vector<ModelListing>& models) {
  std::size_t name_width = 4, type_width = 4, format_width = 6;
  for (const ModelListing& model : models) {
    name_width = std::max(name_width, model.name.size());
    type_width = std::max(type_width, model.model_type.size());
    format_width = std::max(format_width, model.format.size());
  }
  const auto row = [&](std::string_view name, std::string_view type, std::string_view format, std::string_view size,
                       std::string_view path) {
    return fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>8}  {}\n", name, name_width, type, type_width, format, format_width,
                       size, path);
  };
  std::string table = row("NAME", "TYPE", "FORMAT", "SIZE", "PATH");
  for (const ModelListing& model : models) {
    table += row(model.name, model.model_type, model.format, format_bytes(model.bytes), model.path);
  }
  return table;
}

}  // namespace

int run_models(Output output) {
  const std::vector<ModelListing> models = list_models();
  print(output == Output::json ? as_json(models) : as_table(models));
  return exit_success;
}

}  // namespace etna::cli
