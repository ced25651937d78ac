#include "hub/environment.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace etna::hub {

namespace {

constexpr std::string_view default_endpoint = "https://huggingface.co";

bool is_true(const std::optional<std::string>& value) {
  if (!value) return false;
  std::string upper = *value;
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper == "1" || upper == "ON" || upper == "YES" || upper == "TRUE";
}

std::string trimmed(std::string text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && is_space(text.back())) text.pop_back();
  text.erase(0, std::ranges::find_if_not(text, is_space) - text.begin());
  return text;
}

/// "~/x" → "<home>/x".
std::filesystem::path expanded(const std::string& text, const std::string& home) {
  if (text == "~") return home;
  if (text.starts_with("~/")) return std::filesystem::path(home) / text.substr(2);
  return text;
}

}  // namespace

GetEnvironment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

HubEnvironment read_environment(const GetEnvironment& get) {
  const auto name_of = [&](std::initializer_list<std::string_view> names) -> std::string {
    for (const std::string_view name : names) {
      if (const auto value = get(name); value && !trimmed(*value).empty()) return std::string(name);
    }
    return {};
  };
  const auto set = [&](std::initializer_list<std::string_view> names) -> std::optional<std::string> {
    const std::string name = name_of(names);
    return name.empty() ? std::nullopt : std::optional(trimmed(*get(name)));
  };
  const std::string user_home = set({"HOME"}).value_or("/");
  const auto path = [&](std::initializer_list<std::string_view> names, const std::filesystem::path& otherwise) {
    const auto value = set(names);
    return value ? expanded(*value, user_home) : otherwise;
  };

  HubEnvironment environment;
  environment.endpoint = set({"HF_ENDPOINT"}).value_or(std::string(default_endpoint));
  while (environment.endpoint.ends_with('/')) environment.endpoint.pop_back();
  environment.endpoint_is_default = environment.endpoint == default_endpoint;
  const std::filesystem::path caches = path({"XDG_CACHE_HOME"}, std::filesystem::path(user_home) / ".cache");
  environment.home = path({"HF_HOME"}, caches / "huggingface");
  environment.cache = path({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}, environment.home / "hub");
  environment.token_file = path({"HF_TOKEN_PATH"}, environment.home / "token");
  environment.token = set({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}).value_or("");
  environment.implicit_token = !is_true(get("HF_HUB_DISABLE_IMPLICIT_TOKEN"));
  environment.offline = is_true(get("HF_HUB_OFFLINE")) || is_true(get("TRANSFORMERS_OFFLINE"));
  environment.symlinks = !is_true(get("HF_HUB_DISABLE_SYMLINKS"));
  std::string hosts = set({"ETNA_HUB_HOSTS"}).value_or("");
  while (!hosts.empty()) {
    const std::size_t comma = std::min(hosts.find(','), hosts.size());
    if (std::string host = trimmed(hosts.substr(0, comma)); !host.empty())
      environment.allowed_hosts.push_back(std::move(host));
    hosts.erase(0, comma + 1);
  }
  for (const char* name : {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}) {
    const auto value = set({name});
    if (!value) continue;
    std::error_code ignored;
    const std::filesystem::path file = expanded(*value, user_home);
    if (!std::filesystem::is_regular_file(file, ignored)) continue;
    environment.ca_files.push_back(file);
    if (environment.variables.ca_file.empty()) environment.variables.ca_file = name;
  }
  environment.variables.endpoint = name_of({"HF_ENDPOINT"});
  environment.variables.cache = name_of({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"});
  environment.variables.token = name_of({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"});
  environment.variables.proxy = name_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  for (const char* name : {"TRANSFORMERS_OFFLINE", "HF_HUB_OFFLINE"}) {
    if (is_true(get(name))) environment.variables.offline = name;
  }
  return environment;
}

NetworkSettings network_settings(const HubEnvironment& environment) {
  NetworkSettings settings;
  settings.endpoint = environment.endpoint;
  settings.endpoint_gets_token = environment.endpoint_is_default || !environment.token.empty();
  settings.offline = environment.offline;
  settings.ca_files = environment.ca_files;
  settings.allowed_hosts = environment.allowed_hosts;
  return settings;
}

}  // namespace etna::hub
