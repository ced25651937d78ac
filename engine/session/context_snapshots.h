#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/session/prompt_cache_messages.h"

namespace etna {

/// Named contexts in a folder, each a prompt-cache file that mlx-lm loads, too. Any thread.
///
/// A file's name is its id; what people call it stands inside, so that any name will do.
class ContextSnapshots {
public:
  /// The folder is made when something is saved; empty: nothing can be.
  void set_folder(const std::filesystem::path& folder);

  /// Latest used first; damaged files say what is wrong with them.
  std::vector<SnapshotInfo> list() const;

  /// Throws not_found.
  SnapshotInfo find(const std::string& id) const;

  /// Where a snapshot of this name is or will be: that of the same name, or a new file. Throws invalid_argument for an empty
  /// name, or one with line breaks, or without a folder; io.
  std::filesystem::path path_for(const std::string& name);

  SnapshotInfo rename(const std::string& id, const std::string& name);  ///< throws invalid_argument where another has the name
  void remove(const std::string& id);
  void export_to(const std::string& id, const std::filesystem::path& path) const;  ///< throws not_found, io
  SnapshotInfo import_from(const std::filesystem::path& path, const std::string& name);
  void touch(const std::filesystem::path& path) const;  ///< it was used

  /// The snapshot of a model that covers most of a prompt and leaves a token to be read.
  struct Match {
    std::filesystem::path path;
    std::vector<std::int32_t> ids;
  };
  Match longest(const std::string& fingerprint, std::span<const std::int32_t> prompt) const;

private:
  struct Known {
    std::uint64_t bytes = 0;
    std::int64_t time_ns = 0;
    SnapshotInfo info;
    std::vector<std::int32_t> ids;
  };

  void look() const;
  std::filesystem::path path_of(const std::string& id) const;
  std::filesystem::path folder() const;
  SnapshotInfo rewrite(const std::filesystem::path& from, const std::filesystem::path& to, const std::string& name) const;

  mutable std::mutex mutex_;  // guards all below
  std::filesystem::path folder_;
  mutable std::map<std::string, Known> known_;  // by id
};

}  // namespace etna
