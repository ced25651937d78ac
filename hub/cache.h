#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "hub/cache_lock.h"

namespace etna::hub {

/// "org/name" → "models--org--name". The id must pass check_repository_id.
std::string repository_folder_name(std::string_view id);

/// The other way; none for folders that are no model's.
std::optional<std::string> repository_of_folder(std::string_view folder_name);

/// The cache of models that huggingface_hub, llama.cpp and others share, in their layout (hub.md §2):
///
///     <root>/.locks/models--org--name/<blob>.lock
///     <root>/models--org--name/blobs/<blob>                  named by what its bytes hash to
///                              refs/main                     a commit: 40 digits, no newline
///                              snapshots/<commit>/<path>     relative link to the blob, or the file itself
///                              .no_exist/<commit>/<path>     known to be absent
///
/// All names given here are checked (hub/names.h) and refused with invalid_argument or corrupt; nothing is written
/// through links that others made. Every change is whole or absent: temporary name, flush, rename, folder flushed.
/// May be used from any thread; two programs changing one blob exclude each other by its lock.
class Cache {
public:
  /// How a snapshot names its blobs. Copies: links are not possible or not wanted; the snapshot then holds the file
  /// itself and there is no blob.
  enum class Links { symbolic, none };

  /// The folder need not be there yet. Without `links` they are tried out when first needed.
  explicit Cache(std::filesystem::path root, std::optional<Links> links = std::nullopt);

  const std::filesystem::path& root() const { return root_; }

  /// True if this user may create files in it (or create it).
  bool is_writable() const;

  std::filesystem::path repository(std::string_view id) const;
  std::filesystem::path blob(std::string_view id, std::string_view blob) const;

  /// Etna's own files beside the blob while it is downloaded; other programs' unfinished files are never touched.
  std::filesystem::path part(std::string_view id, std::string_view blob) const;
  std::filesystem::path journal(std::string_view id, std::string_view blob) const;

  std::filesystem::path snapshot(std::string_view id, std::string_view commit) const;
  std::filesystem::path file(std::string_view id, std::string_view commit, std::string_view path) const;

  /// The commit that a branch or tag was at when it was downloaded. None if there is no such ref or it is no commit.
  std::optional<std::string> ref(std::string_view id, std::string_view revision) const;

  /// Where the bytes of a snapshot's file are, links followed; none if they are not there or lie outside the cache.
  std::optional<std::filesystem::path> find(std::string_view id, std::string_view commit, std::string_view path) const;

  /// A blob of that name under any repository: the same bytes, if it is intact. Hashes of large files only: git's hash
  /// of a small one is not worth the search.
  std::optional<std::filesystem::path> find_blob(std::string_view blob) const;

  /// Makes the folders of a repository.
  void prepare(std::string_view id) const;

  /// See BlobLock. The repository must be prepared.
  std::optional<BlobLock> try_lock(std::string_view id, std::string_view blob) const;

  /// Makes the verified part the blob: flushed, renamed over whatever is there, folder flushed.
  void adopt_part(std::string_view id, std::string_view blob) const;

  /// Makes a blob known as a file of a snapshot, or several files with the same content. Without links the blob becomes
  /// the last of them, the others are copies of it; nothing is done if it is gone already.
  void link(std::string_view id, std::string_view commit, std::span<const std::string> paths,
            std::string_view blob) const;

  /// The file is no longer of this snapshot; folders that become empty go, too. The blob stays.
  void unlink(std::string_view id, std::string_view commit, std::string_view path) const;

  /// Whether a file of any snapshot of the repository is this blob.
  bool is_used(std::string_view id, std::string_view blob) const;

  /// After all wanted files are linked.
  void set_ref(std::string_view id, std::string_view revision, std::string_view commit) const;

  /// The hub said that there is no such file at this commit.
  void note_absent(std::string_view id, std::string_view commit, std::string_view path) const;
  bool is_known_absent(std::string_view id, std::string_view commit, std::string_view path) const;

  /// By trying, once per object; creates the root.
  Links links() const;

private:
  std::filesystem::path root_;
  mutable std::optional<Links> links_;
};

/// The blob that a link of a snapshot names, by its text alone: none if it is no link or does not lead to a blob of the
/// same repository.
std::optional<std::string> linked_blob(const std::filesystem::path& file);

}  // namespace etna::hub
