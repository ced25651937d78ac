#include <fmt/core.h>

#include "cli/commands/cached_target.h"
#include "cli/commands/hub_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/model_folders.h"
#include "cli/commands/table.h"
#include "cli/commands/terminal.h"

namespace etna::cli {

namespace {

int show_model(const WhereOptions& options, const HubClient& client) {
  const CachedTarget target = find_in_cache(client.cache(), options.model, {});
  std::string list;
  for (const hub::CachedVersion& version : target.versions) {
    if (options.output == Output::text) print(version.path.string() + "\n");
    list += (list.empty() ? "" : ",") +
            JsonText().add("name", name_of(version)).add("commit", version.commit).add("path", version.path.string()).object();
  }
  if (options.output == Output::json) print(JsonText().add_json("models", "[" + list + "]").object() + "\n");
  return exit_success;
}

int show_folders(const WhereOptions& options, const HubClient& client) {
  std::vector<hub::ModelFolder> folders = other_model_folders();
  folders.insert(folders.begin(), {.path = client.cache().root(), .owner = hub::FolderOwner::hugging_face});
  std::string list;
  Table table({{"FOLDER"}, {"OWNER"}});
  for (const hub::ModelFolder& folder : folders) {
    std::error_code error;
    const bool is_there = std::filesystem::is_directory(folder.path, error);
    table.add({folder.path.string(), std::string(hub::name(folder.owner)) + (is_there ? "" : " (not there)")});
    list += (list.empty() ? "" : ",") +
            JsonText().add("path", folder.path.string()).add("owner", hub::name(folder.owner)).add("exists", is_there).object();
  }
  if (options.output == Output::json)
    print(JsonText().add_json("folders", "[" + list + "]").object() + "\n");
  else
    print(table.text());
  return exit_success;
}

}  // namespace

int run_models_where(const WhereOptions& options) {
  return report_hub_problems(options.output, {}, {}, [&] {
    const HubClient client({.endpoint = {}, .offline = true});
    return options.model.empty() ? show_folders(options, client) : show_model(options, client);
  });
}

}  // namespace etna::cli
