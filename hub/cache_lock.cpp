#include "hub/cache_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

namespace etna::hub {

namespace {

/// Some versions of Python's filelock remove the file when they let go: a lock on a removed file excludes nobody.
bool is_still_there(const disk::File& file) {
  struct stat open_file {
  }, named_file{};

  return ::fstat(file.descriptor(), &open_file) == 0 && ::stat(file.path().c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

}  // namespace

std::optional<BlobLock> BlobLock::try_take(const std::filesystem::path& path) {
  constexpr int tries = 100;
  for (int i = 0; i < tries; ++i) {
    disk::File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0664), path);
    if (!file) disk::fail_with(errno, path, "cannot be locked");
    if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::nullopt;
      if (errno == EINTR) continue;
      disk::fail_with(errno, path, "cannot be locked");
    }
    if (is_still_there(file)) return BlobLock(std::move(file));
  }
  return std::nullopt;
}

}  // namespace etna::hub
