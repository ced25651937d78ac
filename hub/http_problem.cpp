// What goes wrong with requests, in the catalogue's words: failed transfers and error answers.
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <nlohmann/json.hpp>

#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "hub/http_exchange.h"
#include "hub/names.h"
#include "hub/token.h"

namespace etna::hub {

namespace {

/// Whether any interface but the loopback one is up and has an address.
bool has_network() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return true;  // not known: do not blame the network
  bool found = false;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_LOOPBACK) != 0) continue;
    const int family = entry->ifa_addr->sa_family;
    found = found || ((entry->ifa_flags & IFF_RUNNING) != 0 && (family == AF_INET || family == AF_INET6));
  }
  ::freeifaddrs(list);
  return found;
}

std::string proxy_name(const NetworkSettings& settings) {
  if (settings.proxy != NetworkSettings::Proxy::manual) return "The proxy";
  const std::string plain = redacted(settings.proxy_url);
  return escaped_name(plain.substr(plain.rfind('@') == plain.npos ? 0 : plain.rfind('@') + 1));
}

/// OpenSSL's words, as the middle of a sentence.
std::string certificate_reason(std::string_view text) {
  constexpr std::string_view prefix = "SSL certificate problem: ";
  if (const auto at = text.find(prefix); at != text.npos) return escaped_name(text.substr(at + prefix.size()));
  if (text.find("does not match") != text.npos || text.find("no alternative certificate subject") != text.npos) {
    return "it was made for another name";
  }
  return text.empty() ? "the secure connection could not be made" : escaped_name(text);
}

bool is_tls_failure(CURLcode code) {
  constexpr std::array codes = {CURLE_PEER_FAILED_VERIFICATION,
                                CURLE_SSL_CERTPROBLEM,
                                CURLE_SSL_CACERT_BADFILE,
                                CURLE_SSL_ISSUER_ERROR,
                                CURLE_SSL_CONNECT_ERROR,
                                CURLE_SSL_INVALIDCERTSTATUS,
                                CURLE_SSL_CIPHER,
                                CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                                CURLE_USE_SSL_FAILED};
  return std::ranges::find(codes, code) != codes.end();
}

std::string transfer_reason(CURLcode code, std::string_view error_text) {
  switch (code) {
    case CURLE_COULDNT_CONNECT: return "it does not answer";
    case CURLE_OPERATION_TIMEDOUT: return "it does not answer in time";
    case CURLE_GOT_NOTHING: return "it closed the connection without an answer";
    case CURLE_PARTIAL_FILE: return "the connection broke off before the end";
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SSL_CONNECT_ERROR: return "the connection broke off";
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING: return "its answer makes no sense";
    default: return error_text.empty() ? curl_easy_strerror(code) : escaped_name(redacted(error_text));
  }
}

/// The server's own sentence: X-Error-Message, else the body's "error" in its various shapes, else plain text.
std::string message_of(const Response& response) {
  std::string message(response.headers.find("x-error-message").value_or(""));
  const std::string type(response.headers.find("content-type").value_or(""));
  if (message.empty() && type.starts_with("application/json")) {
    try {
      const nlohmann::json body = parse_json(response.body, "an error answer", 16);
      const auto text = [](const nlohmann::json& value) { return value.is_string() ? value.get<std::string>() : ""; };
      if (body.is_object() && body.contains("error")) {
        const nlohmann::json& error = body["error"];
        message = error.is_array() && !error.empty() ? text(error[0]) : text(error);
      } else if (body.is_object() && body.contains("errors") && body["errors"].is_array() && !body["errors"].empty()) {
        const nlohmann::json& error = body["errors"][0];
        message = error.is_object() && error.contains("message") ? text(error["message"]) : text(error);
      }
    } catch (const Error&) {
      message.clear();  // not JSON after all: nothing worth showing
    }
  } else if (message.empty() && type.starts_with("text/plain")) {
    message = response.body.substr(0, 500);
  }
  constexpr std::size_t most = 500 - std::string_view("…").size();
  return escaped_name(redacted(utf8::make_valid(std::string_view(message).substr(0, 500))), most);
}

bool has(std::string_view text, std::string_view word) {
  return text.find(word) != text.npos;
}

Gate gate_of(std::string_view message) {
  if (has(message, "awaiting a review") || has(message, "pending")) return Gate::waiting;
  if (has(message, "rejected")) return Gate::rejected;
  if (has(message, "been reset")) return Gate::reset;
  return Gate::ask;
}

std::chrono::milliseconds wait_after(const Response& response, std::chrono::seconds otherwise) {
  if (const auto text = response.headers.find("retry-after")) {
    if (const auto wait = parse_retry_after(*text, std::time(nullptr))) return *wait;
  }
  if (const auto text = response.headers.find("ratelimit")) {
    if (const auto limit = parse_rate_limit(*text)) return limit->reset + std::chrono::seconds(1);
  }
  return otherwise;
}

void describe_refusal(Problem& problem, const Response& response, std::string_view error_code, bool signed_in,
                      bool of_endpoint) {
  const std::string& message = problem.server_message;
  if (!of_endpoint) {  // a signed link has run out, or an edge server dislikes the request: resolving anew may help
    problem.trouble = Trouble::server;
    problem.retry = Retry::with_backoff;
    problem.reason = fmt::format("it refuses the link to the file ({})", response.status);
    return;
  }
  const bool gated = error_code == "GatedRepo" || has(message, "Your request to access model");
  if (gated && response.status == 401) {
    problem.trouble = signed_in ? Trouble::token_refused : Trouble::gated;
    problem.gate = Gate::sign_in;
  } else if (gated) {
    problem.trouble = Trouble::gated;
    problem.gate = gate_of(message);
  } else if (response.status == 401 && !signed_in) {
    problem.trouble = Trouble::not_found;  // missing, private, or needs a login: the hub does not say which
    problem.missing = Missing::repository;
  } else if (has(message, "is disabled")) {
    problem.trouble = Trouble::not_found;
    problem.missing = Missing::repository;
  } else {
    problem.trouble = Trouble::token_refused;
  }
}

Missing missing_of(std::string_view error_code) {
  if (error_code == "RevisionNotFound") return Missing::revision;
  if (error_code == "EntryNotFound") return Missing::file;
  return Missing::repository;
}

}  // namespace

Problem transfer_problem(CURLcode code, long connect_status, long system_error, std::string_view error_text,
                         const Url& url, const NetworkSettings& settings) {
  Problem problem;
  problem.host = url.host;
  const bool broken_off = system_error == ECONNRESET || system_error == EPIPE || has(error_text, "SSL_ERROR_SYSCALL") ||
                          has(error_text, "eset by peer") || has(error_text, "unexpected eof");
  if (connect_status == 407) {
    problem.trouble = Trouble::proxy_password;
    problem.host = proxy_name(settings);
  } else if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY) {
    problem.trouble = has_network() ? Trouble::unknown_host : Trouble::no_network;
    problem.retry = Retry::with_backoff;
    if (code == CURLE_COULDNT_RESOLVE_PROXY) problem.host = proxy_name(settings);
  } else if (system_error == ENETUNREACH || system_error == ENETDOWN) {
    problem.trouble = Trouble::no_network;
    problem.retry = Retry::with_backoff;
  } else if (is_tls_failure(code) && !broken_off) {
    problem.trouble = Trouble::untrusted;
    problem.reason = certificate_reason(error_text);
  } else {
    problem.trouble = code == CURLE_COULDNT_CONNECT && !has_network() && !is_loopback(url.host) ? Trouble::no_network
                                                                                                : Trouble::server;
    problem.retry = Retry::with_backoff;
    if (problem.trouble == Trouble::server) problem.reason = transfer_reason(code, error_text);
  }
  return problem;
}

Problem answer_problem(const Response& response, std::string_view subject, bool signed_in, bool of_endpoint) {
  using namespace std::chrono_literals;
  Problem problem;
  problem.status = response.status;
  problem.host = parse_url(response.url).host;
  problem.server_message = message_of(response);
  problem.request_id = escaped_name(response.headers.find("x-request-id").value_or(""), 120);
  const std::string_view error_code = response.headers.find("x-error-code").value_or("");
  switch (response.status) {
    case 401:
    case 403: describe_refusal(problem, response, error_code, signed_in, of_endpoint); break;
    case 404:
    case 410:
      problem.trouble = Trouble::not_found;
      problem.missing = missing_of(error_code);
      break;
    case 407: problem.trouble = Trouble::proxy_password; break;
    case 412: problem.trouble = Trouble::changed; break;
    case 429:
      problem.trouble = Trouble::rate_limited;
      problem.retry = Retry::after_delay;
      problem.retry_after = wait_after(response, 60s);
      break;
    case 408:
    case 409:
    case 425:
    case 500:
    case 502:
    case 503:
    case 504:
      problem.retry = Retry::with_backoff;
      if (response.headers.find("retry-after")) {
        problem.retry = Retry::after_delay;
        problem.retry_after = wait_after(response, 5s);
      }
      break;
    default: problem.retry = response.status >= 500 ? Retry::with_backoff : Retry::never; break;
  }
  if (problem.trouble == Trouble::not_found) {
    problem.reason = escaped_name(subject);
    problem.server_message.clear();  // "Invalid username or password." would mislead
  }
  return problem;
}

}  // namespace etna::hub
