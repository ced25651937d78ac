#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hub/cache.h"

namespace etna::hub {

/// What removing would do, for the question before it.
struct RemovalPlan {
  std::string id = {};
  std::vector<std::string> commits = {};
  std::vector<std::string> files = {};           ///< sorted; not empty: of the only commit these alone, the rest stays
  std::vector<std::string> refs = {};            ///< that name these commits; none while something of them stays
  std::vector<std::string> blobs = {};           ///< no other snapshot of the repository uses them
  std::uint64_t freed_bytes = 0;                 ///< on the disk; hard links that stay elsewhere are not counted
  std::vector<std::filesystem::path> kept = {};  ///< blobs that other snapshots use
  bool is_whole_repository = false;
};

/// For one commit, or the whole repository. Throws not_found.
RemovalPlan plan_removal(const Cache& cache, const std::string& id,
                         const std::optional<std::string>& commit = std::nullopt);

/// For one version out of several: these files of a commit, say the parts of one GGUF model (see versions_in). What all
/// versions share stays for the others; when no weights would be left, all of the commit goes. Throws not_found naming
/// what is not there.
RemovalPlan plan_removal(const Cache& cache, const std::string& id, const std::string& commit,
                         std::vector<std::string> files);

/// Something in the trash that can come back.
struct TrashedModel {
  std::string id = {};
  std::filesystem::path original = {};  ///< the repository's folder in the cache
  std::filesystem::path folder = {};    ///< in the trash's "files": blobs, snapshots, refs as they were
  std::filesystem::path info = {};      ///< the trash's note of it
  std::uint64_t bytes = 0;
};

/// Moves it to the desktop's trash (freedesktop.org, "Trash specification" 1.0) of the same disk: nothing is copied. A
/// blob that another program is just loading makes it fail with io, before anything has moved; so do a disk without a
/// place for a trash and a repository that got new commits since the plan to remove all of it was made. A blob that is
/// used again since then stays.
TrashedModel move_to_trash(const Cache& cache, const RemovalPlan& plan);

/// The same for a file or folder that is in no cache. Returns where it lies now; its note is beside, as the trash wants.
std::filesystem::path move_to_trash(const std::filesystem::path& thing);

/// Puts everything back where it was; what was downloaded again meanwhile stays as it is.
void restore(const Cache& cache, const TrashedModel& trashed);

/// Frees the space.
void delete_for_good(const TrashedModel& trashed);

/// The trash folder for files on the same disk as `place`: the user's own, or the one at the top of that disk. Made if
/// it is not there. Throws io.
std::filesystem::path trash_folder_for(const std::filesystem::path& place);

}  // namespace etna::hub
