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
  std::vector<std::string> refs = {};          ///< names that are at this commit: "main"
  std::string key = {};                        ///< ModelVersion::key of a GGUF model ("Q4_K_M"); empty: the whole snapshot
  std::filesystem::path path = {};             ///< what is loaded: the snapshot's folder, or the first GGUF file
  std::vector<std::string> weight_files = {};  ///< no other version has them
  std::vector<CachedFile> files = {};          ///< that are there, with the small ones that versions share
  std::uint64_t bytes = 0;                     ///< of `files`
  std::vector<std::string> missing = {};       ///< empty: it is whole
};

/// The versions of a repository, newest snapshot first, in the order of versions_in().
std::vector<CachedVersion> cached_versions(const CachedRepository& repository);

}  // namespace etna::hub
