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
  auto file = std::unique_ptr<MappedFile>(new MappedFile(path));
  std::size_t size = 0;
  file->descriptor_ = open_for_reading(path, size);
  file->version_ = file->version_now();
  size = static_cast<std::size_t>(file->version_.bytes);
  if (size > 0) {
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file->descriptor_, 0);
    if (address == MAP_FAILED) fail_with_errno("cannot be mapped into memory", path);
    file->data_ = static_cast<const std::byte*>(address);
    file->size_ = size;
  }
  file->pages_.emplace(file->bytes(), file.get());
  return file;
}

MappedFile::~MappedFile() {
  pages_.reset();  // before the addresses can be somebody else's
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

MappedFile::Version MappedFile::version_now() const {
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0) fail_with_errno("cannot be read any more", path_);
  constexpr std::int64_t second = 1'000'000'000;
  return {static_cast<std::uint64_t>(info.st_size), info.st_mtim.tv_sec * second + info.st_mtim.tv_nsec};
}

void MappedFile::check_pages() const {
  if (const std::optional<std::uint64_t> at = pages_->lost_at()) {
    fail(Errc::io, "{}: byte {} cannot be read any more: the file was cut short while it was in use, or its disk reports an error",
         path_.string(), *at);
  }
}

void MappedFile::check() const {
  check_pages();
  const Version now = version_now();
  if (now == version_) return;
  fail(Errc::io, "{}: was changed while it was in use: it had {} bytes and has {} now; load it again", path_.string(), version_.bytes,
       now.bytes);
}

void check_mapped_file(const void* address) {
  if (const void* file = MappedPages::owner_of_lost(address)) static_cast<const MappedFile*>(file)->check_pages();
}

void MappedFile::will_need(std::size_t offset, std::size_t bytes) const {
  if (offset >= size_) return;
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t begin = offset / page * page;
  ::madvise(const_cast<std::byte*>(data_) + begin, std::min(bytes + (offset - begin), size_ - begin), MADV_WILLNEED);
}

void check_mapped_file_is_unchanged(const void* address) {
  if (const void* file = MappedPages::owner_of(address)) static_cast<const MappedFile*>(file)->check();
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

namespace {

/// The system could not read what was to be written: if that lies in a mapped file, this is the file at fault.
void fail_for_source(std::span<const std::byte> bytes) {
  constexpr std::size_t step = 4096;
  for (std::size_t i = 0; i < bytes.size(); i += step) static_cast<void>(*static_cast<const volatile std::byte*>(&bytes[i]));
  check_mapped_file(bytes.data());
  errno = EFAULT;
}

}  // namespace

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
    if (count < 0 && errno == EFAULT) fail_for_source(bytes);
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
