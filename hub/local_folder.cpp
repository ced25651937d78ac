#include "hub/local_folder.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <charconv>
#include <chrono>
#include <optional>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/log.h"
#include "hub/cache_lock.h"
#include "hub/disk.h"
#include "hub/names.h"
#include "hub/verify.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_note = 4096;
const fs::path notes = fs::path(".cache") / "huggingface" / "download";

struct Note {
  std::string commit, etag;
  double unix_time = 0;
};

/// None for what is no note of three lines with a commit, a hash and a time.
std::optional<Note> read_note(const fs::path& file) {
  std::string text;
  try {
    text = read_text_file(file, longest_note);
  } catch (const Error&) {
    return std::nullopt;  // there is none, or nobody can read it: the bytes decide
  }
  std::string lines[3];
  std::string_view rest = text;
  for (std::string& line : lines) {
    const std::size_t end = rest.find('\n');
    line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  Note note{.commit = lines[0], .etag = lines[1]};
  const auto [end, error] = std::from_chars(lines[2].data(), lines[2].data() + lines[2].size(), note.unix_time);
  if (error != std::errc() || !is_commit(note.commit) || !is_blob_name(note.etag)) return std::nullopt;
  return note;
}

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct FileState {
  std::uint64_t size = 0;
  double changed = 0;
};

/// Of a regular file; a link is none.
std::optional<FileState> state_of(const fs::path& file) {
  struct stat info {};

  if (::lstat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return FileState{.size = static_cast<std::uint64_t>(info.st_size),
                   .changed = static_cast<double>(info.st_mtim.tv_sec) + static_cast<double>(info.st_mtim.tv_nsec) / 1e9};
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

void LocalFolder::write_note(const RemoteFile& file, const std::string& commit) const {
  const fs::path note = note_of(file.path);
  disk::make_folders(folder_, note.parent_path().lexically_relative(folder_));
  disk::write_whole(note, fmt::format("{}\n{}\n{:.6f}\n", commit, file.blob, unix_now()), fs::path(note) += "-new");
}

bool LocalFolder::has(const RemoteFile& file, const std::string& commit, const Progress& progress) const {
  check_file_name(file.path);
  const fs::path place = folder_ / file.path;
  const auto state = state_of(place);
  if (!state || state->size != file.size || !disk::is_inside(place, folder_)) return false;
  const auto note = read_note(note_of(file.path));
  // As huggingface_hub does: file systems round times.
  const bool holds = note && state->changed - 1 <= note->unix_time && note->etag == file.blob;
  if (holds && note->commit == commit) return true;
  if (!holds) {
    const auto kind = hash_kind(file.blob);
    if (!kind || hash_file(place, *kind, progress) != file.blob) return false;
  }
  write_note(file, commit);
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
  write_note(file, commit);
}

void LocalFolder::remove_staging() const {
  std::error_code error;
  fs::remove_all(staging(), error);
  if (error) log::warning("{}: {}", staging().string(), error.message());
}

}  // namespace etna::hub
