#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/http.h"

namespace etna::hub {

/// Looks a variable up; none if it is not set. Tests give their own.
using GetEnvironment = std::function<std::optional<std::string>(std::string_view name)>;

/// std::getenv.
GetEnvironment process_environment();

/// What huggingface_hub's variables say (hub.md §1.9), read once at the start; empty variables count as not set.
struct HubEnvironment {
  std::string endpoint;  ///< HF_ENDPOINT without slashes at the end; default huggingface.co
  bool endpoint_is_default = true;
  std::filesystem::path home;                   ///< HF_HOME; default ${XDG_CACHE_HOME:-~/.cache}/huggingface
  std::filesystem::path cache;                  ///< HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, else home/hub
  std::filesystem::path token_file;             ///< HF_TOKEN_PATH, else home/token
  std::string token;                            ///< HF_TOKEN, HUGGING_FACE_HUB_TOKEN, trimmed
  bool implicit_token = true;                   ///< false: HF_HUB_DISABLE_IMPLICIT_TOKEN
  bool offline = false;                         ///< HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE
  bool symlinks = true;                         ///< false: HF_HUB_DISABLE_SYMLINKS
  std::vector<std::string> allowed_hosts;       ///< ETNA_HUB_HOSTS, with commas: where a mirror may keep its files
  std::vector<std::filesystem::path> ca_files;  ///< SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE that exist

  /// Names of the variables that decided, for saying so; empty: none did.
  struct Variables {
    std::string endpoint;  ///< "HF_ENDPOINT"
    std::string cache;
    std::string token;
    std::string offline;
    std::string proxy;  ///< "https_proxy": what curl reads for https, in both cases of letters
    std::string ca_file;
    bool operator==(const Variables&) const = default;
  };

  Variables variables;
};

HubEnvironment read_environment(const GetEnvironment& get = process_environment());

/// Settings as the environment wants them: endpoint, offline, CA files; the token goes to the default endpoint, and to
/// another one only where the user names it in HF_ENDPOINT together with HF_TOKEN.
NetworkSettings network_settings(const HubEnvironment& environment);

}  // namespace etna::hub
