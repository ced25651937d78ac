// Listing, model pages, trees.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/hub/support/test_hub_parts.h"

namespace etna::test {

using nlohmann::json;

namespace {

json gated_value(const Repository& repository) { return repository.gated.empty() ? json(false) : json(repository.gated); }

json siblings(const Commit& commit, bool with_blobs) {
  json list = json::array();
  for (const auto& [path, blob] : commit.files) {
    json entry = {{"rfilename", path}};
    if (with_blobs) {
      entry["blobId"] = blob->oid;
      entry["size"] = blob->size;
      if (blob->lfs) entry["lfs"] = {{"sha256", blob->sha256}, {"size", blob->size}, {"pointerSize", blob->pointer.size()}};
    }
    list.push_back(entry);
  }
  return list;
}

/// Everything that a model page can say; queries choose from it.
json all_fields(const Repository& repository, const Commit* commit, bool with_blobs) {
  json value = {{"_id", sha1_hex(repository.id).substr(0, 24)},
                {"id", repository.id},
                {"modelId", repository.id},
                {"author", repository.id.substr(0, repository.id.find('/'))},
                {"cardData", json::object()},
                {"config", json::parse(repository.config_json)},
                {"createdAt", "2026-01-21T03:45:36.000Z"},
                {"disabled", repository.disabled},
                {"downloads", repository.downloads},
                {"gated", gated_value(repository)},
                {"lastModified", "2026-09-25T08:49:23.000Z"},
                {"library_name", repository.library_name},
                {"likes", repository.likes},
                {"model-index", nullptr},
                {"pipeline_tag", repository.pipeline_tag},
                {"private", repository.is_private},
                {"spaces", json::array()},
                {"tags", repository.tags},
                {"transformersInfo", json::object()},
                {"trendingScore", repository.likes},
                {"usedStorage", 0},
                {"widgetData", json::object()}};
  if (commit != nullptr) {
    value["sha"] = commit->id;
    value["siblings"] = siblings(*commit, with_blobs);
  }
  if (!repository.safetensors_json.empty()) value["safetensors"] = json::parse(repository.safetensors_json);
  if (!repository.gguf_json.empty()) value["gguf"] = json::parse(repository.gguf_json);
  return value;
}

json chosen(const json& all, const std::set<std::string>& keys) {
  json value = {{"_id", all["_id"]}, {"id", all["id"]}};
  for (const std::string& key : keys) {
    if (all.contains(key)) value[key] = all[key];
    if (key == "xetEnabled") value[key] = true;
  }
  return value;
}

std::set<std::string> expansions(const ServerRequest& request) {
  std::set<std::string> keys;
  for (const char* name : {"expand", "expand[]"}) {
    for (const std::string& value : request.parameters(name)) {
      if (value != "true" && value != "false") keys.insert(value);
    }
  }
  return keys;
}

bool contains_word(std::string text, std::string word) {
  for (std::string* value : {&text, &word}) {
    std::ranges::transform(*value, value->begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  return text.find(word) != text.npos;
}

bool matches(const ServerRequest& request, const Repository& repository) {
  for (const std::string& word : request.parameters("search")) {
    if (!contains_word(repository.id, word)) return false;
  }
  const std::string author = request.parameter("author");
  if (!author.empty() && !repository.id.starts_with(author + "/")) return false;
  for (const std::string& tag : request.parameters("filter")) {
    if (std::ranges::find(repository.tags, tag) == repository.tags.end()) return false;
  }
  const std::string task = request.parameter("pipeline_tag");
  if (!task.empty() && task != repository.pipeline_tag) return false;
  const std::string gated = request.parameter("gated");
  return gated.empty() || (gated == "true") == !repository.gated.empty();
}

json tree_entry(const std::string& path, const Blob& blob, bool expand) {
  json entry = {{"type", "file"}, {"oid", blob.oid}, {"size", blob.size}, {"path", path}};
  if (blob.lfs) {
    entry["lfs"] = {{"oid", blob.sha256}, {"size", blob.size}, {"pointerSize", blob.pointer.size()}};
    entry["xetHash"] = blob.xet_hash;
  }
  if (expand) {
    entry["lastCommit"] = {{"id", std::string(40, 'c')}, {"title", "Add files"}, {"date", "2026-09-25T08:49:23.000Z"}};
    entry["securityFileStatus"] = {{"status", "safe"}};
  }
  return entry;
}

json directory_entry(const std::string& path) {
  return {{"type", "directory"}, {"oid", sha1_hex(path)}, {"size", 0}, {"path", path}};
}

}  // namespace

/// A page of a list, and the way to the next one in a Link header: absolute, with a cursor that nobody can guess.
ServerAnswer TestHub::page(const ServerRequest& request, const json& items, std::size_t size) const {
  const std::string prefix = "page-";
  const std::string sent = request.parameter("cursor");
  std::size_t first = 0;
  if (const std::string cursor = sent.size() % 4 == 0 ? base64_decoded(sent) : ""; cursor.starts_with(prefix)) {
    first = std::stoul(cursor.substr(prefix.size()));
  }
  const std::size_t last = std::min(first + size, items.size());
  json part = json::array();
  for (std::size_t i = first; i < last; ++i) part.push_back(items[i]);
  ServerAnswer answer = json_answer(part);
  if (last < items.size()) {
    std::string target = request.target;
    if (const std::size_t at = target.find("cursor="); at != target.npos) target.erase(at - 1);
    std::string cursor = base64_encoded(fmt::format("{}{}", prefix, last));
    for (std::size_t at = cursor.find('='); at != cursor.npos; at = cursor.find('=')) cursor.replace(at, 1, "%3D");
    answer.set("Link", fmt::format("<{}{}{}cursor={}>; rel=\"next\"", endpoint(), target,
                                   target.find('?') == target.npos ? '?' : '&', cursor));
  }
  return answer;
}

ServerAnswer TestHub::list_models(const ServerRequest& request) {
  if (has_bad_token(request)) return error_answer(401, "Invalid credentials in Authorization header");
  std::vector<const Repository*> found;
  for (const auto& [id, repository] : repositories_) {
    if ((!repository.is_private || user_of(request) != nullptr) && matches(request, repository)) found.push_back(&repository);
  }
  const std::string sort = request.parameter("sort");
  std::ranges::stable_sort(found, std::ranges::greater(), [&](const Repository* repository) {
    return sort == "downloads" ? repository->downloads : sort == "likes" || sort.empty() || sort == "trendingScore" ? repository->likes : 0;
  });
  const std::set<std::string> keys = expansions(request);
  const bool full = request.parameter("full") == "true";
  json list = json::array();
  for (const Repository* repository : found) {
    const json all = all_fields(*repository, repository->find("main"), false);
    if (!keys.empty()) {
      list.push_back(chosen(all, keys));
    } else {
      std::set<std::string> usual = {"modelId", "likes", "private", "downloads", "tags", "pipeline_tag", "library_name", "createdAt", "trendingScore"};
      if (full) usual.insert({"author", "sha", "lastModified", "gated", "disabled", "siblings"});
      if (request.parameter("config") == "true") usual.insert("config");
      if (request.parameter("cardData") == "true") usual.insert("cardData");
      list.push_back(chosen(all, usual));
    }
  }
  const std::string limit = request.parameter("limit");
  const std::size_t size = limit.empty() ? options_.page_size : std::stoul(limit);
  return page(request, list, std::min(size, options_.page_size));
}

ServerAnswer TestHub::model_info(const ServerRequest& request, const Repository& repository, const std::string& revision) {
  const Commit* commit = repository.find(revision);
  if (commit == nullptr && !repository.commits.empty()) {
    return error_answer(404, "Invalid rev id: " + revision, "RevisionNotFound");
  }
  json all = all_fields(repository, commit, request.parameter("blobs") == "true");
  if (const std::set<std::string> keys = expansions(request); !keys.empty()) return json_answer(chosen(all, keys));
  all.erase("trendingScore");
  return json_answer(all);
}

ServerAnswer TestHub::tree(const ServerRequest& request, const Repository& repository, const std::string& rest) {
  // "refs/pr/1/folder" cannot be told from "branch/folder" once decoded: the longest known revision counts.
  const Commit* commit = nullptr;
  std::string folder;
  for (std::size_t end = rest.size();; end = rest.rfind('/', end - 1)) {
    commit = repository.find(rest.substr(0, end));
    if (commit != nullptr || end == 0 || rest.rfind('/', end - 1) == rest.npos) {
      folder = end < rest.size() ? rest.substr(end + 1) + "/" : "";
      break;
    }
  }
  if (commit == nullptr) return error_answer(404, "Invalid rev id: " + rest, "RevisionNotFound");
  const bool recursive = request.parameter("recursive") == "true" || request.parameter("recursive") == "1";
  const bool expand = request.parameter("expand") == "true";
  json list = json::array();
  std::set<std::string> folders;
  for (const auto& [path, blob] : commit->files) {
    if (!path.starts_with(folder)) continue;
    bool shown = true;
    for (std::size_t slash = path.find('/', folder.size()); slash != path.npos; slash = path.find('/', slash + 1)) {
      if (shown && folders.insert(path.substr(0, slash)).second) list.push_back(directory_entry(path.substr(0, slash)));
      shown = recursive;
    }
    if (shown) list.push_back(tree_entry(path, *blob, expand));
  }
  return page(request, list, expand ? std::min<std::size_t>(options_.page_size, 50) : options_.page_size);
}

ServerAnswer TestHub::paths_info(const ServerRequest& request, const Repository& repository, const std::string& revision) {
  const Commit* commit = repository.find(revision);
  if (commit == nullptr) return error_answer(404, "Invalid rev id: " + revision, "RevisionNotFound");
  std::vector<std::string> paths;
  bool expand = false;
  if (request.header("content-type").starts_with("application/json")) {
    const json body = json::parse(request.body);
    paths = body.at("paths").get<std::vector<std::string>>();
    expand = body.value("expand", false);
  } else {
    ServerRequest form = request;  // the same notation as a query
    form.target = "?" + request.body;
    form.query.clear();
    std::string_view rest = request.body;
    while (!rest.empty()) {
      const std::string_view item = rest.substr(0, rest.find('&'));
      const std::size_t equals = item.find('=');
      std::string value(item.substr(equals + 1));
      for (std::size_t at = value.find("%2F"); at != value.npos; at = value.find("%2F")) value.replace(at, 3, "/");
      if (item.substr(0, equals) == "paths") paths.push_back(value);
      if (item.substr(0, equals) == "expand") expand = value == "true";
      rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    }
  }
  json list = json::array();
  for (const std::string& path : paths) {
    const auto found = commit->files.find(path);
    if (found != commit->files.end()) list.push_back(tree_entry(path, *found->second, expand));
  }
  return json_answer(list);
}

ServerAnswer TestHub::refs(const Repository& repository) {
  json branches = json::array();
  for (const auto& [name, commit] : repository.refs) {
    branches.push_back({{"name", name}, {"ref", "refs/heads/" + name}, {"targetCommit", commit}});
  }
  return json_answer({{"branches", branches}, {"tags", json::array()}, {"converts", json::array()}});
}

ServerAnswer TestHub::commits(const Repository& repository, const std::string& revision) {
  if (repository.find(revision) == nullptr) return error_answer(404, "Invalid rev id: " + revision, "RevisionNotFound");
  json list = json::array();
  for (auto commit = repository.commits.rbegin(); commit != repository.commits.rend(); ++commit) {
    list.push_back({{"id", commit->id}, {"title", commit->title}, {"message", ""}, {"date", "2026-09-25T08:49:23.000Z"},
                    {"authors", json::array({{{"user", "tester"}}})}});
  }
  return json_answer(list);
}

}  // namespace etna::test
