#include "tests/hub/support/test_hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/hub/support/test_hub_parts.h"

namespace etna::test {

using nlohmann::json;

ServerAnswer text_answer(int status, const std::string& text) {
  ServerAnswer answer;
  answer.status = status;
  answer.body = text;
  answer.set("Content-Type", "text/plain; charset=utf-8");
  return answer;
}

ServerAnswer json_answer(const json& value, int status) {
  ServerAnswer answer = text_answer(status, value.dump());
  answer.set("Content-Type", "application/json; charset=utf-8");
  answer.set("ETag", fmt::format("W/\"{:x}-{}\"", answer.body.size(), base64_encoded(sha1_hex(answer.body).substr(0, 20))));
  return answer;
}

ServerAnswer error_answer(int status, const std::string& message, const std::string& code) {
  ServerAnswer answer = json_answer(json{{"error", message}}, status);
  answer.set("X-Error-Message", message);
  if (!code.empty()) answer.set("X-Error-Code", code);
  if (status == 401) answer.set("WWW-Authenticate", "Bearer realm=\"Authentication required\", charset=\"UTF-8\"");
  return answer;
}

namespace {

std::vector<std::string> server_names(const char* name) { return {name, "localhost", "127.0.0.1"}; }

/// Takes "name" off the front of "name/rest".
std::string take_segment(std::string_view& text) {
  const std::string_view segment = text.substr(0, text.find('/'));
  text.remove_prefix(std::min(segment.size() + 1, text.size()));
  return std::string(segment);
}

}  // namespace

TestHub::TestHub(TestHubOptions options) : options_(options) {
  TlsContext hub_tls;
  TlsContext content_tls;
  if (options_.tls) {
    authority_ = std::make_unique<Authority>();
    hub_tls = authority_->server_context(server_names("hub.test"), options_.flaw);
    content_tls = authority_->server_context(server_names("cdn.test"), options_.content_network_flaw);
  }
  content_server_ = std::make_unique<Server>([this](const ServerRequest& request) { return answer_content(request); }, content_tls);
  hub_server_ = std::make_unique<Server>([this](const ServerRequest& request) { return answer_hub(request); }, hub_tls);
}

TestHub::~TestHub() {
  hub_server_.reset();
  content_server_.reset();
}

std::string TestHub::endpoint() const {
  return fmt::format("{}:{}", options_.tls ? "https://hub.test" : "http://127.0.0.1", hub_server_->port());
}

std::string TestHub::content_network() const {
  return fmt::format("{}:{}", options_.tls ? "https://cdn.test" : "http://localhost", content_server_->port());
}

hub::NetworkSettings TestHub::settings() const {
  hub::NetworkSettings settings;
  settings.endpoint = endpoint();
  settings.proxy = hub::NetworkSettings::Proxy::none;
  settings.allowed_hosts = {options_.tls ? "cdn.test" : "localhost"};
  if (options_.tls) {
    settings.ca_files = {authority_->file()};
    settings.resolve = {fmt::format("hub.test:{}:127.0.0.1", hub_server_->port()),
                        fmt::format("cdn.test:{}:127.0.0.1", content_server_->port())};
  }
  settings.connect_timeout = std::chrono::seconds(5);
  settings.stall_timeout = std::chrono::seconds(5);
  return settings;
}

Repository& TestHub::add(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Repository& repository = repositories_[id];
  repository.id = id;
  return repository;
}

void TestHub::change(const std::function<void()>& work) {
  const std::lock_guard lock(mutex_);
  work();
}

Repository* TestHub::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = repositories_.find(id);
  return found == repositories_.end() ? nullptr : &found->second;
}

void TestHub::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (auto node = repositories_.extract(from)) {
    node.key() = to;
    node.mapped().id = to;
    repositories_.insert(std::move(node));
  }
  renamed_[from] = to;
}

void TestHub::add_user(const std::string& token, TestUser user) {
  const std::lock_guard lock(mutex_);
  users_[token] = std::move(user);
}

void TestHub::revoke(const std::string& token) {
  const std::lock_guard lock(mutex_);
  users_[token].revoked = true;
}

void TestHub::override_answer(const std::string& path_part, std::string body,
                              std::vector<std::pair<std::string, std::string>> headers) {
  const std::lock_guard lock(mutex_);
  overridden_.push_back({path_part, std::move(body), std::move(headers)});
}

std::vector<Seen> TestHub::requests() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

int TestHub::count_requests(std::string_view method, std::string_view path_part) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::ranges::count_if(seen_, [&](const Seen& seen) {
    return (method.empty() || seen.method == method) && seen.target.find(path_part) != seen.target.npos;
  }));
}

void TestHub::forget_requests() {
  const std::lock_guard lock(mutex_);
  seen_.clear();
  content_bytes_ = 0;
}

int TestHub::leaked_authorizations() const {
  const std::lock_guard lock(mutex_);
  return leaked_;
}

std::uint64_t TestHub::content_bytes() const {
  const std::lock_guard lock(mutex_);
  return content_bytes_;
}

int TestHub::connections() const { return hub_server_->connections() + content_server_->connections(); }

const TestUser* TestHub::user_of(const ServerRequest& request) const {
  const std::string header = request.header("authorization");
  if (!header.starts_with("Bearer ")) return nullptr;
  const auto found = users_.find(header.substr(7));
  return found == users_.end() || found->second.revoked ? nullptr : &found->second;
}

bool TestHub::has_bad_token(const ServerRequest& request) const {
  return !request.header("authorization").empty() && user_of(request) == nullptr;
}

std::optional<ServerAnswer> TestHub::refusal(const ServerRequest& request, const Repository* repository, bool for_files,
                                             bool to_write) const {
  const TestUser* user = user_of(request);
  if (has_bad_token(request) && !(repository != nullptr && !repository->gated.empty())) {
    return error_answer(401, request.path.starts_with("/api/") && (repository == nullptr || !repository->is_private)
                                 ? "Invalid credentials in Authorization header"
                                 : "Invalid username or password.");
  }
  if (repository == nullptr || (repository->is_private && user == nullptr)) {
    return user == nullptr ? error_answer(401, "Invalid username or password.")
                           : error_answer(404, "Repository not found", "RepoNotFound");
  }
  if (repository->disabled) return error_answer(403, "Access to this resource is disabled.");
  if (to_write && (user == nullptr || user->role != "write")) {
    return user == nullptr ? error_answer(401, "Invalid username or password.")
                           : error_answer(403, "You have read access but not the required permissions for this operation");
  }
  if (!for_files || repository->gated.empty()) return std::nullopt;
  const std::string& id = repository->id;
  const auto gate_answer = [](int status, const std::string& text) {
    ServerAnswer answer = text_answer(status, text);
    answer.set("X-Error-Code", "GatedRepo");
    answer.set("X-Error-Message", text);
    if (status == 401) answer.set("WWW-Authenticate", "Bearer realm=\"Authentication required\"");
    return answer;
  };
  if (user == nullptr) {
    return gate_answer(401, fmt::format("Access to model {} is restricted. You must have access to it and be authenticated to "
                                        "access it. Please log in.", id));
  }
  const auto found = repository->gates.find(user->name);
  switch (found == repository->gates.end() ? GateState::none : found->second) {
    case GateState::granted: return std::nullopt;
    case GateState::none:
      return gate_answer(403, fmt::format("Access to model {0} is restricted and you are not in the authorized list. Visit "
                                          "https://huggingface.co/{0} to ask for access.", id));
    case GateState::pending:
      return gate_answer(403, fmt::format("Your request to access model {} is awaiting a review from the repo authors.", id));
    case GateState::rejected:
      return gate_answer(403, fmt::format("Your request to access model {} has been rejected by the repo's authors.", id));
    case GateState::reset:
      return gate_answer(403, fmt::format("Your request to access model {0} has been reset by the repo's authors. Visit "
                                          "https://huggingface.co/{0} to submit a new request.", id));
  }
  return std::nullopt;
}

void TestHub::decorate(ServerAnswer& answer, const ServerRequest& request) const {
  static std::atomic<int> number{0};
  const bool resolver = request.path.find("/resolve") != request.path.npos;
  answer.set("Access-Control-Allow-Origin", "https://huggingface.co");
  answer.set("Access-Control-Expose-Headers",
             "X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,"
             "X-Linked-Size,X-Linked-ETag,X-Xet-Hash");
  answer.set("Access-Control-Max-Age", "86400");
  answer.set("Cross-Origin-Opener-Policy", "same-origin");
  answer.set("Referrer-Policy", "strict-origin-when-cross-origin");
  answer.set("Strict-Transport-Security", "max-age=31536000");
  answer.set("Vary", answer.status == 302 || answer.status == 307 ? "Origin, Accept" : "Origin");
  answer.set("X-Powered-By", "huggingface-moon");
  answer.set("X-Request-Id", fmt::format("Root=1-{:08x}", ++number));
  const auto has = [&](std::string_view name) {
    return std::ranges::any_of(answer.headers, [&](const auto& header) { return header.first == name; });
  };
  if (!has("RateLimit")) answer.set("RateLimit", fmt::format("\"{}\";r=490;t=167", resolver ? "resolvers" : "api"));
  if (!has("RateLimit-Policy")) {
    answer.set("RateLimit-Policy", fmt::format("\"fixed window\";\"{}\";q={};w=300", resolver ? "resolvers" : "api", resolver ? 3000 : 500));
  }
}

void TestHub::note(const ServerRequest& request, const ServerAnswer& answer, bool on_content_network) {
  seen_.push_back({on_content_network, request.method, request.target, request.headers, request.body.substr(0, 65536),
                   answer.status});
  if (on_content_network && !request.header("authorization").empty()) ++leaked_;
}

ServerAnswer TestHub::answer_hub(const ServerRequest& request) {
  const std::lock_guard lock(mutex_);
  ServerAnswer answer;
  try {
    answer = route(request);
  } catch (const std::exception& error) {
    answer = error_answer(400, error.what());
  }
  for (const Overridden& other : overridden_) {
    if (request.target.find(other.path_part) == request.target.npos) continue;
    answer = text_answer(200, other.body);
    answer.set("Content-Type", "application/json; charset=utf-8");
    for (const auto& [name, value] : other.headers) answer.set(name, value);
  }
  decorate(answer, request);
  apply_faults(answer, request, false);
  note(request, answer, false);
  return answer;
}

ServerAnswer TestHub::route(const ServerRequest& request) {
  std::string_view path = request.path;
  if (path.starts_with("/api/")) return route_api(request);
  path.remove_prefix(1);
  if (path.starts_with("lfs-complete/")) return lfs_complete(request, std::string(path.substr(13)));
  if (path == "lfs-verify") return lfs_verify(request);
  if (path.ends_with(".git/info/lfs/objects/batch")) return lfs_batch(request);
  std::string id = take_segment(path);
  id += "/" + take_segment(path);
  const std::string kind = take_segment(path);
  if (kind == "resolve") return resolve(request, id, std::string(path));
  if (kind == "raw") return raw(request, id, std::string(path));
  return text_answer(404, "Not Found");
}

ServerAnswer TestHub::route_api(const ServerRequest& request) {
  std::string_view path = request.path;
  path.remove_prefix(5);
  if (path == "whoami-v2") return who_am_i(request);
  if (path == "models") return list_models(request);
  if (path == "validate-yaml") return validate_card(request);
  if (path == "repos/create") return create_repository(request);
  if (path == "repos/delete") return delete_repository(request);
  if (path.starts_with("resolve-cache/models/")) return resolve_cache(request, path.substr(21));
  if (path.starts_with("models/")) return route_model(request, path.substr(7));
  return error_answer(404, "Sorry, we can't find the page you are looking for.");
}

ServerAnswer TestHub::route_model(const ServerRequest& request, std::string_view rest) {
  std::string id = take_segment(rest);
  const bool legacy = renamed_.contains(id);  // ids from before there were namespaces
  if (!legacy) id += "/" + take_segment(rest);
  if (const auto renamed = renamed_.find(id); renamed != renamed_.end()) {
    const std::size_t at = request.target.find(id);
    std::string location = request.target;
    location.replace(at, id.size(), renamed->second);
    ServerAnswer answer = text_answer(307, "Temporary Redirect. Redirecting to " + location);
    answer.set("Location", location);
    return answer;
  }
  Repository* repository = find(id);
  const std::string kind = take_segment(rest);
  const bool writes = kind == "preupload" || kind == "commit" || kind == "xet-write-token";
  const bool for_files = kind == "auth-check" || kind == "xet-read-token";
  if (auto refused = refusal(request, repository, for_files, writes)) return std::move(*refused);
  const std::string revision(rest);
  if (kind.empty()) return model_info(request, *repository, "main");
  if (kind == "revision") return model_info(request, *repository, revision);
  if (kind == "tree") return tree(request, *repository, revision);
  if (kind == "paths-info") return paths_info(request, *repository, revision);
  if (kind == "refs") return refs(*repository);
  if (kind == "commits") return commits(*repository, revision);
  if (kind == "auth-check") return text_answer(200, "OK");
  if (kind == "xet-read-token" || kind == "xet-write-token") return xet_token(kind);
  if (kind == "preupload") return preupload(request, *repository, revision);
  if (kind == "commit") return take_commit(request, *repository, revision);
  return error_answer(404, "Not Found");
}

ServerAnswer TestHub::who_am_i(const ServerRequest& request) {
  const TestUser* user = user_of(request);
  if (user == nullptr) return error_answer(401, "Invalid username or password.");
  return json_answer({{"type", "user"},
                      {"id", "6123456789abcdef01234567"},
                      {"name", user->name},
                      {"fullname", "Test " + user->name},
                      {"email", user->name + "@example.org"},
                      {"emailVerified", true},
                      {"isPro", false},
                      {"canPay", false},
                      {"periodEnd", nullptr},
                      {"avatarUrl", "/avatars/1.svg"},
                      {"orgs", json::array({{{"id", "61"}, {"type", "org"}, {"name", "etna"}, {"fullname", "Etna"}}})},
                      {"auth",
                       {{"type", "access_token"},
                        {"accessToken",
                         {{"displayName", "test"}, {"role", user->role}, {"createdAt", "2026-01-01T00:00:00.000Z"}}}}}});
}

ServerAnswer TestHub::xet_token(const std::string& kind) {
  ServerAnswer answer = json_answer({{"accessToken", kind}, {"casUrl", "https://cas-server.xethub.hf.co"}, {"exp", 1790327053}});
  answer.set("X-Xet-Access-Token", kind);
  answer.set("X-Xet-Cas-Url", "https://cas-server.xethub.hf.co");
  answer.set("X-Xet-Token-Expiration", "1790327053");
  return answer;
}

}  // namespace etna::test
