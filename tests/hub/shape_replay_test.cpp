// Recorded exchanges with the real hub, sent again to the test hub: status, media type, header names, keys and types of
// values, relations of links must be the same; values need not. This is what keeps the test hub honest. The recordings
// lie beside the source tree (conformance/hub); without them these tests are skipped.
#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/files.h"
#include "engine/base/json.h"
#include "hub/answer.h"
#include "hub/api_models.h"
#include "hub/url.h"
#include "tests/hub/hub_fixture.h"

namespace etna::test {

using nlohmann::json;

namespace {

std::filesystem::path recordings() {
  const char* folder = std::getenv("ETNA_SHARED_DIR");
  return (folder != nullptr ? std::filesystem::path(folder)
                            : std::filesystem::path(ETNA_SOURCE_DIR) / ".." / "shared") /
         "conformance/hub";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// Of the machinery in front of the real hub, or of the connection.
bool is_noise(const std::string& name) {
  static const std::set<std::string> noise = {"alt-svc",      "x-cache",          "via",         "date",
                                              "connection",   "content-length",   "x-hub-cache", "x-amz-cf-id",
                                              "x-amz-cf-pop", "transfer-encoding"};
  return noise.contains(name);
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string media_type(std::string_view value) {
  return std::string(value.substr(0, value.find(';')));
}

const char* type_of(const json& value) {
  return value.is_number() ? "number" : value.type_name();
}

/// Every recorded key must be there with a value of the same type; null stands for any.
void expect_same_shape(const json& recorded, const json& answered, const std::string& where) {
  if (recorded.is_null() || answered.is_null()) return;
  ASSERT_STREQ(type_of(recorded), type_of(answered)) << where;
  if (recorded.is_object()) {
    for (const auto& [key, value] : recorded.items()) {
      ASSERT_TRUE(answered.contains(key)) << where << "." << key;
      expect_same_shape(value, answered[key], where + "." + key);
    }
  } else if (recorded.is_array() && !recorded.empty()) {
    ASSERT_EQ(recorded.size(), answered.size()) << where;
    for (std::size_t i = 0; i < recorded.size(); ++i) expect_same_shape(recorded[i], answered[i], where + "[]");
  }
}

std::set<std::string> relations(std::string_view link) {
  std::set<std::string> found;
  constexpr std::string_view mark = "rel=\"";
  for (std::size_t at = link.find(mark); at != link.npos; at = link.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size();
    found.insert(std::string(link.substr(begin, link.find('"', begin) - begin)));
  }
  return found;
}

hub::Method method_of(const std::string& name) {
  if (name == "HEAD") return hub::Method::head;
  if (name == "POST") return hub::Method::post;
  if (name == "DELETE") return hub::Method::remove;
  return hub::Method::get;
}

}  // namespace

class ShapeReplay : public testing::Test {
protected:
  void SetUp() override {
    if (!std::filesystem::exists(recordings())) GTEST_SKIP() << "no recordings at " << recordings();
  }

  hub::Response send(const std::string& method, const std::string& target, const std::string& token,
                     const std::string& body, const std::string& type) {
    hub::HttpClient client(hub.settings(), [token] { return token; });
    hub::Request request;
    request.method = method_of(method);
    request.url = hub.endpoint() + target;
    request.body = body;
    request.follow_redirects = false;
    if (target.find("/resolve/") != target.npos) request.content = hub::Content::file;
    if (!type.empty()) request.headers = {{"Content-Type", type}};
    return client.send(request);
  }

  /// `headers`: recorded names and values.
  void compare(const hub::Response& response, int status,
               const std::vector<std::pair<std::string, std::string>>& headers, const json& body) {
    EXPECT_EQ(response.status, status) << response.body;
    for (const auto& [name, value] : headers) {
      const std::string plain = lower(name);
      if (is_noise(plain)) continue;
      const auto answered = response.headers.find(plain);
      // The recorder kept an ETag of some error answers only.
      if (plain == "etag" && status >= 400) continue;
      ASSERT_TRUE(answered) << "no header " << name;
      if (plain == "content-type") {
        EXPECT_EQ(media_type(*answered), media_type(value));
      } else if (plain == "link") {
        EXPECT_EQ(relations(*answered), relations(value));
      } else if (plain == "x-error-code" || plain == "x-error-message" || plain == "accept-ranges") {
        EXPECT_EQ(*answered, value);
      }
    }
    if (!body.is_null()) expect_same_shape(body, parse_json(response.body, "the answer"), "body");
  }

  /// Stores the weights that the recorded commit names, as uploads do: batch, then PUT.
  void upload(const std::string& id, const BlobRef& blob, const std::string& token) {
    const json batch = {{"operation", "upload"}, {"objects", {{{"oid", blob->sha256}, {"size", blob->size}}}}};
    const auto answer =
        send("POST", "/" + id + ".git/info/lfs/objects/batch", token, batch.dump(), "application/vnd.git-lfs+json");
    hub::Request put;
    put.method = hub::Method::put;
    put.url = parse_json(answer.body, "batch")["objects"][0]["actions"]["upload"]["href"];
    std::uint64_t sent = 0;
    put.body_size = blob->size;
    put.body_source = [&](std::span<std::byte> bytes) {
      const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), blob->size - sent));
      blob->source(sent, std::span(reinterpret_cast<char*>(bytes.data()), part));
      sent += part;
      return part;
    };
    EXPECT_EQ(hub::HttpClient(hub.settings()).send(put).status, 200);
  }

  TestHub hub;
};

TEST_F(ShapeReplay, exchanges_of_a_private_repository) {
  const json recorded = read_json_file(recordings() / "trace-2026-09-25/exchanges.json");
  const std::string commit = "bcf51b2ec6fb5bc8215f4b365a0e48532e26abb8";
  const std::string recorded_hash = "cd44947308b4b22228767cab8addd523d1de22abd9b23a10808e5fc295202e4f";
  const std::string token = "hf_writer";
  const BlobRef weights = make_pattern_blob(1048576, 3);
  Repository& repository = hub.add("wzshiming/test");
  repository.is_private = true;
  repository.tags.clear();
  repository.commit({{"regression/ref-lfs.bin", weights}, {"regression/ref-regular.txt", make_blob("text\n", false)}},
                    "first", "main", commit);
  hub.add_user(token, {"wzshiming", "write"});
  upload("wzshiming/test", weights, token);
  int compared = 0;
  for (const json& exchange : recorded["exchanges"]) {
    const std::string name = exchange["name"];
    const json& request = exchange["request"];
    const std::string path = request["path"];
    if (path.starts_with("cas:")) continue;  // the chunk store is not part of this hub
    SCOPED_TRACE(name);
    const bool authorized = request["headers"].contains("Authorization");
    const std::string used = name.find("badtoken") != name.npos ? "hf_bad" : authorized ? token : "";
    std::string body = request["body"].is_string() ? request["body"].get<std::string>() : "";
    body = replaced(body, recorded_hash, weights->sha256);
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& [key, value] : exchange["headers"].items()) headers.emplace_back(key, value);
    const json answer = exchange["body"].is_string() && exchange["body"].get<std::string>().starts_with('{')
                            ? json::parse(exchange["body"].get<std::string>())
                            : json();
    const auto response = send(request["method"], path, used, body, request["headers"].value("Content-Type", ""));
    compare(response, exchange["status"], headers, answer);
    if (name == "tree_recursive_200") {
      const json tree = json::parse(exchange["body"].get<std::string>());
      expect_same_shape(tree, parse_json(response.body, "tree"), "tree");
    }
    ++compared;
  }
  EXPECT_EQ(compared, 16);
}

TEST_F(ShapeReplay, exchanges_of_other_recordings) {
  hub.add("google-bert/bert-base-uncased").commit({{"config.json", make_blob("{}", false)}});
  hub.rename("bert-base-uncased", "google-bert/bert-base-uncased");
  hub.add_user("hf_writer", {"user", "write"});
  for (const char* name : {"GET_307_api_models_bert_base_uncased", "POST_200_api_repos_create",
                           "POST_409_api_repos_create", "DELETE_200_api_repos_delete"}) {
    SCOPED_TRACE(name);
    const json exchange = read_json_file(recordings() / "exchanges" / (std::string(name) + ".json"));
    const json& request = exchange["request"];
    const hub::Url url = hub::parse_url(request["uri"].get<std::string>());
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& [key, values] : exchange["headers"].items()) headers.emplace_back(key, values[0]);
    const std::string body = request["body"].is_string() ? request["body"].get<std::string>() : "";
    compare(send(request["method"], url.path, "hf_writer", body, "application/json"), exchange["status"], headers,
            exchange["body_json"]);
  }
}

TEST_F(ShapeReplay, recorded_model_pages_are_read) {
  int read = 0;
  for (const auto& file : std::filesystem::directory_iterator(recordings() / "model-info")) {
    SCOPED_TRACE(file.path().filename());
    const json page = read_json_file(file.path());
    if (!page.contains("sha")) continue;  // one recording is a part only
    const hub::ModelInfo model = hub::read_model_info(page, "recorded");
    EXPECT_EQ(model.id, page["id"].get<std::string>());
    EXPECT_EQ(model.commit, page["sha"].get<std::string>());
    EXPECT_EQ(model.file_names.size(), page["siblings"].size());
    EXPECT_EQ(model.downloads, page["downloads"].get<std::uint64_t>());
    if (page.contains("safetensors")) {
      EXPECT_EQ(model.parameters, page["safetensors"]["total"].get<std::uint64_t>());
    }
    if (page.contains("gguf")) {
      EXPECT_EQ(model.gguf_architecture, page["gguf"]["architecture"].get<std::string>());
    }
    ++read;
  }
  EXPECT_GE(read, 5);
}

TEST_F(ShapeReplay, recorded_trees_and_listings_are_read) {
  for (const auto& file : std::filesystem::directory_iterator(recordings() / "tree")) {
    const json page = read_json_file(file.path());
    hub::Tree tree;
    hub::read_tree_page(page, "recorded", tree);
    hub::finish_tree(tree);
    EXPECT_FALSE(tree.files.empty());
    EXPECT_TRUE(tree.refused.empty());
  }
  const json listing = read_json_file(recordings() / "search/full_true_entries.json");
  for (const json& entry : listing["entries"]) {
    const auto model = hub::read_summary(entry);
    ASSERT_TRUE(model) << entry.dump().substr(0, 200);
    EXPECT_FALSE(model->tags.empty());
  }
  const json links = read_json_file(recordings() / "search/link_headers.json");
  for (const json& link : links) {
    const std::string value = link["value"];  // one has a reporter's remark behind it
    EXPECT_THAT(hub::next_link(value.substr(0, value.rfind('"') + 1)),
                testing::StartsWith("https://huggingface.co/api/models"));
  }
}

/// What Python's and npm's clients once sent to another test hub: everything must be understood.
TEST_F(ShapeReplay, requests_of_real_clients_are_understood) {
  const auto config = make_blob("{}", false);
  hub.add("etna/tiny")
      .commit({{".gitattributes", config},
               {"README.md", config},
               {"config.json", config},
               {"sub/dir/extra.txt", config},
               {"model.safetensors", make_pattern_blob(1000, 1)}});
  hub.rename("old/tiny", "etna/tiny");
  for (const char* id : {"etna/js1", "etna/newrepo2", "etna/m1"}) {
    hub.add(id).commit({{"config.json", config}, {"big.bin", make_pattern_blob(1000, 2)}});
  }
  hub.add("etna/gated").commit({{"config.json", config}});
  hub.find("etna/gated")->gated = "manual";
  hub.add_user("hf_token", {"etna", "write"});
  const std::string commit = hub.find("etna/tiny")->commits[0].id;
  int sent = 0;
  for (const char* client : {"js", "py"}) {
    const json recorded = read_json_file(recordings() / "client-requests" / (std::string(client) + ".json"));
    for (const json& request : recorded["requests"]) {
      if (request["to"] != "HUB") continue;
      std::string path = request["path"];
      path = replaced(path, "b227072a654dd1ef0a4202e71df1a36d50a2ace4", commit);
      path = replaced(path, "178e566bd9b9cbc9e671ade51ad1df071392cf2e", hub.find("etna/m1")->commits[0].id);
      SCOPED_TRACE(path);
      const json& headers = request["headers"];
      std::string body = request.value("body", "");
      if (path.find("preupload") != path.npos) body = R"({"files":[{"path":"config.json","size":2,"sample":"e30="}]})";
      if (path.find("/commit/") != path.npos)
        body = R"({"key":"header","value":{"summary":"Upload"}})"
               "\n";
      if (path.find("objects/batch") != path.npos)
        body = fmt::format(R"({{"objects":[{{"oid":"{}","size":1}}]}})", std::string(64, 'a'));
      if (path.find("lfs-complete") != path.npos || path.find("lfs-verify") != path.npos)
        continue;  // need their uploads
      const auto response = send(request["method"], path, headers.contains("authorization") ? "hf_token" : "", body,
                                 headers.value("content-type", ""));
      const bool refused =
          path.find("/none") != path.npos || path.find("/gated/") != path.npos || path.find("/nope") != path.npos;
      EXPECT_EQ(response.status >= 400 && response.status != 409, refused) << response.status << " " << response.body;
      ++sent;
    }
  }
  EXPECT_GT(sent, 60);
}

}  // namespace etna::test
