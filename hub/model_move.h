#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "hub/space.h"

namespace etna::hub {

/// A file of a model that is to be in another folder, too.
struct CopiedFile {
  std::filesystem::path from = {};  ///< links are followed
  std::string name = {};            ///< relative to the model's place
  std::string expected = {};        ///< what its bytes hash to, where that is known
};

/// A model as it is to be: `folder` is there already, `place` below it (empty: the folder itself) is made.
struct ModelCopy {
  std::vector<CopiedFile> files = {};
  std::filesystem::path folder = {};
  std::filesystem::path place = {};
};

enum class CopyPhase { copying, checking };

struct CopyTools {
  SpaceSource space = space_at;
  std::function<std::uint64_t(const Space&)> reserve = reserved_bytes;
  bool may_share = true;  ///< a second name instead of a copy, where it is the same disk
  std::function<void(CopyPhase, std::uint64_t done, std::uint64_t total)> report = {};
  std::stop_token stop = {};
};

/// Makes the copy: under a hidden name first, flushed, read back from the disk and compared, then named at once. After
/// an exception nothing of it is there, and the originals are never touched: DownloadError where the disk has no room,
/// NoSpace where it runs full, corrupt where an original is not what is expected, io where something of that name is
/// there already or the disk gives back something else, cancelled at a stop.
void copy_model(const ModelCopy& model, const CopyTools& tools);

}  // namespace etna::hub
