#include "hub/http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <mutex>
#include <random>

#include "engine/base/error.h"
#include "engine/base/log.h"
#include "hub/http_exchange.h"
#include "hub/names.h"
#include "hub/token.h"
#include "hub/url.h"

namespace etna::hub {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_redirects = 10;
constexpr std::size_t most_idle_connections = 8;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc{} || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

void initialize_once() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) fail(Errc::network, "the network library does not start: {}", curl_easy_strerror(result));
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

[[noreturn]] void refuse_redirect(const std::string& host, std::string reason) {
  throw HubError({.trouble = Trouble::server, .retry = Retry::never, .host = host, .reason = std::move(reason)});
}

/// Where a request may go besides the endpoint itself.
bool is_allowed_host(const NetworkSettings& settings, const Url& url) {
  constexpr std::array official = {"huggingface.co", "*.huggingface.co", "hf.co", "*.hf.co"};
  if (std::ranges::any_of(official, [&](const char* pattern) { return host_matches(url.host, pattern); })) return true;
  return std::ranges::any_of(settings.allowed_hosts,
                             [&](const std::string& pattern) { return host_matches(url.host, lower(pattern)); });
}

/// https everywhere; http only when the endpoint itself is an http server on this computer.
bool is_allowed_scheme(const Url& endpoint, const Url& url) {
  return url.scheme == "https" || (endpoint.scheme == "http" && is_loopback(endpoint.host));
}

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::remove: return "DELETE";
  }
  return "GET";
}

bool is_secret_header(std::string_view name) {
  const std::string plain = lower(name);
  return plain == "authorization" || plain == "cookie" || plain == "proxy-authorization";
}

std::chrono::milliseconds jitter() {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::chrono::milliseconds(random() % 2000);
}

}  // namespace

void Headers::add(std::string_view name, std::string_view value) {
  fields_.emplace_back(lower(name), value);
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  const std::string wanted = lower(name);
  for (const auto& [field, value] : fields_) {
    if (field == wanted) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Headers::number(std::string_view name) const {
  const std::string wanted = lower(name);
  std::optional<std::uint64_t> found;
  for (const auto& [field, text] : fields_) {
    if (field != wanted) continue;
    const auto value = decimal(text);
    if (!value || (found && *found != *value)) return std::nullopt;
    found = value;
  }
  return found;
}

std::string Headers::etag(std::string_view name) const {
  std::string_view text = find(name).value_or("");
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return std::string(text);
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  if (!lower(text).starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  ContentRange result;
  const std::string_view total = text.substr(slash + 1);
  if (total != "*") {
    result.total = decimal(total);
    if (!result.total) return std::nullopt;
  }
  const std::string_view range = text.substr(0, slash);
  if (range == "*") return result.total ? std::optional(result) : std::nullopt;
  const std::size_t dash = range.find('-');
  if (dash == range.npos) return std::nullopt;
  const auto first = decimal(range.substr(0, dash));
  const auto last = decimal(range.substr(dash + 1));
  if (!first || !last || *first > *last || (result.total && *last >= *result.total)) return std::nullopt;
  result.range = ByteRange{*first, *last};
  return result;
}

std::optional<std::string_view> Response::find_in_hops(std::string_view name) const {
  for (const Hop& hop : hops) {
    if (const auto value = hop.headers.find(name)) return value;
  }
  return std::nullopt;
}

/// Settings are a snapshot that each request keeps to its end.
struct Snapshot {
  NetworkSettings settings;
  Url endpoint;
  std::uint64_t generation = 0;
};

struct HttpClient::State {
  std::function<std::string()> token;
  mutable std::mutex mutex;  // guards all below
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<std::unique_ptr<Connection>> idle;
  std::map<RateBucket, Clock::time_point> blocked_until;

  std::shared_ptr<const Snapshot> current() const {
    const std::lock_guard lock(mutex);
    return snapshot;
  }

  void replace(NetworkSettings settings) {
    auto next = std::make_shared<Snapshot>();
    while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
    next->endpoint = parse_url(settings.endpoint);
    next->settings = std::move(settings);
    if (!is_allowed_scheme(next->endpoint, next->endpoint)) {
      fail(Errc::invalid_argument, "the hub's address {} must begin with https://", next->endpoint.origin());
    }
    const std::lock_guard lock(mutex);
    next->generation = snapshot ? snapshot->generation + 1 : 0;
    snapshot = std::move(next);
    idle.clear();  // other proxies and certificates: other connections
  }

  std::unique_ptr<Connection> take_connection() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return std::make_unique<Connection>();
    auto connection = std::move(idle.back());
    idle.pop_back();
    return connection;
  }

  void keep_connection(std::unique_ptr<Connection> connection, std::uint64_t generation) {
    const std::lock_guard lock(mutex);
    if (generation == snapshot->generation && idle.size() < most_idle_connections)
      idle.push_back(std::move(connection));
  }

  std::chrono::milliseconds wait_of(RateBucket bucket) const {
    const std::lock_guard lock(mutex);
    const auto found = blocked_until.find(bucket);
    if (found == blocked_until.end()) return {};
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(found->second - Clock::now()),
                    std::chrono::milliseconds(0));
  }

  void block(RateBucket bucket, std::chrono::milliseconds time) {
    const std::lock_guard lock(mutex);
    blocked_until[bucket] = std::max(blocked_until[bucket], Clock::now() + time);
  }
};

namespace {

/// The bucket of a request to the hub itself; the endpoint may lie below a path of its host.
RateBucket bucket_at(const Snapshot& snapshot, const Url& url) {
  std::string_view path = url.path;
  if (snapshot.endpoint.path != "/" && path.starts_with(snapshot.endpoint.path)) {
    path.remove_prefix(snapshot.endpoint.path.size());
  }
  return bucket_of(path);
}

Url next_address(const Snapshot& snapshot, const Url& from, const Response& response) {
  const auto location = response.headers.find("location");
  if (!location) refuse_redirect(from.host, "it redirects to nowhere");
  Url to;
  try {
    to = resolve_reference(from, *location);
  } catch (const Error&) {
    refuse_redirect(from.host, "it redirects to something that is no web address");
  }
  const bool same_place = to.origin() == snapshot.endpoint.origin();
  if (from.scheme == "https" && to.scheme != "https")
    refuse_redirect(from.host, "it redirects to an unencrypted address");
  if (!is_allowed_scheme(snapshot.endpoint, to) || (!same_place && !is_allowed_host(snapshot.settings, to))) {
    refuse_redirect(from.host,
                    fmt::format("it redirects to {}, which is not a place that Etna trusts for this", to.host));
  }
  return to;
}

}  // namespace

HttpClient::HttpClient(NetworkSettings settings, std::function<std::string()> token)
    : state_(std::make_unique<State>()) {
  initialize_once();
  state_->token = std::move(token);
  state_->replace(std::move(settings));
}

HttpClient::~HttpClient() = default;

NetworkSettings HttpClient::settings() const {
  return state_->current()->settings;
}

void HttpClient::set_settings(NetworkSettings settings) {
  state_->replace(std::move(settings));
}

bool HttpClient::signed_in() const {
  return state_->current()->settings.endpoint_gets_token && state_->token && !state_->token().empty();
}

std::chrono::milliseconds HttpClient::wait_of(RateBucket bucket) const {
  return state_->wait_of(bucket);
}

Response HttpClient::send(const Request& request, const std::stop_token& stop) {
  return send(request, nullptr, stop);
}

Response HttpClient::send(const Request& request, Sink& sink, const std::stop_token& stop) {
  return send(request, &sink, stop);
}

/// Adds the hops so far to what a sink is told.
class HopSink : public Sink {
public:
  HopSink(Sink& sink, const std::vector<Hop>& hops) : sink_(sink), hops_(hops) {}

  void begin(const Response& response) override {
    Response whole = response;
    whole.hops = hops_;
    whole.hops.push_back({response.status, response.url, response.headers});
    sink_.begin(whole);
  }

  void write(std::span<const std::byte> bytes) override { sink_.write(bytes); }

private:
  Sink& sink_;
  const std::vector<Hop>& hops_;
};

Response HttpClient::send(const Request& request, Sink* sink, const std::stop_token& stop) {
  const auto snapshot = state_->current();
  const NetworkSettings& settings = snapshot->settings;
  Url url = parse_url(request.url);
  if (settings.offline) {
    throw HubError({.trouble = Trouble::no_network, .host = url.host, .reason = "Etna is set to stay offline."});
  }
  const std::string home = snapshot->endpoint.origin();
  if (!is_allowed_scheme(snapshot->endpoint, url) || (url.origin() != home && !is_allowed_host(settings, url))) {
    fail(Errc::invalid_argument, "{} is not a place that Etna sends requests to", url.host);
  }
  if (url.origin() == home) {
    if (const auto wait = state_->wait_of(bucket_at(*snapshot, url)); wait.count() > 0) {
      throw HubError({.trouble = Trouble::rate_limited,
                      .retry = Retry::after_delay,
                      .retry_after = wait,
                      .status = 429,
                      .host = url.host});
    }
  }
  auto connection = state_->take_connection();
  Request current = request;
  std::vector<Hop> hops;
  for (;;) {
    const bool at_home = url.origin() == home;
    const bool with_token = at_home && request.authorize && settings.endpoint_gets_token && state_->token;
    const std::string token = with_token ? state_->token() : std::string();
    std::optional<HopSink> hop_sink;
    if (sink != nullptr) hop_sink.emplace(*sink, hops);
    const auto started = Clock::now();
    Response response = Exchange(*connection, settings, current, url, token.empty() ? "" : "Bearer " + token,
                                 hop_sink ? &*hop_sink : nullptr)
                            .run(stop);
    log::debug("{} {}{} → {} in {} ms", name_of(current.method), url.origin(), redacted(at_home ? url.path : "/…"),
               response.status, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started).count());
    hops.push_back({response.status, response.url, response.headers});
    if (at_home) note_limits(response, bucket_at(*snapshot, url));
    if (!is_redirect(response.status) || !request.follow_redirects) {
      response.hops = std::move(hops);
      for (const Hop& hop : response.hops) {
        if (const auto warning = hop.headers.find("x-hf-warning"))
          response.warnings.push_back(escaped_name(*warning, 500));
      }
      state_->keep_connection(std::move(connection), snapshot->generation);
      return response;
    }
    if (hops.size() > most_redirects) refuse_redirect(url.host, "it redirects in circles");
    const bool keeps_method = response.status == 307 || response.status == 308;
    if (!keeps_method && current.method != Method::get && current.method != Method::head) {
      refuse_redirect(url.host, "it redirects a request that changes something");
    }
    const Url next = next_address(*snapshot, url, response);
    if (next.origin() != url.origin()) {
      std::erase_if(current.headers, [](const auto& header) { return is_secret_header(header.first); });
    }
    url = next;
  }
}

void HttpClient::note_limits(const Response& response, RateBucket bucket) {
  const auto limit = parse_rate_limit(response.headers.find("ratelimit").value_or(""));
  if (response.status == 429) {
    state_->block(bucket, answer_problem(response, "", false, true).retry_after + jitter());
  } else if (limit && limit->remaining == 0) {
    state_->block(bucket, limit->reset + std::chrono::seconds(1));
  }
}

std::optional<Problem> HttpClient::problem(const Response& response, std::string_view subject) const {
  if (response.ok()) return std::nullopt;
  const auto snapshot = state_->current();
  const bool of_endpoint = parse_url(response.url).origin() == snapshot->endpoint.origin();
  return answer_problem(response, subject, signed_in(), of_endpoint);
}

void HttpClient::check(const Response& response, std::string_view subject) const {
  if (auto found = problem(response, subject)) throw HubError(std::move(*found));
}

}  // namespace etna::hub
