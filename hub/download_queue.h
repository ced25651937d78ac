#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "hub/cache_lock.h"
#include "hub/download_limits.h"
#include "hub/download_row.h"
#include "hub/downloads.h"
#include "hub/verify_records.h"

namespace etna::hub {

/// What is behind DownloadQueue: rows, threads that take jobs of them, and one that tells and saves what has changed.
class DownloadQueue::State {
public:
  explicit State(Options options);
  ~State();

  void start();

  bool is_saved() const { return lock_.has_value(); }

  void set_listener(DownloadListener listener) { listener_ = std::move(listener); }

  DownloadId add(DownloadRequest request);
  void pause(DownloadId id);
  void resume(DownloadId id);
  void for_all(void (State::*action)(DownloadId));
  void cancel(DownloadId id, CancelledFiles files);
  void relocate(DownloadId id, std::filesystem::path root);
  void move(DownloadId id, std::size_t index);

  void set_speed_limit(std::uint64_t bytes_per_second) { speed_.set(bytes_per_second); }

  std::vector<DownloadStatus> list() const;
  std::optional<DownloadStatus> find(DownloadId id) const;
  std::optional<DownloadStatus> wait(DownloadId id, const std::stop_token& stop) const;
  bool is_working() const;

  VerifyRecords& records() { return records_; }

private:
  /// A piece of work that one thread does without holding the mutex.
  struct Job {
    enum class Kind { prepare, fetch, finish, relocate };
    Kind kind = Kind::prepare;
    DownloadId id = 0;
    std::size_t file = 0;
    std::stop_token stop;
    std::shared_ptr<FileDownload> download = {};
  };

  // download_queue.cpp; all with the mutex held
  DownloadRow* row(DownloadId id);
  void changed();
  void resume_row(DownloadRow& row);
  std::vector<DownloadStatus> statuses() const;

  // download_jobs.cpp
  void work(const std::stop_token& stop);
  std::optional<Job> next_job();                     // with the mutex held
  std::optional<Job> next_job_of(DownloadRow& row);  // with the mutex held
  std::shared_ptr<FileDownload> make_download(const DownloadRow& row, const RemoteFile& file);
  void prepare(const Job& job);
  bool folder_is_there(const DownloadRow& row) const;
  std::uint64_t bytes_needed(const DownloadRow& row) const;
  void check_disk(const DownloadRow& row) const;
  void fetch(const Job& job);
  void finish(const Job& job);
  void note_failure(const Job& job, const std::exception_ptr& failure);
  void stand_still(DownloadRow& row, DownloadState state, DownloadProblem problem);  // with the mutex held
  void retry_later(DownloadRow& row, const Problem& problem);                        // with the mutex held

  // download_relocate.cpp
  const Cache& cache_of(const std::filesystem::path& root) const;

  const Cache& cache_of(const DownloadRow& row) const { return cache_of(row.root); }

  void relocate_files(const Job& job);
  void check_new_root(const DownloadRow& row, const Cache& to) const;
  void bring(const DownloadRow& row, const RemoteFile& file, const std::function<void(std::uint64_t)>& report,
             const std::stop_token& stop);

  // download_queue.cpp
  void tell(const std::stop_token& stop);
  void load();
  void save(const std::string& text);
  void remove_files(const DownloadRow& row);
  void remove_fetched(const DownloadRow& row, bool (*of_kind)(const RemoteFile&));
  void release_space(const DownloadRow& row, const RemoteFile& file);

  const Options options_;
  const Cache cache_;
  mutable std::mutex caches_mutex_;  // guards caches_
  mutable std::map<std::filesystem::path, std::unique_ptr<Cache>>
      caches_;  ///< others that rows go to; none ever leaves
  std::optional<BlobLock> lock_;
  VerifyRecords records_;
  const Clock clock_;
  Connections connections_;
  SpeedLimit speed_;
  DownloadListener listener_;

  mutable std::mutex mutex_;  // guards everything below but the threads
  mutable std::condition_variable_any work_news_, changes_;
  mutable std::vector<DownloadRow> rows_;  // asking for a status moves rate and state on
  DownloadId next_id_ = 1;
  bool poked_ = false;
  bool must_save_ = false;
  bool order_changed_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace etna::hub
