// Uploads: repositories, preupload, LFS objects in one or several parts, commits.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/hub/support/test_hub_parts.h"

namespace etna::test {

using nlohmann::json;

namespace {

constexpr std::uint64_t largest_single_upload = std::uint64_t{5} << 20;
constexpr std::uint64_t part_size = std::uint64_t{2} << 20;

std::string full_name(const json& body) {
  const std::string name = body.at("name");
  const std::string organization = body.value("organization", "");
  return organization.empty() || name.find('/') != name.npos ? name : organization + "/" + name;
}

ServerAnswer lfs_answer(const json& value) {
  ServerAnswer answer = json_answer(value);
  answer.set("Content-Type", "application/vnd.git-lfs+json; charset=utf-8");
  return answer;
}

}  // namespace

ServerAnswer TestHub::create_repository(const ServerRequest& request) {
  const TestUser* user = user_of(request);
  if (user == nullptr) return error_answer(401, "Invalid username or password.");
  if (user->role != "write") return error_answer(403, "You don't have the rights to create a model");
  const json body = json::parse(request.body);
  const std::string id = full_name(body);
  const std::string url = "https://huggingface.co/" + id;
  if (find(id) != nullptr) {
    const std::string message = "You already created this model repo: " + id;
    ServerAnswer answer = json_answer({{"error", message}, {"url", url}}, 409);
    answer.set("X-Error-Message", message);
    return answer;
  }
  Repository& repository = add(id);
  repository.is_private = body.value("private", false) || body.value("visibility", "") == "private";
  repository.tags.clear();
  repository.commit({{".gitattributes", make_blob("*.safetensors filter=lfs diff=lfs merge=lfs -text\n", false)}},
                    "initial commit");
  return json_answer({{"url", url}, {"name", id}, {"id", sha1_hex(id).substr(0, 24)}});
}

ServerAnswer TestHub::delete_repository(const ServerRequest& request) {
  const std::string id = full_name(json::parse(request.body));
  if (auto refused = refusal(request, find(id), false, true)) return std::move(*refused);
  repositories_.erase(id);
  ServerAnswer answer = text_answer(200, "OK");
  answer.set("ETag", "W/\"2-nOO9QiTIwXgNtWtBJezz8kv3SLc\"");
  return answer;
}

ServerAnswer TestHub::validate_card(const ServerRequest& request) const {
  const json body = json::parse(request.body);
  json errors = json::array();
  if (!body.at("content").get<std::string>().starts_with("---")) errors.push_back({{"message", "no metadata"}});
  return json_answer({{"errors", errors}, {"warnings", json::array()}});
}

ServerAnswer TestHub::preupload(const ServerRequest& request, const Repository& repository, const std::string& revision) {
  const Commit* head = repository.find(revision);
  if (head == nullptr) return error_answer(404, "Invalid rev id: " + revision, "RevisionNotFound");
  json files = json::array();
  for (const json& file : json::parse(request.body).at("files")) {
    const std::string path = file.at("path");
    json entry = {{"path", path},
                  {"uploadMode", is_lfs_name(path, file.value("size", std::uint64_t{0})) ? "lfs" : "regular"},
                  {"shouldIgnore", false}};
    if (const auto known = head->files.find(path); known != head->files.end()) entry["oid"] = known->second->etag();
    files.push_back(entry);
  }
  return json_answer({{"files", files}, {"commitOid", head->id}});
}

ServerAnswer TestHub::lfs_batch(const ServerRequest& request) {
  const std::string id = request.path.substr(1, request.path.find(".git/") - 1);
  if (auto refused = refusal(request, find(id), false, true)) return std::move(*refused);
  const json body = json::parse(request.body);
  json objects = json::array();
  std::string transfer = "basic";
  for (const json& object : body.at("objects")) {
    const std::string oid = object.at("oid");
    const std::uint64_t size = object.at("size");
    json entry = {{"oid", oid}, {"size", size}};
    if (!stored_objects_.contains(oid)) {
      json upload = {{"href", fmt::format("{}/put/{}", content_network(), oid)}};
      if (size > largest_single_upload) {
        transfer = "multipart";
        json header = {{"chunk_size", std::to_string(part_size)}};
        for (std::uint64_t part = 1; part <= (size + part_size - 1) / part_size; ++part) {
          header[fmt::format("{:05}", part)] = fmt::format("{}/part/{}/{}", content_network(), oid, part);
        }
        upload = {{"href", fmt::format("{}/lfs-complete/{}", endpoint(), oid)}, {"header", header}};
      }
      entry["actions"] = {{"upload", upload}, {"verify", {{"href", endpoint() + "/lfs-verify"}}}};
    }
    objects.push_back(entry);
  }
  return lfs_answer({{"transfer", transfer}, {"objects", objects}});
}

ServerAnswer TestHub::take_upload(const ServerRequest& request) {
  ServerAnswer answer = text_answer(200, "");
  answer.set("ETag", "\"" + sha1_hex(request.body) + "\"");
  if (request.path.starts_with("/put/")) {
    const std::string oid = request.path.substr(5);
    if (sha256_hex(request.body) != oid) return text_answer(400, "another hash");
    stored_objects_[oid] = request.body;
  } else if (request.path.starts_with("/part/")) {
    const std::size_t slash = request.path.find('/', 6);
    parts_[request.path.substr(6, slash - 6)][std::stoi(request.path.substr(slash + 1))] = request.body;
  } else {
    return text_answer(404, "Not Found");
  }
  return answer;
}

ServerAnswer TestHub::lfs_complete(const ServerRequest& request, const std::string& oid) {
  const json body = json::parse(request.body);
  std::string whole;
  for (const json& part : body.at("parts")) {
    const std::string& bytes = parts_[oid][part.at("partNumber").get<int>()];
    if (part.at("etag") != "\"" + sha1_hex(bytes) + "\"") return error_answer(400, "a part has another ETag");
    whole += bytes;
  }
  if (sha256_hex(whole) != oid) return error_answer(400, "another hash");
  stored_objects_[oid] = whole;
  parts_.erase(oid);
  return lfs_answer({{"success", true}});
}

ServerAnswer TestHub::lfs_verify(const ServerRequest& request) {
  const json body = json::parse(request.body);
  const auto found = stored_objects_.find(body.at("oid").get<std::string>());
  if (found == stored_objects_.end() || found->second.size() != body.at("size")) return error_answer(404, "Object not found");
  return lfs_answer(json::object());
}

ServerAnswer TestHub::take_commit(const ServerRequest& request, Repository& repository, const std::string& revision) {
  const Commit* head = repository.find(revision);
  if (head == nullptr) return error_answer(404, "Invalid rev id: " + revision, "RevisionNotFound");
  std::map<std::string, BlobRef> files = head->files;
  std::string title = "Commit";
  std::istringstream lines(request.body);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const json item = json::parse(line);
    const std::string key = item.at("key");
    const json& value = item.at("value");
    if (key == "header") {
      title = value.at("summary");
      if (const std::string parent = value.value("parentCommit", ""); !parent.empty() && parent != head->id) {
        return error_answer(412, "A commit has happened since. Please refresh and try again.");
      }
    } else if (key == "file") {
      files[value.at("path")] = make_blob(base64_decoded(value.at("content").get<std::string>()), false);
    } else if (key == "lfsFile") {
      const auto object = stored_objects_.find(value.at("oid").get<std::string>());
      if (object == stored_objects_.end()) {
        return error_answer(400, fmt::format("Your push was rejected because an LFS pointer pointed to a file that does not "
                                             "exist. For instance, this can happen if you used git push --no-verify to push "
                                             "your changes. Offending file: - {}", value.at("path").get<std::string>()));
      }
      files[value.at("path")] = make_blob(object->second, true);
    } else if (key == "deletedFile") {
      files.erase(value.at("path").get<std::string>());
    } else if (key == "deletedFolder") {
      const std::string folder = value.at("path");
      std::erase_if(files, [&](const auto& file) { return file.first.starts_with(folder); });
    }
  }
  const std::string branch = revision == "HEAD" ? "main" : revision;
  const std::string id = repository.commit(std::move(files), title, branch).id;
  return json_answer({{"success", true},
                      {"commitOid", id},
                      {"commitUrl", fmt::format("https://huggingface.co/{}/commit/{}", repository.id, id)},
                      {"hookOutput", ""}});
}

}  // namespace etna::test
