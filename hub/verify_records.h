#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

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
  /// The file is made when something is recorded. A damaged one loses entries, nothing else.
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

/// Checks blobs that other programs put into the cache, one after the other, on a thread of its own at the lowest
/// priority; what was checked before is not read again.
class BackgroundVerifier {
public:
  enum class Outcome { intact, damaged, unreadable };

  struct Result {
    std::filesystem::path file = {};
    std::string expected = {};
    std::string found = {};  ///< the hash; the reason where it is unreadable
    Outcome outcome = Outcome::intact;
  };

  /// `done` is called on the thread of the verifier.
  BackgroundVerifier(VerifyRecords& records, std::function<void(const Result&)> done);
  ~BackgroundVerifier();  ///< stops within the reading of a MiB
  BackgroundVerifier(const BackgroundVerifier&) = delete;
  BackgroundVerifier& operator=(const BackgroundVerifier&) = delete;

  /// `expected`: the name of the blob.
  void add(std::filesystem::path file, std::string expected);

  /// How many files still wait or are being read.
  std::size_t waiting() const;

private:
  struct Task {
    std::filesystem::path file = {};
    std::string expected = {};
  };

  void run(const std::stop_token& stop);

  VerifyRecords& records_;
  const std::function<void(const Result&)> done_;
  mutable std::mutex mutex_;  // guards tasks_ and busy_
  std::condition_variable_any news_;
  std::deque<Task> tasks_;
  bool busy_ = false;
  std::jthread thread_;
};

}  // namespace etna::hub
