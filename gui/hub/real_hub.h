#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "gui/hub/hub_service.h"
#include "gui/hub/real_library.h"
#include "hub/api.h"
#include "hub/cache.h"
#include "hub/environment.h"
#include "hub/http.h"

namespace etna::gui {

/// The hub as it is: libcurl, the shared cache, the queue of downloads, linked folders and other programs' stores. All
/// of it opens when it is first needed.
class RealHub : public HubService {
public:
  /// `data`: Etna's own folder for the queue, checks and linked folders. `network`: instead of what the environment
  /// says.
  explicit RealHub(std::filesystem::path data, std::optional<hub::NetworkSettings> network = {});
  ~RealHub() override;

  HubAccess access() override;
  void configure(const HubChoices& choices) override;
  hub::Account sign_in(const std::string& token, const std::stop_token& stop) override;
  hub::Account who_am_i(const std::stop_token& stop) override;
  void sign_out() override;
  void set_proxy_password(const std::string& password) override;
  void try_endpoint(const std::string& endpoint, const std::stop_token& stop) override;
  void check_access(const std::string& repository, const std::stop_token& stop) override;
  bool has_network() override;
  hub::SearchPage search(const hub::SearchQuery& query, const std::string& cursor,
                         const std::stop_token& stop) override;
  HubCard card(const std::string& id, const std::string& revision, const std::stop_token& stop) override;
  std::string readme(const HubCard& card, const std::stop_token& stop) override;
  ModelDescription describe(const HubCard& card, const hub::ModelVersion& version,
                            const std::stop_token& stop) override;
  std::optional<hub::PastedModel> pasted(const std::string& text) override;
  void listen(hub::DownloadListener listener) override;
  std::vector<hub::DownloadStatus> downloads() override;
  void download(hub::DownloadRequest request) override;
  void pause(hub::DownloadId id) override;
  void resume(hub::DownloadId id) override;
  void cancel(hub::DownloadId id, hub::CancelledFiles files) override;
  void move(hub::DownloadId id, std::size_t index) override;
  LibraryScan library(const std::stop_token& stop) override;
  void link_folder(const std::string& folder) override;
  void unlink_folder(const std::string& folder) override;
  Trashed trash(const LibraryModel& model) override;
  void restore(const std::string& ticket) override;
  std::optional<bool> check(const LibraryModel& model, const std::stop_token& stop) override;
  hub::Space space() override;
  MovedModel move_model(const LibraryModel& model, const std::string& folder, const MoveReport& report,
                        const std::stop_token& stop) override;
  void download_elsewhere(hub::DownloadId id, const std::string& folder) override;
  std::vector<Trashed> trash_contents() override;
  void delete_for_good(const std::string& ticket) override;
  void listen_checks(std::function<void(const CheckNews&)> listener) override;
  void hold_checks(bool hold) override;

private:
  /// What follows from the environment and the choices; made anew when these change. Who works with the old ones keeps
  /// them to the end of the request.
  struct Parts;
  class Secrets;

  std::shared_ptr<Parts> parts();

  /// The same for somebody who will connect.
  std::shared_ptr<Parts> online();
  void rebuild();
  void open_queue();

  /// Works with the queue, which nobody takes away meanwhile; opens it if need be.
  template <class Action>
  auto with_queue(Action action);

  const std::filesystem::path data_;
  const std::optional<hub::NetworkSettings> network_;
  std::shared_mutex queue_mutex_;  // guards queue_; taken before mutex_
  std::unique_ptr<hub::DownloadQueue> queue_;
  std::mutex mutex_;  // guards all below but library_
  HubChoices choices_;
  std::shared_ptr<Parts> parts_;
  hub::DownloadListener listener_;
  std::map<std::string, ModelDescription> descriptions_;  ///< by repository, commit and version
  RealLibrary library_;
};

}  // namespace etna::gui
