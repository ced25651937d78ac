#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace etna {

/// A file mapped read-only for as long as the object lives. Throws not_found or io, naming the file.
class MappedFile {
public:
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

  /// A file that is not here: its beginning, then zeros to its `size`, which take no memory. Throws invalid_argument for
  /// sizes that no address space holds. `path` is what messages call it.
  static std::shared_ptr<const MappedFile> outline(const std::filesystem::path& path, std::span<const std::byte> beginning, std::uint64_t size);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

  /// Tells the system that a range will be read soon (started, not waited for).
  void will_need(std::size_t offset, std::size_t bytes) const;

private:
  MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size);

  std::filesystem::path path_;
  const std::byte* data_;
  std::size_t size_;
};

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
