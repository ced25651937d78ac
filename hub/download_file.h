#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "hub/cache.h"
#include "hub/download_clock.h"
#include "hub/download_limits.h"
#include "hub/download_part.h"
#include "hub/download_problem.h"
#include "hub/download_source.h"
#include "hub/problem.h"
#include "hub/rate_limit.h"
#include "hub/verify.h"
#include "hub/verify_records.h"

namespace etna::hub {

/// What a file needs on its way into the cache; what is referred to outlives the download.
struct DownloadTools {
  const Cache& cache;
  DownloadSource& source;
  VerifyRecords& records;
  Connections& connections;
  SpeedLimit& speed;
  const Clock& clock;
  std::filesystem::path tables;  ///< folder for checksums of finished files' chunks; empty: they are not kept
  std::function<std::vector<std::filesystem::path>(const std::string& blob)> find_elsewhere =
      {};                            ///< other stores' files
  std::function<void()> check_disk;  ///< called about every 2 s; throws when the disk runs full or is gone
  int connections_per_file = 4;
  PartFile::Options part = {};
};

enum class FilePhase { waiting_for_lock, downloading, reconnecting, verifying, repairing, finishing };

/// Where a file is; read from any thread while it runs.
struct FileProgress {
  FilePhase phase = FilePhase::downloading;
  std::uint64_t present = 0;  ///< bytes of the file that are on the disk
  std::uint64_t arrived = 0;  ///< bytes received by this run
  std::uint64_t checked = 0;  ///< bytes that have been hashed
  int attempt = 0;            ///< of reconnecting, from 1
  std::chrono::seconds retry_in{0};
  std::size_t damaged = 0;  ///< chunks that had to be loaded again
  DownloadProblem problem;  ///< why it is reconnecting
};

/// One file: from the hub, in ranges over some connections, into the cache as a verified blob.
///
/// Lost connections, expired links and busy servers are waited for without end; damaged chunks are loaded again.
/// Everything else ends run() with an exception, and the part stays: HubError where the user has to do something,
/// NoSpace and DownloadError for the disk, cancelled at a stop.
class FileDownload {
public:
  FileDownload(DownloadTools tools, std::string id, std::string commit, RemoteFile file);
  ~FileDownload();
  FileDownload(const FileDownload&) = delete;
  FileDownload& operator=(const FileDownload&) = delete;

  /// Returns when the blob is in the cache and verified.
  void run(const std::stop_token& stop);

  FileProgress progress() const;

  /// Ends a wait for the network.
  void retry_now();

private:
  class RangeTaker;
  class RepairTaker;

  bool use_existing_blob(const std::stop_token& stop);
  bool use_blob_from_elsewhere(const std::stop_token& stop);
  bool is_intact(const std::filesystem::path& file, const std::stop_token& stop);
  std::optional<BlobLock> take_lock(const std::stop_token& stop);
  void begin_with_damaged_blob();
  void receive(const std::stop_token& stop);
  void watch(const std::stop_token& stop);
  void work(Connections::Share& share, const std::stop_token& stop);
  void fetch_next(const std::stop_token& stop);
  void hash_chunks(const std::stop_token& stop);
  bool hash_chunk(std::uint32_t chunk, StreamHash& hash);
  void fetch_range(const FileRange& range, const std::stop_token& stop);
  void fetch_whole(const std::stop_token& stop);
  void fetch(const FileRange& range, DownloadSource::Taker& taker, const std::stop_token& stop);
  void wait_to_retry(const Problem& problem, const std::stop_token& stop);
  void note_arrival(std::size_t bytes);
  void repair(std::string found, const std::stop_token& stop);
  std::size_t repair_round(const std::stop_token& stop);
  std::string hash_part(const std::stop_token& stop);
  void finish();
  void remove_journal() const;
  void set_phase(FilePhase phase);
  void fail_with(std::exception_ptr failure);

  const DownloadTools tools_;
  const std::string id_, commit_;
  const RemoteFile file_;
  const HashKind kind_;
  std::unique_ptr<PartFile> part_;
  bool existing_is_damaged_ = false;

  std::atomic<std::uint64_t> arrived_ = 0, checked_ = 0, present_ = 0;
  std::atomic<std::size_t> damaged_ = 0;
  std::atomic<bool> whole_only_ = false;  ///< the server does not do ranges

  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable_any news_;
  FilePhase phase_ = FilePhase::downloading;
  bool disconnected_ = false;  ///< nothing arrives since the last failure
  Backoff backoff_;
  DownloadProblem last_problem_;
  Clock::Time retry_at_ = {};
  int retries_asked_ = 0;
  std::uint64_t arrived_at_failure_ = 0;
  int fetching_ = 0;
  std::exception_ptr failure_;
  bool hashed_ = false;
  std::string hash_;
};

}  // namespace etna::hub
