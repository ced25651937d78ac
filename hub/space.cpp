#include "hub/space.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/base/error.h"

namespace etna::hub {

namespace fs = std::filesystem;

Space space_at(const fs::path& folder) {
  fs::path place = folder.empty() ? fs::path(".") : folder;

  struct statvfs info {};

  while (::statvfs(place.c_str(), &info) != 0) {
    const int code = errno;
    if (code == EINTR) continue;
    if (code != ENOENT || !place.has_parent_path() || place == place.parent_path()) {
      fail(Errc::io, "{}: its free space cannot be read: {}", folder.string(), std::strerror(code));
    }
    place = place.parent_path();
  }
  const std::uint64_t block = info.f_frsize;
  return {.available = block * info.f_bavail, .total = block * info.f_blocks};
}

std::uint64_t reserved_bytes(const Space& space) {
  return std::max<std::uint64_t>(2'000'000'000, space.total / 50);
}

std::uint64_t missing_bytes(const Space& space, std::uint64_t needed, std::uint64_t reserve) {
  const std::uint64_t wanted = needed > UINT64_MAX - reserve ? UINT64_MAX : needed + reserve;
  return wanted > space.available ? wanted - space.available : 0;
}

std::uint64_t allocated_bytes(const fs::path& file) {
  struct stat info {};

  if (::lstat(file.c_str(), &info) != 0) return 0;
  return static_cast<std::uint64_t>(info.st_blocks) * 512;
}

}  // namespace etna::hub
