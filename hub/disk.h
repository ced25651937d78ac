#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/error.h"

/// Files and folders below one folder that others may write to as well. Every error names the file and the reason.
namespace etna::hub::disk {

/// The disk is full, a quota is used up, or the file would be larger than the file system allows.
class NoSpace : public Error {
public:
  NoSpace(const std::filesystem::path& file, int code);

  /// The file system has a limit for one file that this one exceeds (FAT32: 4 GiB): more room does not help.
  bool file_too_large() const { return file_too_large_; }

private:
  bool file_too_large_;
};

/// Throws NoSpace, or Error with not_found or io, for a value of errno.
[[noreturn]] void fail_with(int code, const std::filesystem::path& file, std::string_view what);

/// An open file, closed at the end. Only regular files are opened; a symbolic link as the last part is refused where a
/// file is opened for writing.
class File {
public:
  File() = default;

  explicit File(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}

  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  static File open_to_read(const std::filesystem::path& path);

  /// Reading and writing; created with mode 0666 less the umask where there is none.
  static File open_to_write(const std::filesystem::path& path);

  explicit operator bool() const { return descriptor_ >= 0; }

  int descriptor() const { return descriptor_; }

  const std::filesystem::path& path() const { return path_; }

  std::uint64_t size() const;

  /// Fills `bytes`; throws io when the file ends before.
  void read_at(std::uint64_t offset, std::span<std::byte> bytes) const;

  void write_at(std::uint64_t offset, std::span<const std::byte> bytes) const;
  void resize(std::uint64_t size) const;

  /// Takes the room on the disk now, so that it cannot run out later; false where the file system cannot do that.
  bool allocate(std::uint64_t size) const;

  /// Data on the disk, and what is needed to find it.
  void flush() const;

private:
  int descriptor_ = -1;
  std::filesystem::path path_;
};

/// Entries of a folder on the disk: after creating, renaming or removing one.
void flush_folder(const std::filesystem::path& folder);

/// Makes `relative` and every folder above it below `root`, which must be one. Throws io where a part is there and is
/// no folder, a symbolic link to one included: nobody's link leads our writing elsewhere. Returns root / relative.
std::filesystem::path make_folders(const std::filesystem::path& root, const std::filesystem::path& relative);

/// True if `path` is `root` or below it after links are followed.
bool is_inside(const std::filesystem::path& path, const std::filesystem::path& root);

/// A file with this content, complete or not at all and on the disk when this returns, in place of what was there.
/// Where the file system can do it, nothing remains if the program ends in between but perhaps `temporary`, which must
/// be on the same disk and is overwritten next time. Several may write at once: the last one's content stays.
void write_whole(const std::filesystem::path& file, std::string_view content, const std::filesystem::path& temporary);

void rename(const std::filesystem::path& from, const std::filesystem::path& to);

/// False if there was none.
bool remove_file(const std::filesystem::path& file);

/// A number that stays the same for a file system while it is there, and differs from the one of the folder it is
/// mounted on. None if the folder cannot be asked.
std::optional<std::uint64_t> file_system_id(const std::filesystem::path& folder);

}  // namespace etna::hub::disk
