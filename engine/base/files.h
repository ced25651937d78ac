#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/mapped_pages.h"

namespace etna {

/// A file mapped read-only for as long as the object lives. Throws not_found or io, naming the file.
///
/// The file may be renamed, replaced by another of its name or removed meanwhile: the mapping keeps the old one. When it
/// is cut short or its disk fails, what cannot be read any more reads as zeros, and the file is marked as damaged: see
/// MappedPages. Whoever computed with its bytes calls check() or check_mapped_file() before the result is used.
class MappedFile {
public:
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

  /// Throws io, naming file and byte, when something that was touched could not be read, or when the file was written to
  /// since it was opened. One system call.
  void check() const;

  /// Tells the system that a range will be read soon (started, not waited for).
  void will_need(std::size_t offset, std::size_t bytes) const;

private:
  /// What tells that a file was written to.
  struct Version {
    std::uint64_t bytes = 0;
    std::int64_t modified_ns = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };

  explicit MappedFile(std::filesystem::path path) : path_(std::move(path)) {}
  Version version_now() const;
  void check_pages() const;
  friend void check_mapped_file(const void* address);

  std::filesystem::path path_;
  int descriptor_ = -1;
  Version version_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::optional<MappedPages> pages_;
};

/// Whether some mapped file has lost pages: one load, for the end of every run.
inline bool any_mapped_file_is_damaged() { return MappedPages::any_lost(); }

/// Throws io, naming file and byte, if `address` lies in a mapped file of which something could not be read.
void check_mapped_file(const void* address);

/// MappedFile::check() of the file that holds `address`, which must stay mapped meanwhile; other addresses are fine. For
/// the beginning of something that will read much of it.
void check_mapped_file_is_unchanged(const void* address);

/// Whole file as text. Throws not_found, io, or corrupt when it has more than `limit` bytes.
std::string read_text_file(const std::filesystem::path& path, std::size_t limit = std::size_t{256} << 20);

/// Writes a file completely or not at all: temporary name in the same folder, flush, rename, folder flushed.
/// `write` is given a function that appends bytes. Throws io or not_found (no such folder), naming the file.
class FileWriter {
public:
  explicit FileWriter(std::filesystem::path path);
  ~FileWriter();  ///< without commit() nothing remains
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void append(std::span<const std::byte> bytes);
  void append(std::string_view text) { append(std::as_bytes(std::span(text))); }
  void commit();

private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

}  // namespace etna
