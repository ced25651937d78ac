#pragma once

#include <filesystem>
#include <optional>

#include "hub/disk.h"

namespace etna::hub {

/// The lock that huggingface_hub holds while it downloads a blob: the kernel's (flock) on
/// <cache>/.locks/<repository>/<blob>.lock. It ends with the process that holds it, whatever happens to it; the file
/// stays. On network file systems it may hold nobody back.
class BlobLock {
public:
  /// None while somebody else holds it, this process included. The folder must be there. Throws io.
  static std::optional<BlobLock> try_take(const std::filesystem::path& file);

private:
  explicit BlobLock(disk::File file) : file_(std::move(file)) {}

  disk::File file_;
};

}  // namespace etna::hub
