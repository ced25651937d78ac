#pragma once

#include <curl/curl.h>

#include <chrono>
#include <exception>
#include <memory>
#include <stop_token>
#include <string>

#include "hub/http.h"
#include "hub/url.h"

/// One request and one answer through libcurl; redirects and retries are HttpClient's business.
namespace etna::hub {

/// A pair of handles that keeps its connections alive for the next request; used by one request at a time.
class Connection {
public:
  Connection();

  CURLM* multi() const { return multi_.get(); }

  CURL* easy() const { return easy_.get(); }

private:
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
};

class Exchange {
public:
  /// `sink` may be null: then a body goes into the answer. `authorization` is the header's value; empty: none.
  Exchange(Connection& connection, const NetworkSettings& settings, const Request& request, const Url& url,
           const std::string& authorization, Sink* sink);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Sends and waits; hops are left empty. Throws as HttpClient::send.
  Response run(const std::stop_token& stop);

private:
  using Clock = std::chrono::steady_clock;

  void set_up();
  void set_up_method();
  void set_up_connection();
  void set_up_headers(const std::string& authorization);
  void add_header(const std::string& line);

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* data, std::size_t size, std::size_t count, void* self);
  static CURLcode on_tls_context(CURL* easy, void* context, void* self);

  void take_header(std::string_view line);
  void finish_head();
  void check_head() const;
  void take_body(std::span<const std::byte> bytes);

  /// How long to wait for something to happen; throws when nothing has for too long.
  std::chrono::milliseconds patience();
  [[noreturn]] void fail_with(CURLcode code);

  /// Runs a callback's work; an exception is kept for run() to throw, since C code lies in between.
  template <class Work>
  bool guarded(Work&& work) {
    try {
      work();
      return true;
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
  }

  Connection& connection_;
  const NetworkSettings& settings_;
  const Request& request_;
  const Url& url_;
  Sink* sink_;
  Response response_;
  std::exception_ptr thrown_;
  curl_slist* headers_ = nullptr;
  curl_slist* resolve_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = {};
  std::size_t header_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  bool head_finished_ = false;
  bool enough_ = false;                  ///< the rest of an error's text is of no interest
  Clock::time_point started_;
  Clock::time_point window_start_;       ///< of the measurement that finds stalls
  std::uint64_t window_bytes_ = 0;
};

/// The problem that an answer with an error status stands for. `of_endpoint`: it came from the hub itself, not from a
/// host that it redirected to.
Problem answer_problem(const Response& response, std::string_view subject, bool signed_in, bool of_endpoint);

/// The problem behind a transfer that failed without an answer.
Problem transfer_problem(CURLcode code, long connect_status, long system_error, std::string_view error_text,
                         const Url& url, const NetworkSettings& settings);

}  // namespace etna::hub
