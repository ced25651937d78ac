#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "gui/hub/folder_book.h"
#include "gui/hub/hub_service.h"
#include "gui/hub/trash_book.h"
#include "hub/cache.h"
#include "hub/verify_background.h"
#include "hub/verify_records.h"

namespace etna::gui {

/// The models on this computer as they are: caches, linked folders, other programs' stores, the trash, and the checks
/// of what others put into the caches. What RealHub says of the library comes from here. Any thread; all of it may wait
/// for disks.
class RealLibrary {
public:
  /// `data`: Etna's own folder.
  explicit RealLibrary(std::filesystem::path data);
  ~RealLibrary();

  /// The caches come first, each with what was found of its checks; what nobody has checked is checked in the
  /// background from now on.
  LibraryScan scan(const std::vector<hub::Cache>& caches, const std::stop_token& stop);

  void link(const std::string& folder);
  void unlink(const std::string& folder);

  Trashed trash(const LibraryModel& model);
  void restore(const std::string& ticket);
  std::vector<Trashed> trash_contents();
  void delete_for_good(const std::string& ticket);

  std::optional<bool> check(const LibraryModel& model, const std::stop_token& stop);

  MovedModel move(const LibraryModel& model, const std::string& folder, const MoveReport& report,
                  const std::stop_token& stop);

  /// The folder itself, links followed. Throws what is wrong with it as a new place for models: it is not there, may
  /// not be written, or is another program's.
  std::string new_place(const std::string& folder);

  void listen_checks(std::function<void(const CheckNews&)> listener);

  /// While true nothing is read in the background.
  void hold_checks(bool hold) { held_ = hold; }

private:
  /// A model whose files are being checked, or wait for it.
  struct Checked {
    std::uint64_t total = 0, done = 0;
    std::set<std::string> left;  ///< files
    bool damaged = false;
  };

  struct Verifier;

  Verifier& verifier();
  void find_checked(LibraryScan& scan);
  void find_checked(LibraryModel& model, const hub::VerifyRecords& records,
                    std::map<std::string, std::string>& unknown);  // with checks_mutex_ held
  void tell(const hub::BackgroundVerifier::Status& status);
  void take(const hub::BackgroundVerifier::Result& result);
  void tell(const CheckNews& news);

  const std::filesystem::path data_;
  std::mutex folders_mutex_;  // guards folders_ and roots_: looking through them takes a while
  FolderBook folders_;
  std::vector<std::string> roots_;  ///< of the caches seen last
  std::mutex trash_mutex_;          // guards trash_
  TrashBook trash_;
  std::mutex checks_mutex_;                                 // guards the next three; never held for long
  std::map<std::string, Checked> checked_;                  ///< by model
  std::map<std::string, std::vector<std::string>> owners_;  ///< models of each file that waits
  std::function<void(const CheckNews&)> listener_;
  std::atomic<bool> held_ = false;
  std::once_flag verifier_made_;
  std::unique_ptr<Verifier> verifier_;  // last: its thread calls
};

}  // namespace etna::gui
