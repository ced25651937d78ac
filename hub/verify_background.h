#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "hub/cache_scan.h"
#include "hub/verify.h"
#include "hub/verify_records.h"

namespace etna::hub {

/// Checks blobs that other programs put into the cache before they are used for the first time: one after the other, on
/// a thread of its own at the lowest priority of processor and disk, and only while nothing better is to be done. What
/// was checked before, in this run or an earlier one, is not read again.
class BackgroundVerifier {
public:
  enum class Outcome { intact, damaged, unreadable };

  struct Result {
    std::filesystem::path file = {};
    std::string expected = {};
    std::string found = {};  ///< the hash; the reason where it is unreadable
    Outcome outcome = Outcome::intact;
  };

  struct Status {
    std::size_t files = 0;            ///< that wait or are being read
    std::uint64_t bytes = 0;          ///< of them, less what was read already
    std::filesystem::path file = {};  ///< being read; empty: none
    std::uint64_t file_done = 0;
    std::uint64_t file_bytes = 0;
    bool gives_way = false;  ///< nothing is read because of `busy`
    bool operator==(const Status&) const = default;
  };

  /// All are called on the verifier's thread, with no lock held.
  struct Options {
    std::function<void(const Result&)> done = {};      ///< once for each file that was added
    std::function<void(const Status&)> progress = {};  ///< after each change, while a file is read five times a second
    /// Whether something is more important now, say a download or an answer that is being written: nothing is read
    /// while it is true. Asked ten times a second.
    std::function<bool()> busy = {};
  };

  BackgroundVerifier(VerifyRecords& records, Options options);
  ~BackgroundVerifier();  ///< stops within the reading of a MiB
  BackgroundVerifier(const BackgroundVerifier&) = delete;
  BackgroundVerifier& operator=(const BackgroundVerifier&) = delete;

  /// `first`: before all that waits, and before what is being read, which begins again afterwards.
  enum class Turn { last, first };

  /// `expected`: the name of the blob. A file that waits already is only moved forward.
  void add(const std::filesystem::path& file, const std::string& expected, Turn turn = Turn::last);

  /// All blobs of a scanned cache that were not found intact before. Returns how many.
  std::size_t add(const Cache& cache, const CacheListing& listing);

  /// Drops everything that waits, and what is being read.
  void clear();

  Status status() const;

private:
  struct Task {
    std::filesystem::path file = {};
    std::string expected = {};
    std::uint64_t size = 0;
    bool urgent = false;

    bool operator==(const Task& other) const { return file == other.file && expected == other.expected; }
  };

  void run(const std::stop_token& stop);
  Result check(const Task& task, const std::stop_token& stop);
  std::string read(const std::filesystem::path& file, HashKind kind, const std::stop_token& stop);
  void give_way(const std::stop_token& stop);
  void put_in_order(Task task);  // with the mutex held
  void tell();

  VerifyRecords& records_;
  const Options options_;
  mutable std::mutex mutex_;  // guards everything below but the thread
  std::condition_variable_any news_;
  std::deque<Task> tasks_;         ///< that wait: urgent ones first
  std::optional<Task> reading_;    ///< none, too, when what is still being read is to be dropped
  std::stop_source reading_stop_;  ///< of it
  std::uint64_t done_bytes_ = 0;
  bool gives_way_ = false;
  std::jthread thread_;
};

}  // namespace etna::hub
