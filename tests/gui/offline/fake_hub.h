#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gui/hub/hub_service.h"

namespace etna::gui {

/// A hub, downloads and a library that are made up. Words in what is searched or opened bring about the states:
///   search   "offline"  no network           "limited"  asked to wait for 38 s, then answered
///            "nothing"  no result            "broken"   the server fails
///            "slow"     two seconds          "pages"    three pages
///   models   "gated"    asks for consent     "Mamba"    headers that the engine does not know
///            "gone"     not found            "pickle"   nothing to choose
///   tokens   "bad"      is refused           "broken"   the server fails
///   addresses "broken"  nobody answers
///   folders  "full"     a model can't be moved there    "slow"  it takes until it is cancelled
/// Environment, for pictures: ETNA_FAKE_ACCESS=token (kept in the password store), file, or environment (variables
/// decide everything); ETNA_FAKE_DISK=small; ETNA_FAKE_DOWNLOADS=states (one of each), ETNA_FAKE_LIBRARY=usual, empty,
/// states (one of each) or a number of models, ETNA_FAKE_NETWORK=none.
class FakeHub : public HubService {
public:
  FakeHub();
  ~FakeHub() override;

  /// The one made last: tests steer it.
  static FakeHub* last();

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

  // For tests.
  int searches() const { return searches_; }

  int cards() const { return cards_; }

  int descriptions() const { return descriptions_; }

  hub::SearchQuery last_query();

  /// Tells the listener of this row.
  void tell(hub::DownloadStatus status);

  void set_library(LibraryScan scan);
  HubChoices choices();

  /// The authors of every gated model say yes.
  void grant_access() { granted_ = true; }

  int access_checks() const { return access_checks_; }

  /// Tells whoever listens to checks.
  void tell_check(const CheckNews& news);

  bool checks_held() const { return checks_held_; }

private:
  void wait(double seconds, const std::stop_token& stop);
  void go_on(const std::stop_token& stop);
  hub::DownloadStatus* row(hub::DownloadId id);
  void changed(hub::DownloadStatus& status);
  void change(hub::DownloadId id, hub::DownloadState state);

  std::mutex mutex_;  // guards all below but what is atomic
  std::condition_variable_any news_;
  hub::DownloadListener listener_;
  std::vector<hub::DownloadStatus> rows_;
  LibraryScan library_;
  std::map<std::string, LibraryModel> trash_;
  std::function<void(const CheckNews&)> check_listener_;
  hub::SearchQuery last_query_;
  bool was_limited_ = false;
  hub::DownloadId last_id_ = 0;
  std::atomic<bool> checks_held_ = false;
  std::atomic<int> searches_ = 0, cards_ = 0, descriptions_ = 0;
  HubChoices choices_;
  std::string token_, proxy_password_;
  hub::TokenOrigin token_origin_ = hub::TokenOrigin::store;
  std::atomic<bool> granted_ = false;
  std::atomic<int> access_checks_ = 0;
  std::jthread thread_;  // last
};

// What it is made of: fake_hub_data.cpp.
std::vector<hub::ModelSummary> fake_models();
HubCard fake_card(const std::string& id);
std::string fake_readme();
LibraryScan fake_library(const std::string& kind);
std::vector<hub::DownloadStatus> fake_download_states();

}  // namespace etna::gui
