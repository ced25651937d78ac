#include "hub/disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace etna::hub::disk {

namespace fs = std::filesystem;

namespace {

bool means_no_space(int code) {
  return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

std::string sentence(const fs::path& file, std::string_view what, int code) {
  return fmt::format("{}: {}: {}", file.string(), what, std::strerror(code));
}

File open_regular(const fs::path& path, int flags, std::string_view what) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0666);
  if (descriptor < 0) fail_with(errno, path, what);
  File file(descriptor, path);

  struct stat info {};

  if (::fstat(descriptor, &info) != 0) fail_with(errno, path, what);
  if (!S_ISREG(info.st_mode)) fail(Errc::io, "{}: is no regular file", path.string());
  return file;
}

}  // namespace

NoSpace::NoSpace(const fs::path& file, int code)
    : Error(Errc::io, sentence(file, "cannot be written", code)), file_too_large_(code == EFBIG) {}

void fail_with(int code, const fs::path& file, std::string_view what) {
  if (means_no_space(code)) throw NoSpace(file, code);
  throw Error(code == ENOENT || code == ENOTDIR ? Errc::not_found : Errc::io, sentence(file, what, code));
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

File File::open_to_read(const fs::path& path) {
  return open_regular(path, O_RDONLY, "cannot be opened");
}

File File::open_to_write(const fs::path& path) {
  return open_regular(path, O_RDWR | O_CREAT | O_NOFOLLOW, "cannot be written");
}

std::uint64_t File::size() const {
  struct stat info {};

  if (::fstat(descriptor_, &info) != 0) fail_with(errno, path_, "cannot be read");
  return static_cast<std::uint64_t>(info.st_size);
}

void File::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with(errno, path_, fmt::format("cannot be read at byte {}", offset));
    if (count == 0) fail(Errc::io, "{}: ends before byte {}", path_.string(), offset + bytes.size());
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void File::write_at(std::uint64_t offset, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with(errno, path_, "cannot be written");
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void File::resize(std::uint64_t size) const {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) fail_with(errno, path_, "cannot be written");
}

bool File::allocate(std::uint64_t size) const {
  if (size == 0) return true;
  // Not posix_fallocate: where the file system cannot, glibc writes every block.
  while (::fallocate(descriptor_, 0, 0, static_cast<off_t>(size)) != 0) {
    if (errno == EINTR) continue;
    if (errno == EOPNOTSUPP || errno == ENOSYS) return false;
    fail_with(errno, path_, "cannot be written");
  }
  return true;
}

void File::flush() const {
  while (::fdatasync(descriptor_) != 0) {
    if (errno != EINTR) fail_with(errno, path_, "cannot be flushed to the disk");
  }
}

void flush_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail_with(errno, folder, "cannot be opened");
  const int result = ::fsync(descriptor);
  const int code = errno;
  ::close(descriptor);
  // Some file systems (network, FUSE) cannot flush folders: there is nothing more to be had.
  if (result != 0 && code != EINVAL && code != ENOSYS) fail_with(code, folder, "cannot be flushed to the disk");
}

fs::path make_folders(const fs::path& root, const fs::path& relative) {
  File folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), root);
  if (!folder) fail_with(errno, root, "cannot be opened");
  for (const fs::path& part : relative) {
    fs::path place = folder.path() / part;
    if (part == ".." || part.is_absolute()) fail(Errc::invalid_argument, "{}: leaves its folder", place.string());
    if (part.empty() || part == ".") continue;
    if (::mkdirat(folder.descriptor(), part.c_str(), 0777) != 0 && errno != EEXIST) {
      fail_with(errno, place, "cannot be made");
    }
    const int next = ::openat(folder.descriptor(), part.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (next < 0 && (errno == ELOOP || errno == ENOTDIR)) {
      fail(Errc::io, "{}: is no folder of its own; Etna writes through no links", place.string());
    }
    if (next < 0) fail_with(errno, place, "cannot be opened");
    folder = File(next, std::move(place));
  }
  return root / relative;
}

bool is_inside(const fs::path& path, const fs::path& root) {
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  if (error) return false;
  const fs::path real = fs::weakly_canonical(path, error);
  if (error) return false;
  const auto [end, ignored] = std::mismatch(real_root.begin(), real_root.end(), real.begin(), real.end());
  return end == real_root.end();
}

namespace {

/// Held while a name in the folder is used that other threads and programs use too; free again when a holder is killed.
/// Where the file system knows no locks there is none.
File lock_folder(const fs::path& folder) {
  File lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder);
  if (!lock) fail_with(errno, folder, "cannot be opened");
  while (::flock(lock.descriptor(), LOCK_EX) != 0 && errno == EINTR) {
  }
  return lock;
}

void write_and_flush(const File& file, std::string_view content, const fs::path& path) {
  file.write_at(0, std::as_bytes(std::span(content)));
  if (::fsync(file.descriptor()) != 0) fail_with(errno, path, "cannot be flushed to the disk");
}

}  // namespace

void write_whole(const fs::path& path, std::string_view content, const fs::path& temporary) {
  const fs::path folder = path.parent_path();
  if (const File file(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666), path); file) {
    write_and_flush(file, content, path);
    const std::string own = fmt::format("/proc/self/fd/{}", file.descriptor());
    const auto give_name = [&](const fs::path& name) {
      return ::linkat(AT_FDCWD, own.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
    };
    if (give_name(path)) return flush_folder(folder);
    if (errno != EEXIST) fail_with(errno, path, "cannot be written");
    const File lock = lock_folder(temporary.parent_path());
    ::unlink(temporary.c_str());
    if (!give_name(temporary)) fail_with(errno, path, "cannot be written");
    disk::rename(temporary, path);
  } else {
    if (errno != EOPNOTSUPP && errno != EISDIR) fail_with(errno, path, "cannot be written");
    const File lock = lock_folder(temporary.parent_path());
    ::unlink(temporary.c_str());
    const File named(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), path);
    if (!named) fail_with(errno, path, "cannot be written");
    write_and_flush(named, content, path);
    disk::rename(temporary, path);
  }
  flush_folder(folder);
}

void rename(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail_with(errno, from, fmt::format("cannot become {}", to.string()));
}

bool remove_file(const fs::path& file) {
  if (::unlink(file.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  fail_with(errno, file, "cannot be removed");
}

std::optional<std::uint64_t> file_system_id(const fs::path& folder) {
  struct statvfs info {};

  if (::statvfs(folder.c_str(), &info) != 0) return std::nullopt;
  return info.f_fsid;
}

}  // namespace etna::hub::disk
