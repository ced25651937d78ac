#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/progress.h"
#include "hub/download_source.h"

namespace etna::hub {

/// A folder that holds the files of one repository themselves, as `hf download --local-dir` makes it (hub.md §2.4):
///
///     <folder>/<path>                                              the file
///     <folder>/.cache/huggingface/download/<path>.metadata         commit, hash, Unix time of the check: three lines
///     <folder>/.cache/huggingface/{.gitignore,CACHEDIR.TAG}
///     <folder>/.cache/etna/                                        Etna's own, while it downloads
///
/// huggingface_hub takes files with such notes for present, and this class takes its files. All names are checked;
/// nothing is written through links that others made.
class LocalFolder {
public:
  /// Made if it is not there. Throws io.
  explicit LocalFolder(std::filesystem::path folder);

  const std::filesystem::path& path() const { return folder_; }

  /// Where files are before they are whole: on the same disk, so that adopt() moves and does not copy.
  std::filesystem::path staging() const { return folder_ / ".cache" / "etna"; }

  /// True if the file is there with this content: by its note where that is newer than the file, else by its bytes, and
  /// then the note is written. Throws cancelled.
  bool has(const RemoteFile& file, const std::string& commit, const Progress& progress = {}) const;

  /// Moves a verified file to its place, over what is there, and writes the note. Throws io, also while another program
  /// holds the file's lock.
  void adopt(const std::filesystem::path& from, const RemoteFile& file, const std::string& commit) const;

  /// Etna's own files go; what others wrote stays.
  void remove_staging() const;

private:
  std::filesystem::path note_of(const std::string& path) const;

  std::filesystem::path folder_;
};

}  // namespace etna::hub
