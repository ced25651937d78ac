#include "engine/base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/error.h"

namespace etna {

namespace {

[[noreturn]] void fail_with_errno(const char* what, const std::filesystem::path& path) {
  const int code = errno;
  fail(code == ENOENT || code == ENOTDIR ? Errc::not_found : Errc::io, "{}: {}: {}", path.string(), what, std::strerror(code));
}

int open_for_reading(const std::filesystem::path& path, std::size_t& size) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail_with_errno("cannot be opened", path);
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor);
    fail(Errc::io, "{}: is not a regular file", path.string());
  }
  size = static_cast<std::size_t>(info.st_size);
  return descriptor;
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  std::size_t size = 0;
  const int descriptor = open_for_reading(path, size);
  const std::byte* data = nullptr;
  if (size > 0) {
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    const int code = errno;
    if (address == MAP_FAILED) {
      ::close(descriptor);
      errno = code;
      fail_with_errno("cannot be mapped into memory", path);
    }
    data = static_cast<const std::byte*>(address);
  }
  ::close(descriptor);
  return std::shared_ptr<const MappedFile>(new MappedFile(path, data, size));
}

std::shared_ptr<const MappedFile> MappedFile::outline(const std::filesystem::path& path, std::span<const std::byte> beginning, std::uint64_t size) {
  if (beginning.size() > size) fail(Errc::corrupt, "{}: its beginning of {} bytes is longer than its {}", path.string(), beginning.size(), size);
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile(path, nullptr, 0));
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) fail(Errc::invalid_argument, "{}: a file of {} bytes is larger than any can be", path.string(), size);
  std::shared_ptr<const MappedFile> file(new MappedFile(path, static_cast<const std::byte*>(address), size));
  if (beginning.empty()) return file;
  if (::mprotect(address, beginning.size(), PROT_READ | PROT_WRITE) != 0) fail_with_errno("cannot be outlined", path);
  std::memcpy(address, beginning.data(), beginning.size());
  ::mprotect(address, beginning.size(), PROT_READ);
  return file;
}

MappedFile::MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size)
    : path_(std::move(path)), data_(data), size_(size) {}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::will_need(std::size_t offset, std::size_t bytes) const {
  if (offset >= size_) return;
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t begin = offset / page * page;
  ::madvise(const_cast<std::byte*>(data_) + begin, std::min(bytes + (offset - begin), size_ - begin), MADV_WILLNEED);
}

std::string read_text_file(const std::filesystem::path& path, std::size_t limit) {
  std::size_t size = 0;
  const int descriptor = open_for_reading(path, size);
  if (size > limit) {
    ::close(descriptor);
    fail(Errc::corrupt, "{}: has {} bytes, more than the {} that such a file may have", path.string(), size, limit);
  }
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(descriptor, text.data() + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int code = errno;
      ::close(descriptor);
      errno = code;
      fail_with_errno("cannot be read", path);
    }
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  ::close(descriptor);
  text.resize(done);
  return text;
}

FileWriter::FileWriter(std::filesystem::path path) : path_(std::move(path)) {
  std::string pattern = path_.string() + ".XXXXXX";
  descriptor_ = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail_with_errno("cannot be written", path_);
  temporary_ = pattern;
}

FileWriter::~FileWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void FileWriter::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno("cannot be written", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void FileWriter::commit() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor_, 0666 & ~mask);
  if (::fsync(descriptor_) != 0) fail_with_errno("cannot be flushed", path_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_with_errno("cannot be written", path_);
  temporary_.clear();
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  if (const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
}

}  // namespace etna
