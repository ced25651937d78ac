#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "hub/cache.h"
#include "hub/versions.h"

namespace etna::hub {

/// A file of a snapshot.
struct CachedFile {
  std::string path = {};
  std::string blob = {};  ///< empty: the snapshot holds the file itself
  std::uint64_t size = 0;
  bool is_present = false;  ///< false: its link leads nowhere, or out of the cache
};

/// A repository at a commit, as far as it was downloaded.
struct CachedSnapshot {
  std::string commit = {};
  std::vector<std::string> refs = {};  ///< names that are at this commit: "main"
  std::filesystem::path folder = {};
  std::vector<CachedFile> files = {};  ///< by path
  std::uint64_t bytes = 0;             ///< of files that are present, each blob once
  std::int64_t changed_unix = 0;       ///< when a file was added last
  std::vector<std::string> missing =
      {};  ///< names of files that others say belong to it: parts of weights, links to nothing
  bool has_weights = false;

  /// Everything it needs is there. A download of one version out of several is whole.
  bool is_whole() const { return missing.empty() && has_weights; }
};

struct CachedRepository {
  std::string id = {};
  std::filesystem::path folder = {};
  std::vector<CachedSnapshot> snapshots = {};  ///< newest first
  std::uint64_t bytes = 0;                     ///< of everything below the folder, on the disk
  std::uint64_t unfinished_bytes = 0;          ///< of Etna's parts among them
  std::uint64_t others_unfinished_bytes = 0;   ///< of other programs' parts: never touched
  std::vector<std::string> unused_blobs = {};  ///< that no snapshot names
};

struct CacheListing {
  std::vector<CachedRepository> repositories = {};  ///< by id
  std::vector<std::string> unreadable = {};         ///< sentences: what could not be looked at, and why
};

/// What is in a cache: names, links and sizes; of weights only their indices are opened. What makes no sense is left
/// out and told; nothing is thrown. Empty when stopped.
CacheListing scan_cache(const Cache& cache, const std::stop_token& stop = {});

/// One repository; none if it is not there.
std::optional<CachedRepository> scan_repository(const Cache& cache, std::string_view id);

/// What there is to choose from in a snapshot, as versions_of() says it of a repository: files that are present only.
Versions versions_in(const CachedSnapshot& snapshot);

/// Names of weight files that are missing in a folder where `files` are: other parts of "…-00001-of-00003.…", and what
/// a
/// "*.safetensors.index.json" (given as text) refers to.
std::vector<std::string> missing_parts(const std::vector<std::string>& files);
std::vector<std::string> missing_in_index(const std::vector<std::string>& files, const std::string& index_path,
                                          const std::string& index_text);

}  // namespace etna::hub
