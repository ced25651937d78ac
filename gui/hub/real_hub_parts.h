#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "gui/hub/real_hub.h"
#include "hub/api.h"
#include "hub/cache.h"
#include "hub/download_source.h"
#include "hub/environment.h"
#include "hub/token.h"

/// What RealHub is made of under one configuration: the secrets, the client, the caches.
namespace etna::gui {

/// The secrets of one configuration, read when they are first needed: in the desktop's password store where there is
/// one, else in files that nobody else may read. Any thread; waits for the store.
class RealHub::Secrets {
public:
  /// `data`: Etna's own folder, for what no other program knows a place of.
  Secrets(hub::HubEnvironment environment, std::filesystem::path data)
      : environment_(std::move(environment)), data_(std::move(data)) {}

  std::string token();
  std::string proxy_password();

  /// Fills in what is said of secrets, and none of them.
  void describe(HubAccess& access);

  void keep_token(const std::string& token);
  void forget_token();
  void keep_proxy_password(const std::string& password);

private:
  // All with the mutex held.
  void look();
  std::unique_ptr<hub::TokenStore> token_store() const;
  std::unique_ptr<hub::TokenStore> proxy_store() const;

  const hub::HubEnvironment environment_;
  const std::filesystem::path data_;
  std::mutex mutex_;  // guards all below
  bool looked_ = false;
  bool in_desktop_ = false;
  std::optional<hub::Token> token_;
  std::string problem_;
  std::string proxy_password_;
};

/// Downloads that wait while Etna is set to stay offline, as they do while there is no network: the window stays open
/// until one or the other ends. (A terminal's command gives up instead.)
class PatientSource : public hub::DownloadSource {
public:
  explicit PatientSource(std::shared_ptr<hub::DownloadSource> source) : source_(std::move(source)) {}

  hub::RemoteListing list(const std::string& id, const std::string& revision, const std::stop_token& stop) override;
  void fetch(const std::string& id, const std::string& commit, const hub::RemoteFile& file, const hub::FileRange& range,
             Taker& taker, const std::stop_token& stop) override;
  void forget_link(const std::string& id, const std::string& commit, const hub::RemoteFile& file) override;

private:
  std::shared_ptr<hub::DownloadSource> source_;
};

struct RealHub::Parts {
  Parts(HubChoices chosen, const std::optional<hub::NetworkSettings>& network, const std::filesystem::path& data);

  /// Takes the desktop's proxy, which curl knows nothing of. May wait for a script that names proxies, so not before
  /// somebody connects.
  void find_proxy();

  HubChoices choices;
  hub::HubEnvironment environment;
  std::shared_ptr<Secrets> secrets;
  std::shared_ptr<hub::HttpClient> client;
  std::unique_ptr<hub::HubApi> api;
  std::unique_ptr<hub::Cache> cache;
  std::unique_ptr<hub::Cache> usual_cache;  ///< where downloads went before another folder was chosen, and what is there stays; may be null

private:
  hub::NetworkSettings with_choices(hub::NetworkSettings settings) const;

  std::once_flag proxy_found_;
  bool asks_desktop_for_proxy_ = false;
};

}  // namespace etna::gui
