#include "hub/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"
#include "hub/answer.h"
#include "hub/api_models.h"
#include "hub/names.h"
#include "hub/url.h"

namespace etna::hub {

namespace {

constexpr std::string_view default_endpoint = "https://huggingface.co";
constexpr int most_tree_pages = 100;
constexpr std::uint64_t most_ranged_bytes = std::uint64_t{32} << 20;

std::string_view name_of(Sort sort) {
  switch (sort) {
    case Sort::trending: return "trendingScore";
    case Sort::downloads: return "downloads";
    case Sort::newest: return "createdAt";
    case Sort::updated: return "lastModified";
    case Sort::likes: return "likes";
  }
  return "trendingScore";
}

/// "7B", "500M": how num_parameters writes counts.
std::string short_count(std::uint64_t count) {
  if (count % 1'000'000'000 == 0) return fmt::format("{}B", count / 1'000'000'000);
  if (count >= 1'000'000) return fmt::format("{}M", count / 1'000'000);
  return fmt::format("{}K", count / 1000);
}

std::string search_path(const SearchQuery& query) {
  std::string path = "/api/models?";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) fmt::format_to(std::back_inserter(path), "{}={}&", name, encode_component(value));
  };
  add("search", query.text);
  add("author", query.author);
  for (const std::string& filter : query.filters) add("filter", filter);
  if (!query.license.empty()) add("filter", "license:" + query.license);
  add("pipeline_tag", query.task);
  if (query.min_parameters > 0 || query.max_parameters > 0) {
    std::string bounds;
    if (query.min_parameters > 0) bounds = "min:" + short_count(query.min_parameters);
    if (query.max_parameters > 0) bounds += (bounds.empty() ? "max:" : ",max:") + short_count(query.max_parameters);
    add("num_parameters", bounds);
  }
  add("sort", name_of(query.sort));
  add("limit", std::to_string(std::clamp(query.limit, 1, 100)));
  for (const char* key : {"downloads", "likes", "lastModified", "gated", "private", "pipeline_tag", "library_name", "tags",
                          "safetensors", "config"}) {
    add("expand", key);
  }
  path.pop_back();
  return path;
}

/// Path and query of the next page, relative to the endpoint; empty at the end. A mirror hands on the default hub's
/// addresses: only these two hosts count, and only the same kind of page.
std::string next_page(const Response& response, const std::string& endpoint, std::string_view prefix) {
  const std::string link = next_link(response.headers.find("link").value_or(""));
  if (link.empty()) return {};
  const Url url = parse_url(link);
  const Url home = parse_url(endpoint);
  std::string path = url.path;
  if (url.origin() == home.origin()) {
    if (home.path != "/" && path.starts_with(home.path)) path.erase(0, home.path.size());
  } else if (url.origin() != default_endpoint) {
    fail(Errc::corrupt, "{}: the next page is said to be at {}", home.host, url.host);
  }
  if (!path.starts_with(prefix)) fail(Errc::corrupt, "{}: the next page is said to be at {}", home.host, escaped_name(path));
  return url.query.empty() ? path : path + "?" + url.query;
}

/// Takes at most `limit` bytes and then ends the transfer: a server that ignores ranges must not send everything.
class HeadSink : public Sink {
public:
  struct Enough {};

  HeadSink(std::uint64_t first, std::uint64_t limit) : first_(first), limit_(limit) {}

  void begin(const Response& response) override {
    head = response;
    if (response.status == 200 && first_ > 0) throw Enough{};
    const auto length = response.headers.number("content-length");
    bytes.reserve(static_cast<std::size_t>(std::min(limit_, length.value_or(0))));
  }

  void write(std::span<const std::byte> part) override {
    const std::uint64_t room = limit_ - bytes.size();
    bytes.append(reinterpret_cast<const char*>(part.data()), static_cast<std::size_t>(std::min<std::uint64_t>(room, part.size())));
    if (part.size() > room) throw Enough{};
  }

  Response head;
  std::string bytes;

private:
  std::uint64_t first_;
  std::uint64_t limit_;
};

/// Hops and headers of the answer; its first bytes in `sink`.
Response get_head(HttpClient& client, Request request, HeadSink& sink, const std::stop_token& stop) {
  request.content = Content::file;
  request.limit = UINT64_MAX;
  try {
    return client.send(request, sink, stop);
  } catch (const HeadSink::Enough&) {
    return sink.head;
  }
}

}  // namespace

Response HubApi::get(const std::string& path, const std::string& subject, const std::stop_token& stop) const {
  Request request;
  request.url = client_->settings().endpoint + path;
  Response response = client_->send(request, stop);
  client_->check(response, subject);
  return response;
}

SearchPage HubApi::search(const SearchQuery& query, const std::string& cursor, const std::stop_token& stop) const {
  constexpr std::string_view prefix = "/api/models?";
  if (!cursor.empty() && !cursor.starts_with(prefix)) fail(Errc::invalid_argument, "search: this is no page's cursor");
  const std::string path = cursor.empty() ? search_path(query) : cursor;
  const std::string what = query.text.empty() ? "the list of models" : query.text;
  Response response = get(path, what, stop);
  SearchPage page;
  page.next = next_page(response, client_->settings().endpoint, "/api/models");
  if (page.next == path || !page.next.starts_with(prefix)) page.next.clear();  // a page that follows itself is the last
  const nlohmann::json list = parse_answer(response.body, "the list of models");
  if (!list.is_array()) fail(Errc::corrupt, "the list of models: the answer is no list");
  for (const nlohmann::json& entry : list) {
    if (auto model = read_summary(entry)) page.models.push_back(std::move(*model));
  }
  return page;
}

ModelInfo HubApi::model(const std::string& id, const std::string& revision, const std::stop_token& stop) const {
  check_repository_id(id);
  check_revision(revision);
  const Response response = get(fmt::format("/api/models/{}/revision/{}", id, encode_component(revision)), id, stop);
  return read_model_info(parse_answer(response.body, id), id);
}

std::string HubApi::commit_of(const std::string& id, const std::string& revision, const std::stop_token& stop) const {
  check_repository_id(id);
  check_revision(revision);
  const Response response =
      get(fmt::format("/api/models/{}/revision/{}?expand=sha", id, encode_component(revision)), id, stop);
  std::string commit = text_of(member(parse_answer(response.body, id), "sha"), 64);
  check_commit(commit);
  return commit;
}

Tree HubApi::tree(const std::string& id, const std::string& revision, const std::stop_token& stop) const {
  check_repository_id(id);
  Tree tree;
  tree.commit = is_commit(revision) ? revision : commit_of(id, revision, stop);
  const std::string start = fmt::format("/api/models/{}/tree/{}", id, tree.commit);
  std::string path = start + "?recursive=true&expand=false";
  std::set<std::string> seen;
  while (!path.empty()) {
    if (!seen.insert(path).second || seen.size() > most_tree_pages) {
      fail(Errc::corrupt, "{}: the list of files has no end", id);
    }
    const Response response = get(path, id, stop);
    // A renamed repository answers under its new name.
    path = next_page(response, client_->settings().endpoint, "/api/models/");
    read_tree_page(parse_answer(response.body, id), id, tree);
  }
  finish_tree(tree);
  return tree;
}

std::string HubApi::file_url(const std::string& id, const std::string& commit, const std::string& path) const {
  check_repository_id(id);
  check_revision(commit);
  check_file_name(path);
  return fmt::format("{}/{}/resolve/{}/{}", client_->settings().endpoint, id, encode_component(commit), encode_path(path));
}

ResolvedFile describe_resolved(const Response& response, const std::string& endpoint) {
  const std::string home = parse_url(endpoint).origin();
  ResolvedFile file;
  file.url = response.url;
  file.elsewhere = parse_url(response.url).origin() != home;
  file.commit = response.find_in_hops("x-repo-commit").value_or("");
  if (!file.commit.empty()) check_commit(file.commit);
  for (const Hop& hop : response.hops) {
    if (!file.etag.empty()) break;
    file.etag = hop.headers.etag("x-linked-etag");
    if (const auto size = hop.headers.number("x-linked-size")) {
      file.size = *size;
      file.has_size = true;
    }
  }
  for (const Hop& hop : response.hops) {
    // Only the hub's own: what a content network sends is the hash of its chunks (hub.md §0 no. 1).
    if (file.etag.empty() && hop.status < 300 && parse_url(hop.url).origin() == home) file.etag = hop.headers.etag("etag");
  }
  if (!file.etag.empty()) check_blob_name(file.etag);
  const auto content_range = parse_content_range(response.headers.find("content-range").value_or(""));
  const auto length = response.headers.number("content-length");
  if (!file.has_size && content_range && content_range->total) {
    file.size = *content_range->total;
    file.has_size = true;
  } else if (!file.has_size && response.status == 200 && length) {
    file.size = *length;
    file.has_size = true;
  }
  if (!response.headers.find("etag").value_or("W/").starts_with("W/")) file.transfer_etag = response.headers.etag("etag");
  return file;
}

ResolvedFile HubApi::resolve(const std::string& id, const std::string& commit, const std::string& path,
                             const std::stop_token& stop) const {
  Request request;
  request.url = file_url(id, commit, path);
  request.range = ByteRange{0, 0};
  HeadSink sink(0, 1);
  const Response response = get_head(*client_, request, sink, stop);
  if (response.status != 416) client_->check(response, id + "/" + path);  // an empty file has no first byte
  return describe_resolved(response, client_->settings().endpoint);
}

std::string HubApi::read_range(const std::string& id, const std::string& commit, const std::string& path,
                               std::uint64_t first, std::uint64_t count, std::uint64_t* file_size,
                               const std::stop_token& stop) const {
  if (count == 0 || count > most_ranged_bytes || first > UINT64_MAX - count) {
    fail(Errc::invalid_argument, "read_range: {} bytes at {} cannot be asked for", count, first);
  }
  Request request;
  request.url = file_url(id, commit, path);
  request.range = ByteRange{first, first + count - 1};
  HeadSink sink(first, count);
  const Response response = get_head(*client_, request, sink, stop);
  const auto range = parse_content_range(response.headers.find("content-range").value_or(""));
  if (response.status == 416) {
    if (!range || !range->total || *range->total > first) fail(Errc::corrupt, "{}/{}: the server denies a part of it", id, path);
    if (file_size != nullptr) *file_size = *range->total;
    return {};
  }
  client_->check(response, id + "/" + path);
  if (response.status == 200 && first == 0) {  // it ignores ranges; the first bytes are right all the same
    if (file_size != nullptr) *file_size = response.headers.number("content-length").value_or(sink.bytes.size());
    return std::move(sink.bytes);
  }
  const bool fits = response.status == 206 && range && range->range && range->total && range->range->first == first &&
                    *range->range->last < first + count &&
                    (*range->range->last + 1 == first + count || *range->range->last + 1 == *range->total);
  if (!fits || sink.bytes.size() != *range->range->last - first + 1) {
    fail(Errc::corrupt, "{}/{}: the server sent another part than was asked for", id, path);
  }
  if (file_size != nullptr) *file_size = *range->total;
  return std::move(sink.bytes);
}

std::string HubApi::read_text(const std::string& id, const std::string& commit, const std::string& path,
                              std::size_t limit, const std::stop_token& stop) const {
  std::uint64_t size = 0;
  std::string text = read_range(id, commit, path, 0, limit + 1, &size, stop);
  if (text.size() > limit || size > limit) {
    fail(Errc::corrupt, "{}/{} has {} bytes, more than the {} that such a file may have", id, path,
         std::max<std::uint64_t>(size, text.size()), limit);
  }
  return text;
}

Account HubApi::who_am_i(const std::stop_token& stop) const {
  if (!client_->signed_in()) {
    throw HubError({.trouble = Trouble::token_refused, .host = parse_url(client_->settings().endpoint).host});
  }
  const Response response = get("/api/whoami-v2", "the account", stop);
  const nlohmann::json value = parse_answer(response.body, "the account");
  const auto shown = [](const nlohmann::json& text) { return escaped_name(text_of(text)); };
  Account account;
  account.name = shown(member(value, "name"));
  account.full_name = shown(member(value, "fullname"));
  const nlohmann::json& token = member(member(value, "auth"), "accessToken");
  account.token_name = shown(member(token, "displayName"));
  account.token_role = shown(member(token, "role"));
  if (const nlohmann::json& list = member(value, "orgs"); list.is_array()) {
    for (const nlohmann::json& organization : list) {
      if (account.organizations.size() < 1000) account.organizations.push_back(shown(member(organization, "name")));
    }
  }
  if (account.name.empty()) fail(Errc::corrupt, "the account: the answer has no name");
  return account;
}

void HubApi::check_access(const std::string& id, const std::stop_token& stop) const {
  check_repository_id(id);
  get(fmt::format("/api/models/{}/auth-check", id), id, stop);
}

}  // namespace etna::hub
