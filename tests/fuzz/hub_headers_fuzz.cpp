// Headers and error texts of answers: what they say of a file, of limits, of the next page, and what is told of them.
#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "hub/api.h"
#include "hub/http_exchange.h"
#include "hub/names.h"
#include "tests/fuzz/fuzz.h"

namespace etna::hub {
namespace {

const std::string endpoint = "https://huggingface.co";

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

/// Blocks of "status url", "name: value" …, an empty line; what is left is the last one's body.
Response response_of(std::string_view text) {
  Response response;
  while (!text.empty() && response.hops.size() < 12) {
    Hop hop;
    std::string_view first = take_line(text);
    for (; !first.empty() && first.front() >= '0' && first.front() <= '9' && hop.status < 1000; first.remove_prefix(1))
      hop.status = hop.status * 10 + (first.front() - '0');
    if (!first.empty()) first.remove_prefix(1);
    hop.url = first.empty() ? endpoint + "/org/name/resolve/main/x" : std::string(first);
    for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
      const std::size_t colon = line.find(':');
      std::string_view value = colon == line.npos ? "" : line.substr(colon + 1);
      while (value.starts_with(' ')) value.remove_prefix(1);
      hop.headers.add(line.substr(0, colon), value);
    }
    const bool is_redirect = hop.status >= 300 && hop.status < 400;
    response.hops.push_back(std::move(hop));
    if (!is_redirect) break;
  }
  if (response.hops.empty()) response.hops.push_back({.status = 200, .url = endpoint, .headers = {}});
  response.status = response.hops.back().status;
  response.url = response.hops.back().url;
  response.headers = response.hops.back().headers;
  response.body = text;
  return response;
}

void check_text(const std::string& text) {
  fuzz::require(utf8::is_valid(text), "what is shown is UTF-8");
  fuzz::require(text.size() < 20'000, "what is shown is short");
}

void check_problem(const Response& response) {
  if (response.ok()) return;
  for (const bool of_endpoint : {true, false}) {
    const Problem problem = answer_problem(response, "org/name", true, of_endpoint);
    check_text(problem.title());
    check_text(problem.text());
    fuzz::require(problem.server_message.size() <= 500, "the server's sentence is short");
    fuzz::require(problem.server_message.find("hf_abcdefgh") == std::string::npos, "it tells no token");
    fuzz::require(problem.retry_after.count() >= 0 && problem.retry_after <= std::chrono::hours(2),
                  "a wait has an end");
  }
}

void check_values(const Response& response) {
  for (const auto& [name, value] : response.headers.all()) {
    static_cast<void>(response.headers.number(name));
    static_cast<void>(response.headers.etag(name));
    if (const auto range = parse_content_range(value); range && range->range) {
      fuzz::require(range->range->first <= *range->range->last, "a range begins before it ends");
      fuzz::require(!range->total || *range->range->last < *range->total, "a range is inside its file");
    }
    if (const auto limit = parse_rate_limit(value))
      fuzz::require(limit->reset.count() >= 0 && limit->reset <= std::chrono::hours(1), "a window is at most an hour");
    if (const auto wait = parse_retry_after(value, 1'790'000'000))
      fuzz::require(wait->count() >= 0 && *wait <= std::chrono::hours(1), "a wait is at most an hour");
    static_cast<void>(next_link(value));
  }
}

void check_location(const Response& response) {
  const auto location = response.headers.find("location");
  if (!location) return;
  const Url from = parse_url(endpoint + "/org/name/resolve/main/x");
  const Url to = resolve_reference(from, *location);
  fuzz::require(to.scheme == "http" || to.scheme == "https", "redirects lead to web addresses");
  fuzz::require(parse_url(to.text()).origin() == to.origin(), "an address stays what it is");
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; };
  fuzz::require(std::ranges::all_of(to.text(), is_plain), "nothing in it ends a header line");
}

}  // namespace
}  // namespace etna::hub

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  const hub::Response response = hub::response_of(fuzz::as_text(data, size));
  hub::check_values(response);
  hub::check_problem(response);
  try {
    hub::check_location(response);
  } catch (const Error&) {
    // no address
  }
  try {
    const hub::ResolvedFile file = hub::describe_resolved(response, hub::endpoint);
    fuzz::require(file.etag.empty() || hub::is_blob_name(file.etag), "a hash may be a name");
    fuzz::require(file.commit.empty() || hub::is_commit(file.commit), "a commit may be a name");
  } catch (const Error&) {
    // no file
  }
  return 0;
}
