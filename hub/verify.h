#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/progress.h"

namespace etna::hub {

/// What the hub names a file's content by: large files by their SHA-256, small ones by git's SHA-1 of a blob.
enum class HashKind { sha256, git_sha1 };

/// By the number of hex digits: 64 is SHA-256, 40 git's SHA-1. None for everything that is no lower-case hash: such a
/// name is never used as a file name.
std::optional<HashKind> hash_kind(std::string_view hash);

/// A hash that takes its bytes piece by piece. Copies go on from the same state.
class StreamHash {
public:
  /// `size`: bytes the whole content will have; git's hash begins with it, SHA-256 does not use it.
  StreamHash(HashKind kind, std::uint64_t size);
  ~StreamHash();
  StreamHash(const StreamHash& other);
  StreamHash& operator=(const StreamHash& other);

  void update(std::span<const std::byte> bytes);

  /// Lower-case hex of what was given so far; more may follow.
  std::string hex() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Hash of a regular file, read in pieces of 1 MiB. Throws not_found or io, naming the file, or cancelled.
std::string hash_file(const std::filesystem::path& file, HashKind kind, const Progress& progress = {});

}  // namespace etna::hub
