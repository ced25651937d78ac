#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hub/problem.h"
#include "hub/rate_limit.h"

/// One HTTP client for everything that Etna asks of a model hub (libcurl; HTTP/1.1 and HTTP/2).
///
/// What it guarantees (hub.md §6): the Authorization header goes to the endpoint's scheme, host and port and nowhere
/// else; redirects are followed by hand, at most 10, never from https to http, only to the endpoint, *.huggingface.co,
/// *.hf.co and `allowed_hosts`, never to literal private addresses; certificates are always checked; headers, error
/// texts and bodies are bounded; nothing that could be a secret gets into logs or errors.
namespace etna::hub {

/// Where and how to connect. Values; a client copies them. See hub/environment.h for what the environment says.
struct NetworkSettings {
  enum class Proxy { system, none, manual };  ///< system: HTTPS_PROXY, ALL_PROXY, NO_PROXY of the environment

  std::string endpoint = "https://huggingface.co";  ///< scheme, host, port, perhaps a path prefix; no slash at the end
  bool endpoint_gets_token = true;        ///< a mirror gets the token only when the user said so for this endpoint
  Proxy proxy = Proxy::system;
  std::string proxy_url;                  ///< manual: "http://user:password@host:port", "socks5h://…"
  std::string no_proxy;                   ///< manual: "localhost,.example.org"
  std::vector<std::filesystem::path> ca_files;  ///< PEM files trusted besides the system's certificates
  bool offline = false;                   ///< every request fails with no_network before anything is sent
  std::string user_agent;                 ///< empty: "etna/<version>; libcurl/<version>"
  std::vector<std::string> allowed_hosts; ///< further hosts that redirects may lead to: "cdn.example.org", "*.example.org"
  std::vector<std::string> resolve;       ///< "host:port:address": names answered here instead of by DNS; for tests
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};  ///< a transfer slower than `slowest_rate` for so long has stalled
  std::uint64_t slowest_rate = 1024;      ///< bytes per second
};

/// Header fields in the order they came; names are lower case.
class Headers {
public:
  void add(std::string_view name, std::string_view value);

  /// The first value of the field (name in any case), none if it is absent.
  std::optional<std::string_view> find(std::string_view name) const;

  /// The value as a count of bytes; none if absent, repeated with different values, or no plain decimal number.
  std::optional<std::uint64_t> number(std::string_view name) const;

  /// An ETag-like value without W/ and quotes; empty if absent.
  std::string etag(std::string_view name) const;

  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Bytes [first, last] of a file; without `last` up to its end.
struct ByteRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
};

/// "bytes 0-99/1000", "bytes */1000".
struct ContentRange {
  std::optional<ByteRange> range;         ///< none in a 416
  std::optional<std::uint64_t> total;     ///< none where the server says "*"
};

/// None unless the text is exactly such a value, with first ≤ last < total.
std::optional<ContentRange> parse_content_range(std::string_view text);

enum class Method { get, head, post, put, remove };

/// What is asked for decides headers and limits.
enum class Content {
  json,  ///< gzip is welcome; HTTP/2 where offered
  file,  ///< bytes as they are (`identity`); a compressed answer or a web page instead of the file is refused; HTTP/1.1
};

struct Request {
  Method method = Method::get;
  std::string url;                        ///< absolute
  Content content = Content::json;
  std::vector<std::pair<std::string, std::string>> headers;  ///< besides those this struct stands for
  std::string body;                       ///< of post and put; small (uploads of files stream: see `body_source`)
  std::function<std::size_t(std::span<std::byte>)> body_source;  ///< of put instead of `body`: fills, returns the count
  std::uint64_t body_size = 0;            ///< of body_source
  std::optional<ByteRange> range;
  std::string if_range;                   ///< a strong ETag without quotes; empty: none
  bool authorize = true;                  ///< false: leave the token out although the host may have it
  bool follow_redirects = true;           ///< false: a redirect is the answer
  std::uint64_t limit = 8u << 20;         ///< most bytes of the body, decoded; more is an error (corrupt). Files set it.
  std::chrono::milliseconds timeout{0};   ///< for everything; 0: none, stalls are found anyway
};

/// One answer on the way: redirects first, the terminal one last.
struct Hop {
  int status = 0;
  std::string url;
  Headers headers;
};

struct Response {
  int status = 0;
  std::string url;                        ///< that answered in the end; may carry a signature: never log it
  Headers headers;
  std::vector<Hop> hops;                  ///< with the terminal one; the hub's X-Linked-* are in the first of them
  std::string body;                       ///< of requests without a sink, and of every status ≥ 300 (up to 64 KiB)
  std::vector<std::string> warnings;      ///< X-HF-Warning: "topic; message"

  bool ok() const { return status >= 200 && status < 300; }

  /// The first value of a header that any hop has, from the first on.
  std::optional<std::string_view> find_in_hops(std::string_view name) const;
};

/// Takes a body as it arrives. Called on the thread that called send(). May block (a slow disk slows the transfer
/// down and is no stall) and may throw (the transfer ends, the exception leaves send()).
class Sink {
public:
  virtual ~Sink() = default;

  /// The terminal answer, only for status 200 to 299, before its first byte; `body` is empty.
  virtual void begin(const Response& response) = 0;

  virtual void write(std::span<const std::byte> bytes) = 0;
};

/// Sends requests; every function may be called from any thread. Each request in flight has a connection of its own
/// (two never share an HTTP/2 connection); idle connections are kept and reused.
class HttpClient {
public:
  /// `token` is asked before each request to the endpoint; empty: anonymous.
  explicit HttpClient(NetworkSettings settings, std::function<std::string()> token = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  NetworkSettings settings() const;

  /// Settings for requests that start from now on.
  void set_settings(NetworkSettings settings);

  bool signed_in() const;

  /// Sends and waits. Returns whatever the server says, errors too (see check()); throws HubError when there is no
  /// answer or none that may be used (no network, name, TLS, stall, redirect to a forbidden place, limits), and
  /// Error{cancelled} soon after a stop, wherever the transfer is. While a bucket of requests is rate-limited
  /// (429 or a used-up allowance), throws rate_limited at once, with the time that is left.
  Response send(const Request& request, const std::stop_token& stop = {});
  Response send(const Request& request, Sink& sink, const std::stop_token& stop = {});

  /// Throws the HubError that an answer with status ≥ 300 stands for; `subject` is what was asked for ("org/name").
  /// 304 and 416 are left to callers that ask for them.
  void check(const Response& response, std::string_view subject) const;

  /// The problem that such an answer stands for; none if it is ok().
  std::optional<Problem> problem(const Response& response, std::string_view subject) const;

  /// How long requests of this bucket have to wait; 0: not at all.
  std::chrono::milliseconds wait_of(RateBucket bucket) const;

private:
  struct State;

  Response send(const Request& request, Sink* sink, const std::stop_token& stop);
  void note_limits(const Response& response, RateBucket bucket);

  std::unique_ptr<State> state_;
};

}  // namespace etna::hub
