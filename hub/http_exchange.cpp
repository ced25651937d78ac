#include "hub/http_exchange.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

#include "engine/base/error.h"
#include "hub/names.h"

namespace etna::hub {

namespace {

constexpr std::size_t most_header_bytes = std::size_t{256} << 10;
constexpr std::size_t most_header_fields = 500;
constexpr std::size_t most_error_text = std::size_t{64} << 10;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Frees the connection's multi handle of the transfer however run() ends; what is unfinished is cut off.
class Attached {
public:
  Attached(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) { curl_multi_add_handle(multi_, easy_); }

  ~Attached() { curl_multi_remove_handle(multi_, easy_); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

private:
  CURLM* multi_;
  CURL* easy_;
};

[[noreturn]] void refuse(const Url& url, std::string reason) {
  throw HubError({.trouble = Trouble::server, .retry = Retry::with_backoff, .host = url.host, .reason = std::move(reason)});
}

}  // namespace

Connection::Connection() : easy_(curl_easy_init(), &curl_easy_cleanup), multi_(curl_multi_init(), &curl_multi_cleanup) {
  if (!easy_ || !multi_) fail(Errc::out_of_memory, "no memory for a network connection");
}

Exchange::Exchange(Connection& connection, const NetworkSettings& settings, const Request& request, const Url& url,
                   const std::string& authorization, Sink* sink)
    : connection_(connection), settings_(settings), request_(request), url_(url), sink_(sink) {
  curl_easy_reset(connection_.easy());
  response_.url = url.text();
  set_up();
  set_up_connection();
  set_up_method();
  set_up_headers(authorization);
}

Exchange::~Exchange() {
  curl_easy_reset(connection_.easy());  // nothing may point at what ends here
  curl_slist_free_all(headers_);
  curl_slist_free_all(resolve_);
}

void Exchange::set_up() {
  CURL* easy = connection_.easy();
  curl_easy_setopt(easy, CURLOPT_URL, response_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for a name that nobody resolves
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, url_.scheme == "https" ? "https" : "http");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  if (request_.content == Content::json) {
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 512L << 10);
  }
}

void Exchange::set_up_connection() {
  CURL* easy = connection_.easy();
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!settings_.ca_files.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &Exchange::on_tls_context);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
  }
  switch (settings_.proxy) {
    case NetworkSettings::Proxy::system: break;
    case NetworkSettings::Proxy::none: curl_easy_setopt(easy, CURLOPT_PROXY, ""); break;
    case NetworkSettings::Proxy::manual:
      curl_easy_setopt(easy, CURLOPT_PROXY, settings_.proxy_url.c_str());
      curl_easy_setopt(easy, CURLOPT_NOPROXY, settings_.no_proxy.c_str());
      break;
  }
  for (const std::string& line : settings_.resolve) resolve_ = curl_slist_append(resolve_, line.c_str());
  if (resolve_ != nullptr) curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve_);
}

void Exchange::set_up_method() {
  CURL* easy = connection_.easy();
  const auto set_body = [&] {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
  };
  switch (request_.method) {
    case Method::get: break;
    case Method::head: curl_easy_setopt(easy, CURLOPT_NOBODY, 1L); break;
    case Method::post: set_body(); break;
    case Method::remove:
      if (!request_.body.empty()) set_body();
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
      break;
    case Method::put:
      if (request_.body_source) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Exchange::on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, this);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body_size));
        curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
      } else {
        set_body();
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT");
      }
      break;
  }
}

void Exchange::add_header(const std::string& line) { headers_ = curl_slist_append(headers_, line.c_str()); }

void Exchange::set_up_headers(const std::string& authorization) {
  CURL* easy = connection_.easy();
  if (!authorization.empty()) add_header("Authorization: " + authorization);
  if (request_.content == Content::file) {
    add_header("Accept-Encoding: identity");
    add_header("Accept: */*");
  } else {
    add_header("Accept: application/json");
  }
  add_header("Expect:");  // no "100-continue": the hub does not answer it
  if (request_.range) {
    add_header(request_.range->last ? fmt::format("Range: bytes={}-{}", request_.range->first, *request_.range->last)
                                    : fmt::format("Range: bytes={}-", request_.range->first));
    if (!request_.if_range.empty()) add_header(fmt::format("If-Range: \"{}\"", request_.if_range));
  }
  for (const auto& [name, value] : request_.headers) add_header(fmt::format("{}: {}", name, value));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
  const std::string agent = settings_.user_agent.empty()
                                ? fmt::format("etna/{}; libcurl/{}", ETNA_VERSION, curl_version_info(CURLVERSION_NOW)->version)
                                : settings_.user_agent;
  curl_easy_setopt(easy, CURLOPT_USERAGENT, agent.c_str());
}

CURLcode Exchange::on_tls_context(CURL*, void* context, void* self) {
  for (const std::filesystem::path& file : static_cast<Exchange*>(self)->settings_.ca_files) {
    if (SSL_CTX_load_verify_file(static_cast<SSL_CTX*>(context), file.c_str()) != 1) return CURLE_SSL_CACERT_BADFILE;
  }
  return CURLE_OK;
}

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<Exchange*>(self);
  return exchange->guarded([&] { exchange->take_header({data, size * count}); }) ? size * count : 0;
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<Exchange*>(self);
  const auto bytes = std::as_bytes(std::span(data, size * count));
  return exchange->guarded([&] { exchange->take_body(bytes); }) && !exchange->enough_ ? size * count : 0;
}

std::size_t Exchange::on_read(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<Exchange*>(self);
  std::size_t filled = 0;
  const bool fine = exchange->guarded([&] {
    const auto before = Clock::now();
    filled = exchange->request_.body_source(std::as_writable_bytes(std::span(data, size * count)));
    exchange->window_start_ += Clock::now() - before;
    exchange->window_bytes_ += filled;
  });
  return fine ? filled : CURL_READFUNC_ABORT;
}

void Exchange::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > most_header_bytes || response_.headers.all().size() > most_header_fields) {
    refuse(url_, "its answer has too many headers");
  }
  window_bytes_ += line.size();
  if (line.starts_with("HTTP/")) {
    response_.headers = {};
    response_.status = 0;
    head_finished_ = false;
    long status = 0;
    curl_easy_getinfo(connection_.easy(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
  } else if (trimmed(line).empty()) {
    if (!head_finished_ && response_.status >= 200) finish_head();
  } else if (!head_finished_) {  // what follows a body (trailers) is of no use
    const std::size_t colon = line.find(':');
    if (colon != line.npos) response_.headers.add(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
}

void Exchange::finish_head() {
  head_finished_ = true;
  check_head();
  if (response_.ok() && sink_ != nullptr) sink_->begin(response_);
}

/// A body that could not be used is refused before its first byte.
void Exchange::check_head() const {
  if (!response_.ok()) return;
  const auto length = response_.headers.find("content-length");
  const auto bytes = response_.headers.number("content-length");
  if (length && !bytes) refuse(url_, "its answer has two lengths, or none that is a number");
  const std::string type = lower(response_.headers.find("content-type").value_or(""));
  const bool html_wanted = url_.path.ends_with(".html") || url_.path.ends_with(".htm");
  if (type.starts_with("text/html") && !html_wanted) {
    refuse(url_, "a web page came instead of the answer; a network's sign-in page may be in the way");
  }
  if (request_.content == Content::file) {
    const std::string encoding = lower(response_.headers.find("content-encoding").value_or("identity"));
    if (encoding != "identity") refuse(url_, fmt::format("it sent the file compressed ({})", escaped_name(encoding, 20)));
    if (lower(response_.headers.find("content-type").value_or("")).starts_with("multipart/byteranges")) {
      refuse(url_, "it sent several ranges in one answer");
    }
  }
  if (request_.method != Method::head && bytes && *bytes > request_.limit) {
    fail(Errc::corrupt, "{} sent {} bytes where at most {} were expected", url_.host, *bytes, request_.limit);
  }
}

void Exchange::take_body(std::span<const std::byte> bytes) {
  window_bytes_ += bytes.size();
  body_bytes_ += bytes.size();
  if (!response_.ok()) {
    const std::size_t room = most_error_text - response_.body.size();
    response_.body.append(reinterpret_cast<const char*>(bytes.data()), std::min(room, bytes.size()));
    enough_ = body_bytes_ > most_error_text;
    return;
  }
  if (body_bytes_ > request_.limit) {
    fail(Errc::corrupt, "{} sent more than the {} bytes that were expected", url_.host, request_.limit);
  }
  if (sink_ == nullptr) {
    response_.body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return;
  }
  const auto before = Clock::now();
  sink_->write(bytes);
  window_start_ += Clock::now() - before;  // a slow disk is not a slow server
}

std::chrono::milliseconds Exchange::patience() {
  using std::chrono::milliseconds;
  const auto now = Clock::now();
  milliseconds wait{1000};
  if (request_.timeout.count() > 0) {
    const auto left = std::chrono::ceil<milliseconds>(started_ + request_.timeout - now);
    if (left.count() <= 0) refuse(url_, "it took too long to answer");
    wait = std::min(wait, left);
  }
  const auto left = std::chrono::ceil<milliseconds>(window_start_ + settings_.stall_timeout - now);
  if (left.count() > 0) return std::min(wait, left);
  const double seconds = std::chrono::duration<double>(settings_.stall_timeout).count();
  if (static_cast<double>(window_bytes_) < seconds * static_cast<double>(settings_.slowest_rate)) {
    refuse(url_, "the connection has stalled");
  }
  window_start_ = now;
  window_bytes_ = 0;
  return wait;
}

Response Exchange::run(const std::stop_token& stop) {
  CURLM* multi = connection_.multi();
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  const Attached attached(multi, connection_.easy());
  started_ = window_start_ = Clock::now();
  for (;;) {
    if (stop.stop_requested()) fail(Errc::cancelled, "stopped");
    int running = 0;
    curl_multi_perform(multi, &running);
    if (thrown_) std::rethrow_exception(thrown_);
    int queued = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &queued)) {
      if (message->msg != CURLMSG_DONE) continue;
      if (message->data.result != CURLE_OK && !enough_) fail_with(message->data.result);
      return std::move(response_);
    }
    if (running == 0) refuse(url_, "the transfer ended without an answer");
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(patience().count()), nullptr);
  }
}

void Exchange::fail_with(CURLcode code) {
  long connect_status = 0;
  long system_error = 0;
  curl_easy_getinfo(connection_.easy(), CURLINFO_HTTP_CONNECTCODE, &connect_status);
  curl_easy_getinfo(connection_.easy(), CURLINFO_OS_ERRNO, &system_error);
  throw HubError(transfer_problem(code, connect_status, system_error, error_text_, url_, settings_));
}

}  // namespace etna::hub
