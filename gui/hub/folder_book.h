#pragma once

#include <filesystem>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "gui/hub/hub_service.h"
#include "hub/cache_scan.h"
#include "hub/folders.h"

namespace etna::gui {

/// The folders that a person linked, and what was in them when they were seen last: models on a disk that is away stay
/// in the list. Kept in one JSON file. Not for several threads at once.
class FolderBook {
public:
  explicit FolderBook(std::filesystem::path file) : file_(std::move(file)) {}

  /// Throws not_found where there is no such folder. One that lies in a linked folder is linked with it.
  void link(const std::string& folder);
  void unlink(const std::string& folder);

  /// Linked folders and other programs' stores, looked through now. Adds to `scan`.
  void add_to(LibraryScan& scan, const std::stop_token& stop);

private:
  struct Entry {
    hub::ModelFolder folder;
    std::vector<LibraryModel> models;  ///< as they were seen last
  };

  void load();
  void save() const;
  static void look(Entry& entry, LibraryScan& scan, std::set<std::string>& seen, const std::stop_token& stop);

  const std::filesystem::path file_;
  bool loaded_ = false;
  std::vector<Entry> entries_;
};

FolderOwner owner_of(hub::FolderOwner owner);

/// What a name of a file or folder tells of a model: weights ("8B") and version ("4-bit (Q4_K_M)").
void tell_by_name(LibraryModel& model, const std::string& name);

/// The models of a cache, one for each version of each repository, and what is there in part only.
void add_cache(LibraryScan& scan, const hub::CacheListing& listing, const std::string& root,
               FolderOwner owner = FolderOwner::hugging_face);

}  // namespace etna::gui
