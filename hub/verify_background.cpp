#include "hub/verify_background.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <vector>

#include "engine/base/error.h"
#include "hub/disk.h"
#include "hub/verify.h"

namespace etna::hub {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t read_bytes = std::size_t{1} << 20;
constexpr auto ask_interval = 100ms;
constexpr auto tell_interval = 200ms;

/// The disk and the processor serve everybody else first.
void take_the_lowest_priority() {
  const int thread = static_cast<int>(::syscall(SYS_gettid));
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(thread), 19);
  constexpr int idle_class = 3 << 13;  // IOPRIO_CLASS_IDLE
  ::syscall(SYS_ioprio_set, 1, thread, idle_class);
}

std::uint64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : size;
}

/// What tells that a file was changed or replaced.
struct Version {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t seconds = 0, nanoseconds = 0;
  bool operator==(const Version&) const = default;
};

Version version_of(const fs::path& file) {
  struct stat info {};

  if (::stat(file.c_str(), &info) != 0) disk::fail_with(errno, file, "cannot be looked at");
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .size = static_cast<std::uint64_t>(info.st_size),
          .seconds = info.st_mtim.tv_sec,
          .nanoseconds = info.st_mtim.tv_nsec};
}

}  // namespace

BackgroundVerifier::BackgroundVerifier(VerifyRecords& records, Options options)
    : records_(records), options_(std::move(options)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

BackgroundVerifier::~BackgroundVerifier() {
  thread_.request_stop();
  clear();
}

void BackgroundVerifier::add(const fs::path& file, const std::string& expected, Turn turn) {
  Task task{.file = file, .expected = expected, .size = size_of(file), .urgent = turn == Turn::first};
  const std::scoped_lock lock(mutex_);
  if (reading_ == task) return;
  if (const auto known = std::ranges::find(tasks_, task); known != tasks_.end()) {
    if (known->urgent || !task.urgent) return;
    tasks_.erase(known);
  }
  if (task.urgent && reading_ && !reading_->urgent) reading_stop_.request_stop();
  put_in_order(std::move(task));
  news_.notify_all();
}

void BackgroundVerifier::put_in_order(Task task) {
  const auto others = std::ranges::find(tasks_, false, &Task::urgent);
  tasks_.insert(task.urgent ? others : tasks_.end(), std::move(task));
}

std::size_t BackgroundVerifier::add(const Cache& cache, const CacheListing& listing) {
  std::set<fs::path> blobs;
  for (const CachedRepository& repository : listing.repositories) {
    for (const CachedSnapshot& snapshot : repository.snapshots) {
      for (const CachedFile& file : snapshot.files) {
        if (!file.is_present || file.blob.empty()) continue;
        const fs::path place = cache.blob(repository.id, file.blob);
        const auto known = records_.find(place);
        if (known && known->hash == file.blob) continue;
        if (blobs.insert(place).second) add(place, file.blob);
      }
    }
  }
  return blobs.size();
}

void BackgroundVerifier::clear() {
  const std::scoped_lock lock(mutex_);
  tasks_.clear();
  reading_.reset();
  reading_stop_.request_stop();
  news_.notify_all();
}

BackgroundVerifier::Status BackgroundVerifier::status() const {
  const std::scoped_lock lock(mutex_);
  Status status{.files = tasks_.size(), .gives_way = gives_way_};
  for (const Task& task : tasks_) status.bytes += task.size;
  if (!reading_) return status;
  status.files += 1;
  status.file = reading_->file;
  status.file_done = std::min(done_bytes_, reading_->size);
  status.file_bytes = reading_->size;
  status.bytes += status.file_bytes - status.file_done;
  return status;
}

void BackgroundVerifier::run(const std::stop_token& stop) {
  take_the_lowest_priority();
  while (true) {
    Task task;
    std::stop_token dropped;
    {
      std::unique_lock lock(mutex_);
      if (!news_.wait(lock, stop, [&] { return !tasks_.empty(); })) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      reading_ = task;
      reading_stop_ = std::stop_source();
      dropped = reading_stop_.get_token();
      done_bytes_ = 0;
    }
    tell();
    const Result result = check(task, dropped);
    bool is_done = false;
    {
      const std::scoped_lock lock(mutex_);
      is_done = !dropped.stop_requested();
      // Interrupted by something urgent, and not dropped: it comes next after that.
      if (!is_done && reading_) tasks_.insert(std::ranges::find(tasks_, false, &Task::urgent), *reading_);
      reading_.reset();
      gives_way_ = false;
    }
    if (is_done && options_.done) options_.done(result);
    tell();
  }
}

BackgroundVerifier::Result BackgroundVerifier::check(const Task& task, const std::stop_token& stop) {
  Result result{.file = task.file, .expected = task.expected, .found = {}, .outcome = Outcome::unreadable};
  try {
    const auto kind = hash_kind(task.expected);
    if (!kind) fail(Errc::invalid_argument, "{}: its name is no hash", task.file.string());
    if (const auto known = records_.find(task.file); known && hash_kind(known->hash) == kind) {
      result.found = known->hash;
    } else {
      const Version before = version_of(task.file);
      result.found = read(task.file, *kind, stop);
      if (stop.stop_requested()) return result;
      if (version_of(task.file) != before) fail(Errc::io, "{}: was changed while it was read", task.file.string());
      records_.record(task.file, result.found);
    }
    result.outcome = result.found == task.expected ? Outcome::intact : Outcome::damaged;
  } catch (const Error& error) {
    result.found = error.what();
  }
  return result;
}

std::string BackgroundVerifier::read(const fs::path& path, HashKind kind, const std::stop_token& stop) {
  const disk::File file = disk::File::open_to_read(path);
  // Where the system knows it: these pages are read once and drive nothing else out of memory.
  ::posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_NOREUSE);
  const std::uint64_t size = file.size();
  StreamHash hash(kind, size);
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(size, read_bytes)));
  auto asked = SteadyClock::time_point(), told = SteadyClock::now();
  for (std::uint64_t at = 0; at < size;) {
    if (const auto now = SteadyClock::now(); now - asked >= ask_interval) {
      asked = now;
      give_way(stop);
    }
    if (stop.stop_requested()) return {};
    const auto piece =
        std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(size - at, buffer.size())));
    file.read_at(at, piece);
    hash.update(piece);
    at += piece.size();
    {
      const std::scoped_lock lock(mutex_);
      done_bytes_ = at;
    }
    if (const auto now = SteadyClock::now(); now - told >= tell_interval) {
      told = now;
      tell();
    }
  }
  return hash.hex();
}

void BackgroundVerifier::give_way(const std::stop_token& stop) {
  const auto set = [&](bool gives_way) {
    {
      const std::scoped_lock lock(mutex_);
      if (std::exchange(gives_way_, gives_way) == gives_way) return;
    }
    tell();
  };
  while (options_.busy && !stop.stop_requested() && options_.busy()) {
    set(true);
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, stop, ask_interval, [] { return false; });
  }
  set(false);
}

void BackgroundVerifier::tell() {
  if (options_.progress) options_.progress(status());
}

}  // namespace etna::hub
