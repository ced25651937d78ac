#include "hub/local_folder.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <optional>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/log.h"
#include "hub/cache_lock.h"
#include "hub/disk.h"
#include "hub/local_note.h"
#include "hub/names.h"
#include "hub/verify.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

const fs::path notes = fs::path(".cache") / "huggingface" / "download";

/// Of a regular file; a link is none.
std::optional<std::uint64_t> size_of(const fs::path& file) {
  struct stat info {};

  if (::lstat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace

LocalFolder::LocalFolder(fs::path folder) : folder_(fs::absolute(folder).lexically_normal()) {
  if (!folder_.has_filename()) folder_ = folder_.parent_path();
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) disk::fail_with(error.value(), folder_, "cannot be made");
  disk::make_folders(folder_, notes);
  const fs::path own = folder_ / ".cache" / "huggingface";
  if (!fs::exists(own / ".gitignore")) disk::write_whole(own / ".gitignore", "*", own / ".gitignore-new");
  if (!fs::exists(own / "CACHEDIR.TAG")) {
    disk::write_whole(own / "CACHEDIR.TAG",
                      "Signature: 8a477f597d28d172789f06886806bc55\n# This file marks a cache (https://bford.info/cachedir/).\n",
                      own / "CACHEDIR.TAG-new");
  }
}

fs::path LocalFolder::note_of(const std::string& path) const {
  return folder_ / notes / (path + ".metadata");
}

bool LocalFolder::has(const RemoteFile& file, const std::string& commit, const Progress& progress) const {
  check_file_name(file.path);
  const fs::path place = folder_ / file.path;
  if (size_of(place) != file.size || !disk::is_inside(place, folder_)) return false;
  const auto note = find_local_file(folder_, file.path);
  const bool holds = note && note->blob == file.blob;
  if (holds && note->commit == commit) return true;
  if (!holds) {
    const auto kind = hash_kind(file.blob);
    if (!kind || hash_file(place, *kind, progress) != file.blob) return false;
  }
  note_local_file(folder_, file.path, {.commit = commit, .blob = file.blob});
  return true;
}

void LocalFolder::adopt(const fs::path& from, const RemoteFile& file, const std::string& commit) const {
  check_file_name(file.path);
  const fs::path place = folder_ / file.path;
  const fs::path lock_file = folder_ / notes / (file.path + ".lock");
  disk::make_folders(folder_, place.parent_path().lexically_relative(folder_));
  disk::make_folders(folder_, lock_file.parent_path().lexically_relative(folder_));
  const auto lock = BlobLock::try_take(lock_file);
  if (!lock) fail(Errc::io, "{}: another program is downloading this file", place.string());
  // An old note must not speak for the new file.
  disk::remove_file(note_of(file.path));
  disk::rename(from, place);
  disk::flush_folder(place.parent_path());
  note_local_file(folder_, file.path, {.commit = commit, .blob = file.blob});
}

void LocalFolder::remove_staging() const {
  std::error_code error;
  fs::remove_all(staging(), error);
  if (error) log::warning("{}: {}", staging().string(), error.message());
}

}  // namespace etna::hub
