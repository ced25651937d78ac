#include "cli/commands/hub_client.h"

#include <fmt/core.h>

#include <cstdlib>
#include <vector>

#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/base/error.h"
#include "hub/download_hub_source.h"
#include "hub/download_problem.h"

namespace etna::cli {

namespace fs = std::filesystem;

namespace {

hub::HubEnvironment environment_of(const HubOptions& options) {
  hub::HubEnvironment environment = hub::read_environment([&](std::string_view name) -> std::optional<std::string> {
    if (name == "HF_ENDPOINT" && !options.endpoint.empty()) return options.endpoint;
    return hub::process_environment()(name);
  });
  environment.offline = environment.offline || options.offline;
  return environment;
}

/// What a person can do about a problem; lines for the terminal.
std::vector<std::string> advice_on(const hub::Problem& problem, const HubOptions& options,
                                   const std::string& repository) {
  const hub::HubEnvironment environment = environment_of(options);
  const std::string page = environment.endpoint + "/" + repository;
  switch (problem.trouble) {
    case hub::Trouble::no_network:
      if (environment.offline) return {"Nothing was asked: offline mode is on (--offline, HF_HUB_OFFLINE)."};
      return {};
    case hub::Trouble::untrusted: return {"Name a certificate of your network with SSL_CERT_FILE=FILE."};
    case hub::Trouble::proxy_password: return {"Set it with HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT."};
    case hub::Trouble::rate_limited: return {"A token raises the limit: etna-cli login"};
    case hub::Trouble::gated:
      if (repository.empty()) return {"Sign in with: etna-cli login"};
      return {fmt::format("Accept its terms at {} and sign in with: etna-cli login", page)};
    case hub::Trouble::token_refused: return {"Use another token: etna-cli login"};
    case hub::Trouble::not_found:
      if (problem.missing == hub::Missing::file || problem.missing == hub::Missing::revision) return {};
      return {"Look for it: etna-cli search TEXT", "If it is private, sign in with: etna-cli login"};
    default: return {};
  }
}

}  // namespace

fs::path hub_data_folder() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data && *data == '/') return fs::path(data) / "etna" / "hub";
  const char* home = std::getenv("HOME");
  if (!home || *home == '\0') fail(Errc::not_found, "neither XDG_DATA_HOME nor HOME says where Etna's own files go");
  return fs::path(home) / ".local" / "share" / "etna" / "hub";
}

HubClient::HubClient(const HubOptions& options, std::optional<std::string> token)
    : environment_(environment_of(options)), data_(hub_data_folder()) {
  hub::NetworkSettings settings = hub::network_settings(environment_);
  std::string value;
  if (token) {
    value = std::move(*token);
    settings.endpoint_gets_token = true;
  } else {
    token_ = hub::find_token(environment_, nullptr);
    if (token_) value = token_->value;
  }
  client_ = std::make_shared<hub::HttpClient>(std::move(settings), [value] { return value; });
  api_ = std::make_unique<hub::HubApi>(client_);
  cache_ = std::make_unique<hub::Cache>(environment_.cache,
                                        environment_.symlinks ? std::nullopt : std::optional(hub::Cache::Links::none));
}

hub::DownloadQueue::Options HubClient::queue_options() const {
  hub::DownloadQueue::Options options;
  options.data_folder = data_;
  options.may_be_unsaved = true;
  options.only_added = true;
  options.cache_root = environment_.cache;
  if (!environment_.symlinks) options.links = hub::Cache::Links::none;
  options.source = std::make_shared<hub::HubSource>(client_);
  return options;
}

int exit_code_of(std::string_view code) {
  if (code == "E-HUB-03") return exit_model;  // as Errc::not_found
  if (code == "E-HUB-04" || code == "E-DL-01" || code.starts_with("E-MOD-")) return exit_model;
  if (code.starts_with("E-NET-") || code.starts_with("E-HUB-")) return exit_network;
  if (code.starts_with("E-DSK-")) return exit_disk;
  if (code.starts_with("E-MEM-")) return exit_memory;
  return exit_other;
}

std::string error_json(std::string_view code, std::string_view title, std::string_view text) {
  const std::string error = JsonText().add("code", code).add("title", title).add("text", text).object();
  return JsonText().add_json("error", error).object() + "\n";
}

int report_hub_problems(Output output, const HubOptions& options, const std::string& repository,
                        const std::function<int()>& verb) {
  const auto report = [&](const std::exception& error, const hub::DownloadProblem& problem, int code) {
    if (output == Output::json) print(error_json(problem.code, problem.title, problem.text));
    note(fmt::format("etna-cli: {}", error.what()));
    return code;
  };
  try {
    return verb();
  } catch (const hub::HubError& error) {
    const int code = report(error, hub::describe_problem(error), exit_code(error.code()));
    for (const std::string& line : advice_on(error.problem(), options, repository)) note(line);
    return code;
  } catch (const hub::DownloadError& error) {
    return report(error, error.problem(), exit_code_of(error.problem().code));
  } catch (const Error& error) {
    return report(error, {.code = {}, .title = std::string(name(error.code())), .text = error.what()},
                  exit_code(error.code()));
  }
}

}  // namespace etna::cli
