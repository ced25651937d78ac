#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

/// What a person types or chooses for the way to the hub, checked before it is kept. Errors are invalid_argument with a
/// sentence for that person, and never show a password.
namespace etna::hub {

/// A hub's address without slashes at the end: "https://mirror.example.org". Without a scheme https is meant; http is
/// for servers on this computer only. No user name, query or fragment.
std::string checked_endpoint(std::string_view text);

/// A proxy's address: "http://proxy.example.org:3128". Without a scheme http is meant; the others are https, socks5 and
/// socks5h. No path. A name and password in it are refused: they have places of their own.
std::string checked_proxy(std::string_view text);

/// The two together, for NetworkSettings::proxy_url: name and password are percent-encoded. A secret.
std::string proxy_url(const std::string& checked_proxy, const std::string& user, const std::string& password);

/// How many certificates a PEM file holds. Throws where it holds none, where one of them is damaged, where it has more
/// than 4 MB, or where it can't be read.
std::size_t count_certificates(const std::filesystem::path& pem_file);

}  // namespace etna::hub
