#include "cli/commands/model_folders.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/commands/hub_client.h"
#include "cli/commands/terminal.h"
#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"

namespace etna::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_list = std::size_t{16} << 20;

/// The window's list: [{"path": …, "disk": …, "models": […]}, …].
std::vector<hub::ModelFolder> linked_folders() {
  std::vector<hub::ModelFolder> folders;
  const fs::path file = hub_data_folder() / "folders.json";
  nlohmann::json list;
  try {
    list = parse_json(read_text_file(file, largest_list), file.string(), 16);
  } catch (const Error& error) {
    if (error.code() != Errc::not_found) note(error.what());
    return folders;
  }
  if (!list.is_array()) return folders;
  for (const nlohmann::json& entry : list) {
    if (!entry.is_object() || !entry.contains("path") || !entry["path"].is_string()) continue;
    const fs::path path = entry["path"].get<std::string>();
    if (path.is_absolute()) folders.push_back({.path = path});
  }
  return folders;
}

}  // namespace

std::vector<hub::ModelFolder> other_model_folders() {
  std::vector<hub::ModelFolder> folders = linked_folders();
  const auto variable = [](std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    return std::string(value ? value : "");
  };
  const std::string home = variable("HOME");
  if (home.empty()) return folders;
  for (hub::ModelFolder& store : hub::find_other_programs_folders(home, variable)) {
    const bool is_linked = std::ranges::find(folders, store.path, &hub::ModelFolder::path) != folders.end();
    if (!is_linked) folders.push_back(std::move(store));
  }
  return folders;
}

}  // namespace etna::cli
