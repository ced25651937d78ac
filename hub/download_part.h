#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "hub/disk.h"
#include "hub/journal.h"

namespace etna::hub {

/// Bytes [begin, end) of a file that one connection fetches; ends at a chunk's end.
struct FileRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool operator==(const FileRange&) const = default;
};

/// A file that is being received: the part on the disk, what of it is there (per chunk), and who works at what. Every
/// byte is written by the thread that received it; a journal record of the kind `written` follows each MiB, and flush()
/// makes all of it survive a power cut, data first.
///
/// All functions may be called from any thread; a chunk belongs to one thread from try_take() to give_back().
class PartFile {
public:
  struct Options {
    bool allocate = true;                                 ///< take the disk space at once, where the file system can
    std::uint64_t claim_bytes = std::uint64_t{1} << 20;   ///< received between records of the journal
    std::uint64_t flush_bytes = std::uint64_t{64} << 20;  ///< received until flush_is_due()
  };

  /// Opens what an earlier run left, or begins. Throws NoSpace or io.
  PartFile(std::filesystem::path part, std::filesystem::path journal, JournalSubject subject, Options options);

  std::uint64_t size() const { return subject_.size; }

  std::uint32_t chunks() const { return static_cast<std::uint32_t>(states_.size()); }

  const std::filesystem::path& path() const { return file_.path(); }

  /// Bytes that are there.
  std::uint64_t received() const;

  bool is_complete() const { return received() == size(); }

  /// Waits until something is missing that nobody works at. False when the part was closed, and at a stop.
  bool wait_for_work(const std::stop_token& stop);

  /// The first range that is missing and nobody's: the rest of a chunk and further empty ones, `most` chunks in all.
  std::optional<FileRange> try_take(std::uint32_t most);

  /// Everything that is missing, for a server that sends only whole files; none while others work at something. Bytes
  /// that are there are passed over by append().
  bool try_take_all();

  /// What is still missing of it is anybody's again.
  void give_back(const FileRange& range);

  /// Bytes at `offset` of the file, inside a range taken by this thread: appended to what is there of their chunks.
  /// Bytes that are there already, and bytes behind a gap, are passed over. Throws NoSpace or io.
  void append(std::uint64_t offset, std::span<const std::byte> bytes);

  /// A chunk turned out to be wrong: it is missing again.
  void forget(std::uint32_t chunk);

  /// In place of a whole chunk that nobody works at.
  void replace(std::uint32_t chunk, std::span<const std::byte> bytes);

  /// Waits until a chunk is there. False at a stop.
  bool wait_for(std::uint32_t chunk, const std::stop_token& stop);

  void read(std::uint64_t offset, std::span<std::byte> bytes) const { file_.read_at(offset, bytes); }

  /// Of what is there of a chunk, as it was received.
  ChunkClaim state(std::uint32_t chunk) const;
  std::vector<ChunkClaim> states() const;

  bool flush_is_due() const;

  /// A journal record of everything that has arrived, which survives the end of the program.
  void note();

  /// Data on the disk, then the claim that it is there.
  void flush();

  /// Nothing will be missing any more: wait_for_work() returns.
  void close();

  /// Gives disk space of what is missing back to the system, for a part that stays for later.
  void release_holes();

private:
  struct State {
    std::uint32_t bytes = 0;
    std::uint32_t crc = 0;
    std::uint32_t times_given_up = 0;
    bool taken = false;
    bool claimed = true;  ///< the journal has the present value
    bool flushed = true;  ///< and the value is on the disk
  };

  std::uint32_t length(std::uint32_t chunk) const { return chunk_size(subject_.size, chunk); }

  void changed(std::uint32_t chunk);        // with the mutex held
  void claim(Durability durability);        // with the mutex held
  bool is_free(std::uint32_t chunk) const;  // with the mutex held

  const JournalSubject subject_;
  const Options options_;
  disk::File file_;

  mutable std::mutex mutex_;  // guards everything below; held while a record is appended, never while data is written
  std::condition_variable_any news_;
  std::optional<Journal> journal_;
  std::vector<State> states_;
  std::vector<std::uint32_t> unclaimed_, unflushed_;
  std::uint64_t received_ = 0;
  std::uint64_t bytes_unclaimed_ = 0, bytes_unflushed_ = 0;
  bool closed_ = false;
};

}  // namespace etna::hub
