#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/commands.h"
#include "hub/api.h"
#include "hub/cache.h"
#include "hub/downloads.h"
#include "hub/environment.h"
#include "hub/problem.h"
#include "hub/token.h"

namespace etna::cli {

/// The hub as the terminal's verbs use it: what the environment says, with the options of the command on top. The window
/// has the same cache, the same saved downloads and the same records of checks.
class HubClient {
public:
  /// `token`: instead of the one that is kept somewhere; it goes to the endpoint whatever that is.
  explicit HubClient(const HubOptions& options, std::optional<std::string> token = std::nullopt);

  const hub::HubEnvironment& environment() const { return environment_; }
  const std::optional<hub::Token>& token() const { return token_; }
  /// False: the endpoint is a mirror, which gets a token only where HF_TOKEN is set for it.
  bool sends_token() const { return api_->client().settings().endpoint_gets_token; }

  const hub::HubApi& api() const { return *api_; }
  const hub::Cache& cache() const { return *cache_; }

  /// Etna's own folder for saved downloads, checks and checksums of pieces.
  const std::filesystem::path& data_folder() const { return data_; }

  /// Into the shared cache. Other rows of the queue stay as they are.
  hub::DownloadQueue::Options queue_options() const;

private:
  hub::HubEnvironment environment_;
  std::optional<hub::Token> token_;
  std::shared_ptr<hub::HttpClient> client_;
  std::unique_ptr<hub::HubApi> api_;
  std::unique_ptr<hub::Cache> cache_;
  std::filesystem::path data_;
};

/// $XDG_DATA_HOME/etna/hub, else ~/.local/share/etna/hub.
std::filesystem::path hub_data_folder();

/// Runs a verb of the hub. What goes wrong is told as "etna-cli: title: text", with what can be done about it on further
/// lines; with Output::json also as one JSON object {"error": {code, title, text}} on standard output. `repository` is
/// what the verb is about, for links to its page.
int report_hub_problems(Output output, const HubOptions& options, const std::string& repository,
                        const std::function<int()>& verb);

/// The exit code of a problem by its code in the catalogue ("E-DSK-01").
int exit_code_of(std::string_view catalogue_code);

/// {"error": {"code": …, "title": …, "text": …}} and a newline.
std::string error_json(std::string_view code, std::string_view title, std::string_view text);

}  // namespace etna::cli
