#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "gui/hub/folder_book.h"
#include "gui/hub/hub_service.h"
#include "hub/api.h"
#include "hub/cache.h"
#include "hub/cache_trash.h"
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

private:
  /// What needs the environment and the network, made once.
  struct Parts;

  /// Something of a person's own in the desktop's trash.
  struct Moved {
    std::string from, to;
  };

  Parts& parts();
  hub::DownloadQueue& queue();

  const std::filesystem::path data_;
  const std::optional<hub::NetworkSettings> network_;
  std::mutex mutex_;  // guards all below but folders_
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<hub::DownloadQueue> queue_;
  hub::DownloadListener listener_;
  std::map<std::string, ModelDescription> descriptions_;  ///< by repository, commit and version
  std::map<std::string, hub::TrashedModel> trashed_;
  std::map<std::string, Moved> moved_;
  std::mutex folders_mutex_;  // guards folders_: looking through them takes a while
  FolderBook folders_;
};

}  // namespace etna::gui
