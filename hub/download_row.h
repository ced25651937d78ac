#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "hub/download_file.h"
#include "hub/download_rate.h"
#include "hub/downloads.h"

namespace etna::hub {

/// A file of a download.
struct DownloadRowFile {
  RemoteFile file = {};
  bool done = false;
  bool fetched = false;                        ///< by this download, not found in the cache
  std::shared_ptr<FileDownload> running = {};  ///< not saved
};

/// A download as the queue keeps it. Everything in the first part is saved.
struct DownloadRow {
  DownloadId id = 0;
  DownloadRequest request = {};
  std::string repository = {};  ///< canonical id
  std::string commit = {};
  std::vector<DownloadRowFile> files = {};
  DownloadState state = DownloadState::queued;
  DownloadProblem problem = {};
  std::uint64_t missing_space = 0;
  bool waits_for_folder = false;                  ///< paused until the cache's disk is there again
  std::optional<std::uint64_t> file_system = {};  ///< of the cache when the download began
  std::filesystem::path root = {};                ///< of the cache; empty: the queue's
  std::filesystem::path moving_to = {};           ///< where it is to go on; empty: it stays

  bool added = false;     ///< since the program started: somebody wants it now
  bool prepared = false;  ///< since the program started: names, space
  bool preparing = false;
  bool finishing = false;
  bool ignores_space = false;  ///< the user said so
  int jobs = 0;                ///< threads that work at it
  std::optional<CancelledFiles> cancelled = {};
  std::stop_source stop;
  std::uint64_t moved = 0, to_move = 0;  ///< bytes, while it is brought to another cache
  int retries = 0;                       ///< of preparing
  Clock::Time next_try = {};
  int relists = 0;  ///< times the commit was gone
  RateMeter meter = {};
  std::uint64_t arrived = 0;  ///< of files that are done or were stopped
  std::size_t damaged = 0;
  bool waits_for_other_program = false;

  bool is_complete() const;
  std::uint64_t total_bytes() const;

  /// Takes what it learns of running files into the status; `position` is for queued rows.
  DownloadStatus status(Clock::Time now, int position);
};

/// "2.1 of 4.9 GB · 48.3 MB/s · about 58 s left": what a row says in its state.
std::string download_sentence(const DownloadStatus& status);

/// The saved queue, as JSON text.
std::string rows_to_json(const std::vector<DownloadRow>& rows);

struct SavedRows {
  std::vector<DownloadRow> rows = {};
  DownloadId next_id = 1;
  std::size_t refused = 0;  ///< entries that made no sense
};

/// Names, hashes and states are checked; what cannot be read is left out. Throws corrupt if nothing can be read.
SavedRows rows_from_json(const std::string& text, const std::string& where);

}  // namespace etna::hub
