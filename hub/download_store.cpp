// The saved queue: one JSON file, hostile when it is read.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "hub/download_row.h"
#include "hub/names.h"
#include "hub/verify.h"

namespace etna::hub {

namespace {

using nlohmann::json;

constexpr int format_version = 1;

json to_json(const DownloadRow& row) {
  json files = json::array();
  for (const DownloadRowFile& entry : row.files) {
    files.push_back({{"path", entry.file.path},
                     {"blob", entry.file.blob},
                     {"size", entry.file.size},
                     {"done", entry.done},
                     {"fetched", entry.fetched}});
  }
  json result = {{"id", row.id},
                 {"request",
                  {{"repository", row.request.repository},
                   {"revision", row.request.revision},
                   {"title", row.request.title},
                   {"files", row.request.files}}},
                 {"repository", row.repository},
                 {"commit", row.commit},
                 {"files", std::move(files)},
                 {"state", name(row.state)},
                 {"problem", {{"code", row.problem.code}, {"title", row.problem.title}, {"text", row.problem.text}}},
                 {"missing_space", row.missing_space},
                 {"waits_for_folder", row.waits_for_folder}};
  if (row.file_system) result["file_system"] = *row.file_system;
  if (!row.root.empty()) result["root"] = row.root.string();
  if (!row.moving_to.empty()) result["moving_to"] = row.moving_to.string();
  return result;
}

/// Not get<>(): that would convert what is too large or no whole number.
std::uint64_t natural(const json& value, const char* key) {
  const json& number = value.at(key);
  if (!number.is_number_unsigned()) fail(Errc::corrupt, "saved downloads: {} is no count", key);
  return number.get<std::uint64_t>();
}

DownloadState state_of(const std::string& text) {
  for (int i = 0; i <= static_cast<int>(DownloadState::failed); ++i) {
    if (name(static_cast<DownloadState>(i)) == text) return static_cast<DownloadState>(i);
  }
  fail(Errc::corrupt, "saved downloads: there is no state \"{}\"", text);
}

RemoteFile file_of(const json& value) {
  RemoteFile file{.path = value.at("path").get<std::string>(),
                  .blob = value.at("blob").get<std::string>(),
                  .size = natural(value, "size")};
  check_file_name(file.path);
  check_blob_name(file.blob);
  if (file.size > longest_file) fail(Errc::corrupt, "saved downloads: a file has {} bytes", file.size);
  return file;
}

std::filesystem::path folder_of(const json& value, const char* key) {
  if (!value.contains(key)) return {};
  std::filesystem::path folder = value.at(key).get<std::string>();
  if (!folder.is_absolute()) fail(Errc::corrupt, "saved downloads: {} is no absolute path", key);
  return folder;
}

DownloadRow row_of(const json& value) {
  DownloadRow row;
  row.id = natural(value, "id");
  const json& request = value.at("request");
  row.request = {.repository = request.at("repository").get<std::string>(),
                 .revision = request.at("revision").get<std::string>(),
                 .title = request.at("title").get<std::string>(),
                 .files = request.at("files").get<std::vector<std::string>>()};
  check_repository_id(row.request.repository);
  check_revision(row.request.revision);
  row.repository = value.at("repository").get<std::string>();
  if (!row.repository.empty()) check_repository_id(row.repository);
  row.commit = value.at("commit").get<std::string>();
  if (!row.commit.empty()) check_commit(row.commit);
  for (const json& entry : value.at("files")) {
    row.files.push_back(
        {.file = file_of(entry), .done = entry.at("done").get<bool>(), .fetched = entry.at("fetched").get<bool>()});
  }
  row.state = state_of(value.at("state").get<std::string>());
  const json& problem = value.at("problem");
  row.problem = {.code = problem.at("code").get<std::string>(),
                 .title = problem.at("title").get<std::string>(),
                 .text = problem.at("text").get<std::string>()};
  row.missing_space = natural(value, "missing_space");
  row.waits_for_folder = value.at("waits_for_folder").get<bool>();
  if (value.contains("file_system")) row.file_system = natural(value, "file_system");
  row.root = folder_of(value, "root");
  row.moving_to = folder_of(value, "moving_to");
  return row;
}

}  // namespace

std::string rows_to_json(const std::vector<DownloadRow>& rows) {
  json list = json::array();
  for (const DownloadRow& row : rows) {
    if (!row.cancelled) list.push_back(to_json(row));
  }
  const json whole = {{"version", format_version}, {"downloads", std::move(list)}};
  return whole.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

SavedRows rows_from_json(const std::string& text, const std::string& where) {
  const json whole = parse_json(text, where, 16);
  SavedRows result;
  if (!whole.is_object() || whole.value("version", json()) != format_version || !whole.contains("downloads") ||
      !whole["downloads"].is_array()) {
    fail(Errc::corrupt, "{}: is no saved queue of version {}", where, format_version);
  }
  for (const json& entry : whole["downloads"]) {
    try {
      DownloadRow row = row_of(entry);
      const bool is_known = std::ranges::any_of(result.rows, [&](const auto& other) { return other.id == row.id; });
      constexpr DownloadId most = DownloadId{1} << 62;  // there are others to come
      if (row.id == 0 || row.id > most || is_known) fail(Errc::corrupt, "{}: {} is no id for a row", where, row.id);
      result.next_id = std::max(result.next_id, row.id + 1);
      result.rows.push_back(std::move(row));
    } catch (const Error&) {
      ++result.refused;
    } catch (const json::exception&) {
      ++result.refused;
    }
  }
  return result;
}

}  // namespace etna::hub
