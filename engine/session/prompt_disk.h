#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/generation/prompt_cache.h"
#include "engine/session/prompt_cache_messages.h"

namespace etna {

/// What a piece of a prefix on disk says of itself.
struct DiskPrefix {
  std::string id;        ///< unique in the folder; make_id()
  std::string key;       ///< model and kind of context that it belongs to
  std::string model;     ///< for people
  std::string settings;
  std::string conversation;  ///< of whoever kept it first
  std::string parent;    ///< id of what it continues; empty: nothing
  std::int64_t begin = 0;
  std::vector<std::int32_t> tokens;
  std::vector<LayerCover> covers;

  /// Follows from what it holds: the same piece has the same id in every program that shares the folder.
  std::string make_id() const;
};

/// Kept prefixes on disk: a folder of one file for each piece, which is all there is of an index, so that nothing can
/// disagree with it and several programs may share it. When a piece was used last is its file's time.
///
/// Files are written by a thread of its own, which stands still while something computes (pause), and completely or not at
/// all. Any thread may call; `note` may be called from any thread, too.
class PromptDisk : public std::enable_shared_from_this<PromptDisk> {
public:
  /// Throws io where the folder cannot be made.
  PromptDisk(std::filesystem::path folder, std::uint64_t limit, std::function<void(std::string)> note);
  ~PromptDisk();  ///< writes what waits, for some seconds at most

  void set_limit(std::uint64_t bytes);
  const std::filesystem::path& folder() const { return folder_; }

  /// Pieces of a key, parents before what continues them. Damaged files are removed, with a note.
  std::vector<DiskPrefix> entries(const std::string& key);

  /// Rows of a piece; null, with a note, where its file is gone or damaged (it is removed then).
  std::shared_ptr<const CacheSegment> load(const std::string& id, const std::vector<LayerCover>& covers, std::vector<RowFormat> formats, Allocator& allocator, OwnerId owner);

  /// Will be written. Rows in memory are held until then.
  void write(DiskPrefix piece, std::shared_ptr<const CacheSegment> segment);

  /// Pieces were used, what is continued by others last.
  void touch(std::vector<std::string> ids);

  /// Does not write while somebody holds what this returns. The disk must be held by a shared_ptr.
  std::shared_ptr<void> pause();

  /// Waits until everything is written (tests, programs that end).
  void flush();

  /// What waits is not written any more; returns its bytes.
  std::uint64_t forget_waiting();

  std::vector<DiskCacheEntry> list() const;   ///< latest used first; reads headers
  bool remove(const std::string& id);         ///< and what continues it
  std::uint64_t purge();

  /// Pieces of the prompts that are meant go, and what continues them, written or not.
  struct Forgotten {
    std::uint64_t bytes = 0;    ///< of files
    std::set<std::string> ids;  ///< of pieces
  };
  Forgotten forget(const PromptSelection& which);

  std::uint64_t bytes() const;
  std::uint64_t entries_count() const;
  std::uint64_t limit() const;
  std::uint64_t waiting_bytes() const;

  /// Bytes a second that load() has reached lately.
  double read_rate() const { return read_rate_; }

private:
  struct File {
    std::uint64_t bytes = 0;
    std::int64_t used_ns = 0;  // its time
  };

  struct Job {
    DiskPrefix piece;
    std::shared_ptr<const CacheSegment> segment;
    std::vector<std::string> touched;  // instead of a piece
  };

  std::filesystem::path path_of(const std::string& id) const;
  void scan();
  void run(const std::stop_token& stop);
  void write_now(const Job& job, const std::stop_token& stop);
  void touch_now(const std::vector<std::string>& ids);
  bool make_room(std::uint64_t bytes);
  void set_used(const std::string& id);
  void erase(const std::string& id);
  std::optional<DiskPrefix> read_header(const std::string& id, std::uint64_t* checksum) const;

  std::filesystem::path folder_;
  std::function<void(std::string)> note_;
  std::atomic<double> read_rate_{500e6};  // until something was read

  mutable std::mutex mutex_;  // guards all below but the thread
  std::condition_variable_any changed_;
  std::uint64_t limit_;
  std::map<std::string, File> files_;
  std::uint64_t bytes_ = 0;
  std::int64_t last_time_ns_ = 0;  // given to a file
  std::deque<Job> jobs_;
  std::optional<Job> current_;  // being written
  bool current_is_forgotten_ = false;  // goes as soon as it is written
  int pauses_ = 0;
  std::jthread thread_;  // last: it ends before the rest goes
};

}  // namespace etna
