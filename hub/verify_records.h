#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace etna::hub {

/// What a file's bytes hashed to when they were last read.
struct VerifyRecord {
  std::string hash = {};       ///< of the kind its name is: SHA-256 or git's SHA-1
  std::int64_t unix_time = 0;  ///< of the check
  bool operator==(const VerifyRecord&) const = default;
};

/// Remembers which files were checked, in Etna's own data folder, so that each is read once: an entry holds as long as
/// path, inode, size and time of change are the same. Any thread; one program at a time writes.
class VerifyRecords {
public:
  /// The file is made when something is recorded; an empty path remembers for this run only. A damaged one loses
  /// entries, nothing else.
  explicit VerifyRecords(std::filesystem::path file);

  /// Links are followed. None if the file was never checked, has changed since, or is not there.
  std::optional<VerifyRecord> find(const std::filesystem::path& path) const;

  void record(const std::filesystem::path& path, const std::string& hash);

private:
  struct Entry {
    std::uint64_t inode = 0, size = 0;
    std::int64_t changed_ns = 0;
    VerifyRecord record = {};
  };

  static std::optional<Entry> identity(const std::filesystem::path& path);
  static std::string line(const std::string& path, const Entry& entry);
  void read();

  const std::filesystem::path file_;
  mutable std::mutex mutex_;  // guards entries_ and the file
  std::map<std::string, Entry> entries_;
};

}  // namespace etna::hub
