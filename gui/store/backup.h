#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "gui/store/database.h"

namespace etna::store {

/// Copies of a database: one file each, whole or not there, the newest few kept.
class Backups {
public:
  struct Backup {
    std::filesystem::path path;
    std::string label;  ///< "daily", "before-v2"
    std::chrono::system_clock::time_point made;
  };

  /// `name`: how the files begin ("chats").
  Backups(std::filesystem::path folder, std::string name, int kept = 3);

  std::vector<Backup> list() const;  ///< newest first

  /// Copies the database as it is now, also while another connection writes to it. Throws SqliteError, io or cancelled.
  Backup make(Database& source, const std::string& label, const std::stop_token& stop = {});

  /// Whether the newest daily one is older than this.
  bool is_due(std::chrono::hours age = std::chrono::hours(24)) const;

private:
  void remove_old(const std::string& label) const;

  std::filesystem::path folder_;
  std::string name_;
  int kept_;
};

/// A name beside `path` that is not taken: "chats-damaged-2026-11-21.db", "…-2.db".
std::filesystem::path free_name(const std::filesystem::path& path, const std::string& suffix);

/// "2026-11-21" of a moment, in universal time.
std::string date_text(std::chrono::system_clock::time_point moment);

}  // namespace etna::store
