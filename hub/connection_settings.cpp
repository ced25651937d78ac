#include "hub/connection_settings.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "hub/names.h"
#include "hub/url.h"

namespace etna::hub {

namespace {

constexpr std::size_t longest_pem_file = std::size_t{4} << 20;

std::string trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return std::string(text);
}

/// The text as an address of this scheme, checked as any address is.
Url parsed(const std::string& text, const char* example) {
  try {
    return parse_url(text);
  } catch (const Error&) {
    fail(Errc::invalid_argument, "This is no web address. One looks like {}.", example);
  }
}

/// Nothing but letters, digits and what names and addresses of hosts hold.
void check_host(const Url& url, const char* example) {
  const bool plain = std::ranges::all_of(url.host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':' ||
           c == '[' || c == ']';
  });
  if (url.host.empty() || !plain) fail(Errc::invalid_argument, "This is no web address. One looks like {}.", example);
}

}  // namespace

std::string checked_endpoint(std::string_view text) {
  constexpr const char* example = "https://hub.example.org";
  std::string address = trimmed(text);
  if (address.empty()) fail(Errc::invalid_argument, "The address is empty. One looks like {}.", example);
  if (address.find('@') != address.npos) fail(Errc::invalid_argument, "The address must not hold a name or password.");
  if (address.find("://") == address.npos) address.insert(0, "https://");
  if (address.find_first_of("?#") != address.npos)
    fail(Errc::invalid_argument, "The address must end with the host or a path, without “?” or “#”.");
  while (address.ends_with('/')) address.pop_back();
  const Url url = parsed(address, example);
  check_host(url, example);
  if (url.scheme != "https" && !is_loopback(url.host))
    fail(Errc::invalid_argument, "The address must begin with https://; without it others could read along.");
  std::string path = url.path;
  while (path.ends_with('/')) path.pop_back();
  return url.origin() + path;
}

std::string checked_proxy(std::string_view text) {
  constexpr const char* example = "http://proxy.example.org:3128";
  constexpr std::array schemes = {"http", "https", "socks5", "socks5h"};
  std::string address = trimmed(text);
  if (address.empty()) fail(Errc::invalid_argument, "The proxy's address is empty. One looks like {}.", example);
  if (address.find('@') != address.npos)
    fail(Errc::invalid_argument, "Name and password of the proxy have fields of their own.");
  std::string scheme = "http";
  if (const auto at = address.find("://"); at != address.npos) {
    scheme = address.substr(0, at);
    std::ranges::transform(scheme, scheme.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    address.erase(0, at + 3);
  }
  if (std::ranges::find(schemes, scheme) == schemes.end())
    fail(Errc::invalid_argument, "A proxy's address begins with http, https, socks5 or socks5h.");
  while (address.ends_with('/')) address.pop_back();
  const Url url = parsed("http://" + address, example);
  check_host(url, example);
  if (url.path != "/" || !url.query.empty())
    fail(Errc::invalid_argument, "A proxy's address ends with its port: {}.", example);
  // Every scheme has a usual port, and most proxies another one: it is said.
  if (address.rfind(':') == address.npos || address.ends_with(']'))
    fail(Errc::invalid_argument, "The proxy's port is missing. An address with one looks like {}.", example);
  return scheme + "://" + address;
}

std::string proxy_url(const std::string& checked_proxy, const std::string& user, const std::string& password) {
  if (user.empty()) return checked_proxy;
  const std::size_t host = checked_proxy.find("://") + 3;
  std::string name = encode_component(user);
  if (!password.empty()) name += ":" + encode_component(password);
  return checked_proxy.substr(0, host) + name + "@" + checked_proxy.substr(host);
}

std::size_t count_certificates(const std::filesystem::path& pem_file) {
  const std::string shown = escaped_name(pem_file.filename().string());
  std::string text;
  try {
    text = read_text_file(pem_file, longest_pem_file);
  } catch (const Error& error) {
    fail(Errc::invalid_argument, "“{}” can't be read: {}", shown, error.what());
  }
  if (text.find("PRIVATE KEY-----") != text.npos)
    fail(Errc::invalid_argument, "“{}” holds a private key. Choose the file of the certificate alone.", shown);
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                                         &BIO_free);
  std::size_t count = 0;
  ERR_clear_error();
  while (X509* certificate = source ? PEM_read_bio_X509_AUX(source.get(), nullptr, nullptr, nullptr) : nullptr) {
    X509_free(certificate);
    ++count;
  }
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (!at_end) fail(Errc::invalid_argument, "“{}” holds a certificate that is damaged.", shown);
  if (count == 0)
    fail(Errc::invalid_argument, "“{}” holds no certificate in PEM form (it begins with -----BEGIN CERTIFICATE-----).",
         shown);
  return count;
}

}  // namespace etna::hub
