#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace etna::hub {

/// What is known of a file that lies in a plain folder, and not in the cache, where it came from.
struct LocalFile {
  std::string commit = {};
  std::string blob = {};  ///< what its bytes hash to
  bool operator==(const LocalFile&) const = default;
};

/// Notes it the way huggingface_hub does in the folders that it downloads to (hub.md §2.4): three lines in
/// <folder>/.cache/huggingface/download/<path>.metadata. The file must be there as it is to stay. Throws io, or
/// invalid_argument for names that lead elsewhere.
void note_local_file(const std::filesystem::path& folder, const std::string& path, const LocalFile& file);

/// None if nothing is noted, what is noted makes no sense, or the file was changed since.
std::optional<LocalFile> find_local_file(const std::filesystem::path& folder, const std::string& path);

}  // namespace etna::hub
