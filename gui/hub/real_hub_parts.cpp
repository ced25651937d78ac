#include "gui/hub/real_hub_parts.h"

#include <fmt/format.h>

#include <QByteArray>
#include <QNetworkProxy>
#include <QUrl>
#include <utility>

#include "engine/base/error.h"
#include "gui/system/desktop_secret.h"
#include "hub/connection_settings.h"
#include "hub/url.h"

namespace etna::gui {
namespace {

namespace fs = std::filesystem;

/// "http://proxy.example.org:3128", or empty: none.
std::string desktop_proxy(const QUrl& address) {
  for (const QNetworkProxy& proxy : QNetworkProxyFactory::systemProxyForQuery(QNetworkProxyQuery(address))) {
    const char* scheme = proxy.type() == QNetworkProxy::HttpProxy     ? "http"
                         : proxy.type() == QNetworkProxy::Socks5Proxy ? "socks5h"
                                                                      : nullptr;
    if (!scheme || proxy.hostName().isEmpty()) continue;
    const std::string place = fmt::format("{}://{}:{}", scheme, proxy.hostName().toStdString(), proxy.port());
    return hub::proxy_url(place, proxy.user().toStdString(), proxy.password().toStdString());
  }
  return {};
}

template <class Request>
auto patiently(Request request) {
  try {
    return request();
  } catch (const hub::HubError& error) {
    hub::Problem problem = error.problem();
    if (problem.trouble != hub::Trouble::no_network || problem.retry != hub::Retry::never) throw;
    problem.retry = hub::Retry::with_backoff;
    throw hub::HubError(std::move(problem));
  }
}

}  // namespace

hub::RemoteListing PatientSource::list(const std::string& id, const std::string& revision,
                                       const std::stop_token& stop) {
  return patiently([&] { return source_->list(id, revision, stop); });
}

void PatientSource::fetch(const std::string& id, const std::string& commit, const hub::RemoteFile& file,
                          const hub::FileRange& range, Taker& taker, const std::stop_token& stop) {
  patiently([&] { source_->fetch(id, commit, file, range, taker, stop); });
}

void PatientSource::forget_link(const std::string& id, const std::string& commit, const hub::RemoteFile& file) {
  source_->forget_link(id, commit, file);
}

std::string RealHub::Secrets::token() {
  const std::lock_guard lock(mutex_);
  look();
  return token_ ? token_->value : std::string();
}

std::string RealHub::Secrets::proxy_password() {
  const std::lock_guard lock(mutex_);
  look();
  return proxy_password_;
}

void RealHub::Secrets::describe(HubAccess& access) {
  const std::lock_guard lock(mutex_);
  look();
  access.signed_in = token_.has_value();
  if (token_) {
    access.token_place = token_->place;
    access.token_origin = token_->origin;
  }
  access.token_problem = problem_;
  access.secret_place = token_store()->place();
  access.has_proxy_password = !proxy_password_.empty();
}

void RealHub::Secrets::keep_token(const std::string& token) {
  const std::lock_guard lock(mutex_);
  look();
  token_store()->write(token);
  looked_ = false;
}

void RealHub::Secrets::forget_token() {
  const std::lock_guard lock(mutex_);
  look();
  if (!token_ || token_->origin == hub::TokenOrigin::environment) return;
  if (token_->origin == hub::TokenOrigin::file) {
    hub::FileTokenStore(environment_.token_file).erase();
  } else {
    token_store()->erase();
  }
  looked_ = false;
}

void RealHub::Secrets::keep_proxy_password(const std::string& password) {
  const std::lock_guard lock(mutex_);
  look();
  if (password.empty()) {
    proxy_store()->erase();
  } else {
    proxy_store()->write(hub::encode_component(password));  // one word, whatever is in it
  }
  looked_ = false;
}

void RealHub::Secrets::look() {
  if (std::exchange(looked_, true)) return;
  in_desktop_ = DesktopSecret::is_available();
  token_.reset();
  problem_.clear();
  proxy_password_.clear();
  try {
    const auto own = in_desktop_ ? token_store() : nullptr;
    token_ = hub::find_token(environment_, own.get());
  } catch (const Error& error) {
    problem_ = error.what();  // a hub without a token is better than none
  }
  try {
    const std::string word = proxy_store()->read().value_or(std::string());
    proxy_password_ = QByteArray::fromPercentEncoding(QByteArray::fromStdString(word)).toStdString();
  } catch (const Error& error) {
    if (problem_.empty()) problem_ = error.what();
  }
}

std::unique_ptr<hub::TokenStore> RealHub::Secrets::token_store() const {
  if (!in_desktop_) return std::make_unique<hub::FileTokenStore>(environment_.token_file);
  return std::make_unique<DesktopSecret>(QStringLiteral("token"), QStringLiteral("Etna: Hugging Face token"));
}

std::unique_ptr<hub::TokenStore> RealHub::Secrets::proxy_store() const {
  if (!in_desktop_) return std::make_unique<hub::FileTokenStore>(data_ / "proxy-password");
  return std::make_unique<DesktopSecret>(QStringLiteral("proxy"), QStringLiteral("Etna: password of the proxy"));
}

RealHub::Parts::Parts(HubChoices chosen, const std::optional<hub::NetworkSettings>& network, const fs::path& data)
    : choices(std::move(chosen)), environment(hub::read_environment()) {
  secrets = std::make_shared<Secrets>(environment, data);
  const auto links = environment.symlinks ? std::nullopt : std::optional(hub::Cache::Links::none);
  if (environment.variables.cache.empty() && !choices.cache.empty() && environment.cache != choices.cache) {
    usual_cache = std::make_unique<hub::Cache>(environment.cache, links);
    environment.cache = choices.cache;
  }
  cache = std::make_unique<hub::Cache>(environment.cache, links);
  asks_desktop_for_proxy_ =
      !network && choices.proxy == hub::NetworkSettings::Proxy::system && environment.variables.proxy.empty();
  client = std::make_shared<hub::HttpClient>(with_choices(network.value_or(hub::network_settings(environment))),
                                             [secrets = secrets] { return secrets->token(); });
  environment.endpoint = client->settings().endpoint;
  api = std::make_unique<hub::HubApi>(client);
}

hub::NetworkSettings RealHub::Parts::with_choices(hub::NetworkSettings settings) const {
  const hub::HubEnvironment::Variables& said = environment.variables;
  if (said.endpoint.empty() && !choices.endpoint.empty()) {
    settings.endpoint = choices.endpoint;
    settings.endpoint_gets_token = false;
  }
  if (!choices.token_endpoint.empty() && choices.token_endpoint == settings.endpoint)
    settings.endpoint_gets_token = true;
  settings.offline = settings.offline || choices.offline;
  if (!choices.ca_file.empty()) settings.ca_files.emplace_back(choices.ca_file);
  if (!said.proxy.empty() || choices.proxy == hub::NetworkSettings::Proxy::system) return settings;
  settings.proxy = choices.proxy;
  settings.no_proxy = choices.no_proxy;
  if (choices.proxy == hub::NetworkSettings::Proxy::manual) {
    const std::string password = choices.proxy_user.empty() ? std::string() : secrets->proxy_password();
    settings.proxy_url = hub::proxy_url(choices.proxy_address, choices.proxy_user, password);
  }
  return settings;
}

void RealHub::Parts::find_proxy() {
  if (!asks_desktop_for_proxy_) return;
  std::call_once(proxy_found_, [this] {
    const std::string found = desktop_proxy(QUrl(QString::fromStdString(environment.endpoint)));
    if (found.empty()) return;
    hub::NetworkSettings known = client->settings();
    known.proxy = hub::NetworkSettings::Proxy::manual;
    known.proxy_url = found;
    client->set_settings(std::move(known));
  });
}

}  // namespace etna::gui
