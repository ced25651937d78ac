#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace etna::hub {

/// An absolute http or https address, taken apart. Host in lower case; no fragment.
struct Url {
  std::string scheme;
  std::string host;                      ///< IPv6 in brackets
  std::uint16_t port = 0;                ///< the scheme's own if the text names none
  std::string path;                      ///< begins with '/'
  std::string query;                     ///< without '?'

  std::string text() const;

  /// "https://huggingface.co", with the port where it is not the scheme's own.
  std::string origin() const;

  /// Host, with the port where it is not the scheme's own.
  std::string host_and_port() const;
};

/// Throws corrupt for anything that is no absolute http(s) URL of at most 16 KiB, or that holds a user name.
Url parse_url(std::string_view text);

/// The address that `reference` (absolute or relative) means on a page at `base`. Throws as parse_url.
Url resolve_reference(const Url& base, std::string_view reference);

/// Percent-encodes everything but letters, digits, '-', '.', '_', '~'.
std::string encode_component(std::string_view text);

/// The same with slashes kept.
std::string encode_path(std::string_view path);

/// "10.1.2.3", "[::1]", "127.0.0.1", …: an address, not a name, that is not on the public internet.
bool is_private_address(std::string_view host);

/// "127.0.0.1", "[::1]", "localhost".
bool is_loopback(std::string_view host);

/// Whether `host` is `pattern`, or lies below it where the pattern begins with "*.".
bool host_matches(std::string_view host, std::string_view pattern);

/// An item of a Link header with rel="next"; empty if there is none.
std::string next_link(std::string_view link_header);

}  // namespace etna::hub
