#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "hub/cache.h"
#include "hub/download_part.h"
#include "hub/download_problem.h"
#include "hub/download_source.h"
#include "hub/space.h"
#include "hub/verify_records.h"

namespace etna::hub {

/// The state machine of a download (desktop.md §5.4.3), saved at each transition.
enum class DownloadState {
  queued,     ///< waits for its turn
  preparing,  ///< asks for names and sizes, checks the space
  downloading,
  reconnecting,  ///< waits to try again, on its own
  paused,        ///< by the user; or by itself while the folder's disk is not there
  out_of_space,  ///< goes on by itself when there is room
  needs_access,  ///< consent or a token is missing: the user
  verifying,
  repairing,
  finishing,
  done,
  failed,  ///< the user may try again
};

/// "queued", "out_of_space", …: what scripts and the saved queue say.
std::string_view name(DownloadState state);

/// Whether it works or will by itself.
bool is_active(DownloadState state);

using DownloadId = std::uint64_t;

/// Some files of a repository, at the commit that the revision is at when the download begins.
struct DownloadRequest {
  std::string repository = {};          ///< "org/name"
  std::string revision = "main";        ///< branch, tag or commit
  std::string title = {};               ///< shown; empty: the repository
  std::vector<std::string> files = {};  ///< paths; empty: everything a model needs (see wanted_by_default)
  bool operator==(const DownloadRequest&) const = default;
};

/// All there is to know of a download, for a row or a line. A value.
struct DownloadStatus {
  DownloadId id = 0;
  DownloadRequest request = {};
  std::string commit = {};  ///< empty before it is known
  DownloadState state = DownloadState::queued;
  int position = 0;               ///< while queued: 1 is next
  std::uint64_t done_bytes = 0;   ///< of the files; while verifying or repairing, bytes checked
  std::uint64_t total_bytes = 0;  ///< 0 before it is known
  double rate = 0;                ///< bytes per second, mean over 5 s
  std::optional<std::chrono::seconds> time_left = {};
  int attempt = 0;  ///< of reconnecting
  std::chrono::seconds retry_in{0};
  std::size_t files_done = 0;
  std::size_t files = 0;
  std::size_t damaged_pieces = 0;  ///< that were loaded again
  std::size_t pieces = 0;
  std::uint64_t missing_space = 0;  ///< while out of space
  bool waits_for_other_program = false;
  DownloadProblem problem = {};           ///< why it stands still; empty otherwise
  std::filesystem::path root = {};        ///< the cache that it goes to
  std::optional<int> moved_percent = {};  ///< while what has arrived is brought to another cache
  std::filesystem::path folder = {};      ///< the snapshot, when done
  std::string sentence = {};              ///< for people: "2.1 of 4.9 GB · 48.3 MB/s · about 58 s left"
  bool operator==(const DownloadStatus&) const = default;
};

/// Both are called on a thread of the queue, one call at a time, in the order things happened: copy and return quickly.
struct DownloadListener {
  std::function<void(const DownloadStatus&)> changed;  ///< new rows, every transition, progress five times a second
  std::function<void(DownloadId)> removed;
  std::function<void(const std::vector<DownloadId>&)> reordered;
};

/// What becomes of a cancelled download's files.
enum class CancelledFiles { keep, remove };

/// Several downloads into one cache: two files at once and four connections in all, in an order that the user sets. The
/// queue survives its program: what was active goes on with the next one.
///
/// Every function may be called from any thread and returns at once; unknown ids are ignored.
class DownloadQueue {
public:
  struct Options {
    std::filesystem::path data_folder = {};  ///< of the saved queue and records of checks; empty: nothing is saved
    /// Where another program has the saved queue open, do without it instead of failing: what is added lives as long as
    /// this program. Parts and their journals are in the cache, so nothing that has arrived is lost either way.
    bool may_be_unsaved = false;
    bool only_added = false;  ///< saved rows of earlier runs stay as they are: for a program that wants one download
    std::filesystem::path cache_root = {};
    std::optional<Cache::Links> links = {};  ///< none: found out
    std::shared_ptr<DownloadSource> source;
    /// Files of other stores that are named by this SHA-256 (find_in_ollama, other caches): they are checked and shared
    /// by
    /// a hard link where that is possible, instead of being loaded.
    std::function<std::vector<std::filesystem::path>(const std::string& sha256)> find_elsewhere = {};
    int files_at_once = 2;
    int connections = 4;
    std::uint64_t speed_limit = 0;  ///< bytes per second, 0: none
    SpaceSource space = space_at;
    std::function<std::uint64_t(const Space&)> reserve = reserved_bytes;
    std::uint64_t slack_bytes = 1'000'000'000;  ///< beyond the need before a full disk counts as free again
    double clock_speed = 1.0;                   ///< for tests
    PartFile::Options part = {};
  };

  /// Loads the saved queue; active rows wait until start(). Throws io if the data folder cannot be used or another
  /// program has this queue open (see may_be_unsaved).
  explicit DownloadQueue(Options options);

  /// Stops everything within a second, without changing what is saved: it goes on next time.
  ~DownloadQueue();
  DownloadQueue(const DownloadQueue&) = delete;
  DownloadQueue& operator=(const DownloadQueue&) = delete;

  /// False: another program has the saved queue open.
  bool is_saved() const;

  /// Set before start().
  void set_listener(DownloadListener listener);
  void start();

  /// The row of this request, a new one if there is none; one that stands still goes on. Throws invalid_argument for
  /// names that no repository has.
  DownloadId add(DownloadRequest request);

  void pause(DownloadId id);

  /// Goes on from any state that waits: paused, out of space (whatever is free), needs access, failed, reconnecting.
  void resume(DownloadId id);
  void pause_all();
  void resume_all();

  /// Removes the row. Files that are complete stay with `keep`, and what has arrived of others is used next time.
  void cancel(DownloadId id, CancelledFiles files);

  /// The row goes on in the cache at `root`, which is made if need be: what it has fetched so far is copied, checked
  /// and then removed where it was, and nothing of it is fetched again. If that cannot be, the row fails, says why and
  /// stays where it is. A row that is done stays, too. Throws invalid_argument if `root` is not absolute.
  void relocate(DownloadId id, std::filesystem::path root);

  /// Before the row at this index.
  void move(DownloadId id, std::size_t index);
  void set_speed_limit(std::uint64_t bytes_per_second);

  /// In order.
  std::vector<DownloadStatus> list() const;
  std::optional<DownloadStatus> find(DownloadId id) const;

  /// Whether bytes are moving now or files are being checked: what can wait (BackgroundVerifier) should.
  bool is_working() const;

  /// What the queue's checks found, in `data_folder`: shared with whoever else checks files of the cache.
  VerifyRecords& records();

  /// Waits until the download is done or needs the user (paused, needs access, failed), or is gone, or a stop.
  std::optional<DownloadStatus> wait(DownloadId id, const std::stop_token& stop = {}) const;

private:
  class State;
  std::unique_ptr<State> state_;
};

/// Files to load when the user has not chosen: no programs, no pickles where there are safer weights, none of other
/// frameworks, no hidden ones. Small ones that tell what the model is come first, then weights by name.
std::vector<RemoteFile> wanted_by_default(const std::vector<RemoteFile>& files);

/// In the order of loading.
void sort_for_download(std::vector<RemoteFile>& files);

}  // namespace etna::hub
