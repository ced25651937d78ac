#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gui/hub/hub_service.h"
#include "hub/cache_trash.h"

namespace etna::gui {

/// What Etna moved to the desktop's trash: it can be put back, or deleted for good, as long as it lies there, after a
/// new start, too. Kept in one JSON file. Not for several threads at once.
class TrashBook {
public:
  explicit TrashBook(std::filesystem::path file) : file_(std::move(file)) {}

  /// Files or folders of a person's own, all or none of them. Throws io.
  Trashed put(const LibraryModel& model, const std::vector<std::filesystem::path>& files);

  /// Of a cache. Throws as move_to_trash().
  Trashed put(const LibraryModel& model, const hub::Cache& cache, const hub::RemovalPlan& plan);

  /// What still lies there, newest first.
  std::vector<Trashed> contents();

  /// Throws not_found if it lies there no more, io if its place is taken.
  void restore(const std::string& ticket);
  void delete_for_good(const std::string& ticket);

private:
  /// A file or folder in the trash, and where it was.
  struct Thing {
    std::filesystem::path from, to;
  };

  struct Entry {
    Trashed shown;
    std::vector<Thing> things = {};
    std::filesystem::path root = {};  ///< of the cache; empty: a person's own files
    hub::TrashedModel cached = {};
  };

  void load();
  void save() const;
  static bool is_there(const Entry& entry);
  Trashed add(Entry entry);
  Entry take(const std::string& ticket);

  const std::filesystem::path file_;
  bool loaded_ = false;
  std::vector<Entry> entries_;
};

}  // namespace etna::gui
