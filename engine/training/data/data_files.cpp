// Which files of a folder hold which part of the data.
#include <algorithm>
#include <array>
#include <map>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/training/data/data_set.h"

namespace etna::training {

namespace {

namespace fs = std::filesystem;

/// In the order in which they are preferred: mlx-lm's own first.
constexpr std::array<std::string_view, 5> extensions = {".jsonl", ".ndjson", ".json", ".csv", ".tsv"};

/// Files that describe a data set instead of holding it.
constexpr std::array<std::string_view, 4> descriptions = {"dataset_info.json", "dataset_dict.json",
                                                          "dataset_infos.json", "state.json"};

std::string in_small_letters(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::optional<DataPart> part_of(const std::string& stem) {
  constexpr std::pair<std::string_view, DataPart> names[] = {
      {"train", DataPart::train}, {"validation", DataPart::valid}, {"valid", DataPart::valid},
      {"dev", DataPart::valid},   {"eval", DataPart::valid},       {"test", DataPart::test}};
  for (const auto& [name, part] : names) {
    if (stem.starts_with(name) && (stem.size() == name.size() || stem[name.size()] == '-' || stem[name.size()] == '_' ||
                                   stem[name.size()] == '.')) {
      return part;
    }
  }
  return std::nullopt;
}

/// Of a repository in the Hugging Face cache the files of its newest version; other folders are themselves.
fs::path content_of(const fs::path& folder) {
  std::error_code ignored;
  const fs::path snapshots = folder / "snapshots";
  if (!fs::is_directory(snapshots, ignored)) return folder;
  const fs::path main = folder / "refs" / "main";
  if (fs::is_regular_file(main, ignored)) {
    std::string commit = read_text_file(main, 256);
    commit.erase(std::ranges::find_if(commit, [](unsigned char c) { return !std::isalnum(c); }), commit.end());
    if (!commit.empty() && fs::is_directory(snapshots / commit, ignored)) return snapshots / commit;
  }
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(snapshots, ignored)) {
    if (newest.empty() || fs::last_write_time(entry, ignored) > fs::last_write_time(newest, ignored))
      newest = entry.path();
  }
  return newest.empty() ? folder : newest;
}

/// The data files of a folder, sorted.
std::vector<fs::path> data_files(const fs::path& folder, bool& has_parquet) {
  std::vector<fs::path> files;
  std::error_code error;
  constexpr std::size_t most = 10'000;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end && files.size() < most;
       entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    const std::string extension = in_small_letters(entry->path().extension().string());
    has_parquet = has_parquet || extension == ".parquet";
    const bool is_description =
        std::ranges::find(descriptions, entry->path().filename().string()) != descriptions.end();
    if (std::ranges::find(extensions, extension) != extensions.end() && !is_description) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::array<std::vector<fs::path>, 3> find_data_files(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) fail(Errc::not_found, "{}: there is no such file or folder", folder.string());
  const fs::path content = content_of(folder);
  bool has_parquet = false;
  for (const fs::path& place : {content, content / "data"}) {
    const std::vector<fs::path> files = data_files(place, has_parquet);
    std::array<std::map<std::string, std::vector<fs::path>>, 3> found;
    std::vector<fs::path> others;
    for (const fs::path& file : files) {
      const auto part = part_of(in_small_letters(file.stem().string()));
      if (part)
        found[static_cast<std::size_t>(*part)][in_small_letters(file.extension().string())].push_back(file);
      else
        others.push_back(file);
    }
    std::array<std::vector<fs::path>, 3> result;
    for (std::size_t part = 0; part < result.size(); ++part) {
      for (const std::string_view extension : extensions) {
        if (result[part].empty() && found[part].contains(std::string(extension)))
          result[part] = found[part].at(std::string(extension));
      }
    }
    if (result[0].empty() && others.size() == 1) result[0] = others;
    if (!result[0].empty() || !result[2].empty()) return result;
  }
  if (has_parquet)
    fail(Errc::unsupported, "{}: holds Parquet files, which cannot be read yet; save the data as JSONL",
         folder.string());
  fail(Errc::not_found,
       "{}: wanted train.jsonl (or .json, .csv), and beside it valid.jsonl and test.jsonl where there are some",
       folder.string());
}

}  // namespace etna::training
