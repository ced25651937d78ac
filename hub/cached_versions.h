#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hub/cache_scan.h"

namespace etna::hub {

/// A model of the cache as people see it: a snapshot, or one of several GGUF models in it.
struct CachedVersion {
  std::string repository = {};
  std::string commit = {};
  std::vector<std::string> refs = {};  ///< names that are at this commit: "main"
  std::string key = {};                ///< ModelVersion::key of a GGUF model ("Q4_K_M"); empty: the whole snapshot
  std::filesystem::path path = {};     ///< what is loaded: the snapshot's folder, or the first GGUF file
  std::vector<CachedFile> files = {};  ///< that are there; of GGUF models without the small files beside them
  std::uint64_t bytes = 0;             ///< of them
  bool is_whole = true;                ///< false: parts of the snapshot are missing
};

/// The versions of a repository, newest snapshot first, then by name. Snapshots without weights are left out.
std::vector<CachedVersion> cached_versions(const CachedRepository& repository);

}  // namespace etna::hub
