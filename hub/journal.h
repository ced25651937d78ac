#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hub/disk.h"

namespace etna::hub {

/// Files are received, claimed, checked and repaired in pieces of this size; the last one of a file may be shorter.
constexpr std::uint64_t chunk_bytes = std::uint64_t{8} << 20;

/// The longest file that a journal describes: 8 TiB, a million chunks.
constexpr std::uint64_t longest_file = std::uint64_t{1} << 43;

/// The first bytes of a chunk that are in the part file.
struct ChunkClaim {
  std::uint32_t chunk = 0;
  std::uint32_t bytes = 0;  ///< from the chunk's start; 0 takes an earlier claim back
  std::uint32_t crc = 0;    ///< CRC-32C of these bytes
  bool operator==(const ChunkClaim&) const = default;
};

/// What a claim survives.
enum class Durability : std::uint8_t {
  written,  ///< the end of the process: the system has the bytes. Void after the system has started anew.
  flushed,  ///< a power cut: the bytes were on the disk before the claim was
};

/// What a journal is about. A journal of something else is no journal.
struct JournalSubject {
  std::string blob;  ///< the hash of the whole file, which names it
  std::uint64_t size = 0;
  bool operator==(const JournalSubject&) const = default;
};

/// The record of what has arrived of one file; beside its part file. Records are appended, each with its own checksum,
/// so that a journal cut anywhere or with garbage at its end is one that knows a little less.
///
/// Layout, little endian: "ETNAJRN1", then records: bytes (u32), CRC-32C (u32) of the payload, payload. The first
/// payload is the subject: size (u64), length of the blob's name (u32), name. Each program that goes on adds one with
/// the identity of the system's start; all others are claims: durability (u8), then chunk, bytes, crc (u32 each) n
/// times.
class Journal {
public:
  /// What an earlier program wrote, as far as it can be believed: claims of one chunk replace each other in order. None
  /// if there is no journal of this subject. Throws io when the disk fails; never because of what the file holds.
  static std::optional<std::vector<ChunkClaim>> read(const std::filesystem::path& file, const JournalSubject& subject,
                                                     std::string_view system_start);

  /// The same of a journal's bytes; never throws for what they are.
  static std::optional<std::vector<ChunkClaim>> parse(std::string_view bytes, const JournalSubject& subject,
                                                      std::string_view system_start);

  /// A journal with these claims, whose bytes the caller has flushed, and nothing else, in place of what is there: on
  /// the disk before this returns.
  static Journal create(const std::filesystem::path& file, const JournalSubject& subject,
                        std::span<const ChunkClaim> claims, std::string_view system_start);

  /// What a program that ended while it created one may have left: overwritten by the next.
  static std::filesystem::path temporary_name(const std::filesystem::path& file);

  /// The caller has written the bytes, and for `flushed` seen to it that they are on the disk; then this returns when
  /// the claims are, too.
  void append(std::span<const ChunkClaim> claims, Durability durability);

private:
  explicit Journal(disk::File file) : file_(std::move(file)) {}

  disk::File file_;
};

/// Names the time since this system started: different after each start. Empty where the system does not say.
std::string system_start();

/// Chunks of a file of this size.
std::uint32_t chunk_count(std::uint64_t size);

/// Bytes of one of them.
std::uint32_t chunk_size(std::uint64_t size, std::uint32_t chunk);

}  // namespace etna::hub
