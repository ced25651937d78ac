// The part of FileDownload that receives: connections, waits between them, and the thread that hashes what has arrived.
#include <algorithm>
#include <thread>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/log.h"
#include "hub/download_file.h"
#include "hub/download_problem.h"
#include "hub/problem.h"
#include "hub/verify_crc32c.h"

namespace etna::hub {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t smallest_for_ranges = std::uint64_t{64} << 20;
constexpr std::uint32_t most_chunks_per_request = 8;
constexpr std::size_t hash_read_bytes = std::size_t{1} << 20;

/// This much in one go is progress: the next failure is the first again, and is not waited for.
constexpr std::uint64_t progress_bytes = std::uint64_t{1} << 20;

constexpr int most_tries_per_chunk = 3;

}  // namespace

/// Writes what arrives of one range.
class FileDownload::RangeTaker : public DownloadSource::Taker {
public:
  RangeTaker(FileDownload& download, const FileRange& range, const std::stop_token& stop)
      : download_(download), range_(range), stop_(stop) {}

  bool begin(bool whole) override {
    refused_ = whole && (range_.begin > 0 || range_.end < download_.file_.size);
    return !refused_;
  }

  bool take(std::uint64_t offset, std::span<const std::byte> bytes) override {
    download_.tools_.speed.take(bytes.size(), stop_);
    bytes = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), range_.end - offset)));
    download_.part_->append(offset, bytes);
    download_.note_arrival(bytes.size());
    return offset + bytes.size() < range_.end;
  }

  /// The server sent the whole file where a part was wanted.
  bool refused() const { return refused_; }

private:
  FileDownload& download_;
  const FileRange range_;
  const std::stop_token& stop_;
  bool refused_ = false;
};

void FileDownload::receive(const std::stop_token& stop) {
  Connections::Share share(tools_.connections);
  std::stop_source end;
  const std::stop_callback link(stop, [&end] { end.request_stop(); });
  {
    const int connections = file_.size < smallest_for_ranges ? 1 : std::max(1, tools_.connections_per_file);
    std::vector<std::jthread> threads;
    threads.emplace_back([&] { hash_chunks(end.get_token()); });
    for (int i = 0; i < connections; ++i) threads.emplace_back([&] { work(share, end.get_token()); });
    watch(stop);
    end.request_stop();
    part_->close();
  }
  std::unique_lock lock(mutex_);
  if (hashed_) return;
  const std::exception_ptr failure = failure_;
  lock.unlock();
  try {
    part_->note();  // no flush: a pause must not wait for the disk
  } catch (const Error& error) {
    // What was not claimed is fetched again.
    log::warning("{}: {}", file_.path, error.what());
  }
  if (failure) std::rethrow_exception(failure);
  fail(Errc::cancelled, "download: stopped");
}

void FileDownload::watch(const std::stop_token& stop) {
  auto flushed = tools_.clock.now();
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (news_.wait_for(lock, stop, milliseconds(100), [&] { return hashed_ || failure_ != nullptr; })) return;
    }
    if (stop.stop_requested()) return;
    const bool time_is_up = tools_.clock.now() - flushed >= std::chrono::seconds(2);
    if (!time_is_up && !part_->flush_is_due()) continue;
    try {
      part_->flush();
      flushed = tools_.clock.now();
      if (tools_.check_disk) tools_.check_disk();
    } catch (...) {
      return fail_with(std::current_exception());
    }
  }
}

void FileDownload::work(Connections::Share& share, const std::stop_token& stop) {
  while (part_->wait_for_work(stop)) {
    if (!share.take(stop)) return;
    std::optional<Problem> problem;
    try {
      fetch_next(stop);
    } catch (const HubError& error) {
      log::info("{}: {}", file_.path, error.what());
      if (error.problem().retry == Retry::never)
        fail_with(std::current_exception());
      else
        problem = error.problem();
    } catch (...) {
      if (!stop.stop_requested()) fail_with(std::current_exception());
    }
    share.give();
    if (problem) wait_to_retry(*problem, stop);
  }
}

void FileDownload::fetch_next(const std::stop_token& stop) {
  if (whole_only_) return fetch_whole(stop);
  const std::uint64_t missing = file_.size - std::min(file_.size, part_->received());
  const std::uint64_t even = missing / chunk_bytes / static_cast<std::uint64_t>(2 * tools_.connections_per_file);
  const auto most = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(even, 1, most_chunks_per_request));
  if (const auto range = part_->try_take(most)) fetch_range(*range, stop);
}

void FileDownload::fetch_range(const FileRange& range, const std::stop_token& stop) {
  struct GiveBack {
    ~GiveBack() { part.give_back(range); }

    PartFile& part;
    const FileRange& range;
  } const give_back{*part_, range};

  RangeTaker taker(*this, range, stop);
  fetch(range, taker, stop);
  if (taker.refused()) whole_only_ = true;
}

void FileDownload::fetch_whole(const std::stop_token& stop) {
  // The answer begins at the beginning each time. What is there of the part stays: it is named by its hash, so it is of
  // the same file, and is given up for nothing shorter.
  if (!part_->try_take_all()) {
    tools_.clock.sleep(milliseconds(50), stop);
    return;
  }
  fetch_range({.begin = 0, .end = file_.size}, stop);
}

void FileDownload::fetch(const FileRange& range, DownloadSource::Taker& taker, const std::stop_token& stop) {
  struct Count {
    explicit Count(FileDownload& owner) : download(owner) {
      const std::scoped_lock lock(download.mutex_);
      ++download.fetching_;
    }

    ~Count() {
      const std::scoped_lock lock(download.mutex_);
      --download.fetching_;
    }

    FileDownload& download;
  } const count(*this);

  tools_.source.fetch(id_, commit_, file_, range, taker, stop);
}

void FileDownload::note_arrival(std::size_t bytes) {
  arrived_ += bytes;
  present_ = part_->received();
  const std::scoped_lock lock(mutex_);
  disconnected_ = false;
}

void FileDownload::wait_to_retry(const Problem& problem, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  last_problem_ = describe_problem(HubError(problem));
  const auto at_least = problem.retry_after;
  const auto now = tools_.clock.now();
  const bool progressed = arrived_ - arrived_at_failure_ >= progress_bytes;
  arrived_at_failure_ = arrived_;
  if (progressed) {
    backoff_.reset();
    retry_at_ = {};
    if (at_least.count() == 0) return;
  }
  if (fetching_ == 0) disconnected_ = true;
  // Connections that fail together wait together.
  if (now >= retry_at_)
    retry_at_ = now + std::max(backoff_.next(), at_least);
  else
    retry_at_ = std::max<Clock::Time>(retry_at_, now + at_least);
  const int asked = retries_asked_;
  tools_.clock.wait(lock, news_, stop, retry_at_ - now, [&] { return retries_asked_ != asked || failure_ != nullptr; });
}

void FileDownload::hash_chunks(const std::stop_token& stop) {
  try {
    StreamHash hash(kind_, file_.size);
    for (std::uint32_t chunk = 0; chunk < part_->chunks(); ++chunk) {
      for (int tries = 1;; ++tries) {
        if (!part_->wait_for(chunk, stop)) return;
        StreamHash next(hash);
        if (hash_chunk(chunk, next)) {
          hash = next;
          break;
        }
        // The bytes on the disk are not those that arrived.
        if (tries == most_tries_per_chunk) {
          throw DownloadError(Errc::io, disk_fault(part_->path(), chunk * chunk_bytes));
        }
        ++damaged_;
        part_->forget(chunk);
      }
    }
    const std::scoped_lock lock(mutex_);
    hash_ = hash.hex();
    hashed_ = true;
    news_.notify_all();
  } catch (...) {
    fail_with(std::current_exception());
  }
}

bool FileDownload::hash_chunk(std::uint32_t chunk, StreamHash& hash) {
  const ChunkClaim claim = part_->state(chunk);
  const std::uint64_t begin = chunk * chunk_bytes;
  std::vector<std::byte> buffer(std::min<std::size_t>(claim.bytes, hash_read_bytes));
  std::uint32_t crc = 0;
  for (std::uint32_t at = 0; at < claim.bytes;) {
    const auto piece = std::span(buffer).first(std::min<std::size_t>(claim.bytes - at, buffer.size()));
    try {
      part_->read(begin + at, piece);
    } catch (const Error&) {
      throw DownloadError(Errc::io, disk_fault(part_->path(), begin + at));
    }
    crc = crc32c(crc, piece);
    hash.update(piece);
    at += static_cast<std::uint32_t>(piece.size());
    checked_ = begin + at;
  }
  return crc == claim.crc;
}

}  // namespace etna::hub
