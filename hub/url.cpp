#include "hub/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include "engine/base/error.h"

namespace etna::hub {

namespace {

constexpr std::size_t longest_url = std::size_t{16} << 10;

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(const Handle& handle, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle.get(), which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
  return text;
}

void set(const Handle& handle, std::string_view text) {
  const bool has_control =
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
  if (text.empty() || text.size() > longest_url || has_control) {
    fail(Errc::corrupt, "an address of {} bytes is no URL", text.size());
  }
  if (curl_url_set(handle.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK) {
    fail(Errc::corrupt, "an address is no URL of http or https");
  }
}

/// Names in ASCII ("xn--…" for others) and addresses: hosts are shown, and what is shown must not deceive.
bool is_host(std::string_view host) {
  const bool is_v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_v6) host = host.substr(1, host.size() - 2);
  return !host.empty() && std::ranges::all_of(host, [&](char c) {
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '.';
    return hex || (is_v6 ? c == ':' : (c >= 'g' && c <= 'z') || c == '-' || c == '_');
  });
}

Url taken_apart(const Handle& handle) {
  Url url;
  url.scheme = part(handle, CURLUPART_SCHEME);
  url.host = part(handle, CURLUPART_HOST);
  url.path = part(handle, CURLUPART_PATH);
  url.query = part(handle, CURLUPART_QUERY);
  if (url.scheme != "https" && url.scheme != "http") fail(Errc::corrupt, "an address is no URL of http or https");
  if (!part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty()) {
    fail(Errc::corrupt, "an address holds a user name");
  }
  if (url.host.empty()) fail(Errc::corrupt, "an address has no host");
  std::ranges::transform(url.host, url.host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), url.port);
  const std::size_t dots = url.host.size() - (url.host.find_last_not_of('.') + 1);
  url.host.resize(url.host.size() - dots);
  if (!is_host(url.host)) fail(Errc::corrupt, "an address has a host that is no name");
  // Without its dot a name may turn out to be a number, which is an address of the internet: "2130706433."
  return dots > 0 ? parse_url(url.text()) : url;
}

bool is_private_v4(std::uint32_t address) {
  const auto within = [&](std::uint32_t network, int bits) {
    return (address >> (32 - bits)) == (network >> (32 - bits));
  };
  return within(0x00000000, 8) || within(0x0A000000, 8) || within(0x64400000, 10) || within(0x7F000000, 8) ||
         within(0xA9FE0000, 16) || within(0xAC100000, 12) || within(0xC0A80000, 16) || within(0xE0000000, 3);
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string encoded(std::string_view text, bool keep_slashes) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || (keep_slashes && c == '/')) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

bool is_default_port(const Url& url) {
  return url.port == (url.scheme == "https" ? 443 : 80);
}

}  // namespace

std::string Url::host_and_port() const {
  return is_default_port(*this) ? host : fmt::format("{}:{}", host, port);
}

std::string Url::origin() const {
  return fmt::format("{}://{}", scheme, host_and_port());
}

std::string Url::text() const {
  return origin() + path + (query.empty() ? "" : "?" + query);
}

Url parse_url(std::string_view text) {
  const Handle handle(curl_url(), &curl_url_cleanup);
  set(handle, text);
  return taken_apart(handle);
}

Url resolve_reference(const Url& base, std::string_view reference) {
  const Handle handle(curl_url(), &curl_url_cleanup);
  set(handle, base.text());
  set(handle, reference);
  return taken_apart(handle);
}

std::string encode_component(std::string_view text) {
  return encoded(text, false);
}

std::string encode_path(std::string_view path) {
  return encoded(path, true);
}

bool is_private_address(std::string_view host) {
  std::string name(host);
  in_addr v4{};
  if (::inet_pton(AF_INET, name.c_str(), &v4) == 1) return is_private_v4(ntohl(v4.s_addr));
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  name = name.substr(0, name.find('%'));
  in6_addr v6{};
  if (::inet_pton(AF_INET6, name.c_str(), &v6) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    std::uint32_t mapped = 0;
    std::memcpy(&mapped, v6.s6_addr + 12, sizeof mapped);
    return is_private_v4(ntohl(mapped));
  }
  return IN6_IS_ADDR_UNSPECIFIED(&v6) || IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_LINKLOCAL(&v6) ||
         IN6_IS_ADDR_MULTICAST(&v6) || (v6.s6_addr[0] & 0xFE) == 0xFC;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && is_private_address(host));
}

bool host_matches(std::string_view host, std::string_view pattern) {
  if (!pattern.starts_with("*.")) return host == pattern;
  pattern.remove_prefix(1);
  return host.size() > pattern.size() && host.ends_with(pattern);
}

std::string next_link(std::string_view header) {
  while (!header.empty()) {
    const std::size_t open = header.find('<');
    const std::size_t close = open == header.npos ? header.npos : header.find('>', open);
    if (close == header.npos) return {};
    const std::string_view address = header.substr(open + 1, close - open - 1);
    // Parameters go on to a comma outside quotes.
    std::size_t end = close + 1;
    for (bool quoted = false; end < header.size() && (quoted || header[end] != ','); ++end) {
      if (header[end] == '"') quoted = !quoted;
    }
    std::string parameters(header.substr(close + 1, end - close - 1));
    std::erase_if(parameters, [](char c) { return c == ' ' || c == '\t' || c == '"'; });
    parameters += ';';
    if (parameters.find(";rel=next;") != parameters.npos) return std::string(address);
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return {};
}

}  // namespace etna::hub
