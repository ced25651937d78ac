// The part of FileDownload that finds out which bytes were changed on the way and loads them again.
#include <algorithm>
#include <thread>
#include <vector>

#include "engine/base/error.h"
#include "hub/download_file.h"
#include "hub/download_problem.h"
#include "hub/problem.h"
#include "hub/verify_crc32c.h"

namespace etna::hub {

namespace {

constexpr int most_rounds = 3;
constexpr std::uint32_t chunks_per_request = 8;
constexpr std::size_t hash_read_bytes = std::size_t{1} << 20;

}  // namespace

/// Compares what arrives with what is there, chunk by chunk, and replaces what differs.
class FileDownload::RepairTaker : public DownloadSource::Taker {
public:
  RepairTaker(FileDownload& download, std::uint64_t end, std::uint64_t position, const std::stop_token& stop)
      : download_(download), end_(end), position_(position), stop_(stop) {}

  bool begin(bool whole) override {
    whole_ = whole;
    return true;
  }

  bool take(std::uint64_t offset, std::span<const std::byte> bytes) override {
    download_.tools_.speed.take(bytes.size(), stop_);
    download_.note_arrival(bytes.size());
    while (!bytes.empty() && position_ < end_) {
      // A whole answer begins before the position: pass that over.
      const std::uint64_t skipped = std::min<std::uint64_t>(position_ > offset ? position_ - offset : 0, bytes.size());
      bytes = bytes.subspan(skipped);
      offset += skipped;
      if (bytes.empty()) break;
      const auto chunk = static_cast<std::uint32_t>(position_ / chunk_bytes);
      const std::size_t wanted = chunk_size(download_.file_.size, chunk);
      const std::size_t count = std::min(bytes.size(), wanted - buffer_.size());
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
      bytes = bytes.subspan(count);
      offset += count;
      position_ += count;
      if (buffer_.size() == wanted) compare(chunk);
    }
    return position_ < end_;
  }

  /// Everything before has been compared; after a lost connection this is where to go on.
  std::uint64_t position() const { return position_ - buffer_.size(); }

  std::size_t replaced() const { return replaced_; }

  bool whole() const { return whole_; }

private:
  void compare(std::uint32_t chunk) {
    if (crc32c(0, buffer_) != download_.part_->state(chunk).crc) {
      download_.part_->replace(chunk, buffer_);
      ++replaced_;
    }
    download_.checked_ = position_;
    buffer_.clear();
  }

  FileDownload& download_;
  const std::uint64_t end_;
  std::uint64_t position_;
  const std::stop_token& stop_;
  std::vector<std::byte> buffer_;
  std::size_t replaced_ = 0;
  bool whole_ = false;
};

void FileDownload::repair(std::string found, const std::stop_token& stop) {
  // What is on the disk is what has arrived (hash_chunks has compared them), so it was changed on the way: load it once
  // more and see what differs. That may be the first copy or the second; the hash of all decides.
  std::size_t replaced = 0;
  for (int round = 0; round < most_rounds; ++round) {
    set_phase(FilePhase::repairing);
    replaced += repair_round(stop);
    set_phase(FilePhase::verifying);
    found = hash_part(stop);
    if (found == file_.blob) return;
  }
  throw DownloadError(Errc::corrupt,
                      arrived_damaged(std::max<std::size_t>(replaced, 1), most_rounds, file_.blob, found));
}

std::size_t FileDownload::repair_round(const std::stop_token& stop) {
  Connections::Share share(tools_.connections);
  tools_.source.forget_link(id_, commit_, file_);
  std::size_t replaced = 0;
  for (std::uint64_t position = 0; position < file_.size;) {
    const std::uint64_t last = std::min(file_.size, (position / chunk_bytes + chunks_per_request) * chunk_bytes);
    const std::uint64_t end = whole_only_ ? file_.size : last;
    RepairTaker taker(*this, end, position, stop);
    if (!share.take(stop)) fail(Errc::cancelled, "download: stopped");
    std::optional<Problem> problem;
    try {
      fetch({.begin = whole_only_ ? 0 : position, .end = end}, taker, stop);
    } catch (const HubError& error) {
      if (error.problem().retry == Retry::never) throw;
      problem = error.problem();
    }
    share.give();
    if (taker.whole()) whole_only_ = true;
    position = taker.position();
    replaced += taker.replaced();
    damaged_ += taker.replaced();
    if (problem) wait_to_retry(*problem, stop);
    if (stop.stop_requested()) fail(Errc::cancelled, "download: stopped");
    // One bad chunk is the usual case: reading the disk is cheaper than loading the rest of the file again.
    if (taker.replaced() > 0 && hash_part(stop) == file_.blob) break;
  }
  part_->flush();
  return replaced;
}

std::string FileDownload::hash_part(const std::stop_token& stop) {
  StreamHash hash(kind_, file_.size);
  std::vector<std::byte> buffer(hash_read_bytes);
  for (std::uint64_t at = 0; at < file_.size;) {
    if (stop.stop_requested()) fail(Errc::cancelled, "download: stopped");
    const auto piece = std::span(buffer).first(std::min<std::uint64_t>(file_.size - at, buffer.size()));
    part_->read(at, piece);
    hash.update(piece);
    at += piece.size();
    checked_ = at;
  }
  return hash.hex();
}

}  // namespace etna::hub
