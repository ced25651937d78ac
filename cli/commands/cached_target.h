#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hub/cache.h"
#include "hub/cached_versions.h"

namespace etna::cli {

/// A model of the shared cache, as a person names it.
struct CachedTarget {
  std::string repository = {};
  std::string version = {};                       ///< key; empty: all of them
  std::optional<std::string> commit = {};         ///< none: all of them
  std::vector<hub::CachedVersion> versions = {};  ///< that are meant; not empty
};

/// `text`: "org/name", "org/name:VERSION" or a link. `revision`: a branch, tag or commit that is in the cache, or the
/// first 7 and more digits of one; empty: what the text says, else all. Throws invalid_argument, not_found with what
/// there is, and unsupported for models in folders of other programs, naming the program.
CachedTarget find_in_cache(const hub::Cache& cache, const std::string& text, const std::string& revision);

/// "org/name:Q4_K_M", "org/name".
std::string name_of(const hub::CachedVersion& version);

}  // namespace etna::cli
