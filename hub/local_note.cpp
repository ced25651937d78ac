#include "hub/local_note.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <charconv>
#include <chrono>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "hub/disk.h"
#include "hub/names.h"
#include "hub/verify.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_note = 4096;
const fs::path place = fs::path(".cache") / "huggingface";

fs::path note_of(const std::string& path) {
  return place / "download" / (path + ".metadata");
}

/// Of the last change, in seconds; none if there is no such file.
std::optional<double> change_of(const fs::path& file) {
  struct stat info {};

  if (::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return static_cast<double>(info.st_mtim.tv_sec) + 1e-9 * static_cast<double>(info.st_mtim.tv_nsec);
}

std::string take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string line(text.substr(0, end));
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

}  // namespace

void note_local_file(const fs::path& folder, const std::string& path, const LocalFile& file) {
  check_file_name(path);
  const fs::path note = note_of(path);
  disk::make_folders(folder, note.parent_path());
  if (const fs::path ignored = folder / place / ".gitignore"; !fs::exists(ignored))
    disk::write_whole(ignored, "*", folder / place / ".gitignore-new");
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  disk::write_whole(folder / note,
                    fmt::format("{}\n{}\n{:.6f}\n", file.commit, file.blob, std::chrono::duration<double>(now).count()),
                    folder / (note.string() + "-new"));
}

std::optional<LocalFile> find_local_file(const fs::path& folder, const std::string& path) {
  if (wrong_with_file_name(path)) return std::nullopt;
  const auto changed = change_of(folder / path);
  if (!changed) return std::nullopt;
  std::string content;
  try {
    content = read_text_file(folder / note_of(path), longest_note);
  } catch (const Error&) {
    return std::nullopt;
  }
  std::string_view text = content;
  LocalFile file{.commit = take_line(text), .blob = take_line(text)};
  const std::string line = take_line(text);
  double time = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), time);
  // As huggingface_hub has it: clocks of file systems are a little behind.
  if (error != std::errc() || end != line.data() + line.size() || *changed - 1 > time) return std::nullopt;
  if (!is_commit(file.commit) || !hash_kind(file.blob)) return std::nullopt;
  return file;
}

}  // namespace etna::hub
