#include "engine/io/model_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

namespace fs = std::filesystem;

using WeightMap = std::map<std::string, std::string>;  // tensor → shard

fs::path index_path(const fs::path& folder) {
  return folder / "model.safetensors.index.json";
}

WeightMap read_index(const fs::path& path) {
  constexpr std::size_t limit = std::size_t{64} << 20;  // parsed JSON takes many times the memory of its text
  const nlohmann::json index = parse_json(read_text_file(path, limit), path.string());
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object())
    fail(Errc::corrupt, "{}: weight_map is missing or not an object", path.string());
  WeightMap result;
  for (const auto& [name, shard] : map->items()) {
    if (!shard.is_string()) {
      fail(Errc::corrupt, "{}: weight_map: the shard of tensor {} is not a text", path.string(), quote(name));
    }
    result.emplace(name, shard.get<std::string>());
  }
  if (result.empty()) fail(Errc::corrupt, "{}: weight_map is empty", path.string());
  return result;
}

/// A shard's name must stay inside the folder. What a link in the folder points to is the owner's business.
void check_shard_name(const std::string& name, const fs::path& index) {
  const fs::path path(name);
  const bool leaves = path.is_absolute() || std::ranges::find(path, fs::path("..")) != path.end();
  if (leaves) fail(Errc::corrupt, "{}: weight_map: shard path {} leaves the model folder", index.string(), quote(name));
  if (path.extension() != ".safetensors" || name.find('\0') != name.npos) {
    fail(Errc::corrupt, "{}: weight_map: {} is not the name of a safetensors file", index.string(), quote(name));
  }
}

std::vector<fs::path> indexed_files(const fs::path& folder, const WeightMap& map) {
  const fs::path index = index_path(folder);
  std::set<std::string> names;
  for (const auto& [tensor, shard] : map) names.insert(shard);
  std::vector<fs::path> files;
  for (const std::string& name : names) {
    check_shard_name(name, index);
    std::error_code ignored;
    if (!fs::exists(folder / name, ignored)) {
      fail(Errc::not_found, "{}: shard {} is missing in the folder (incomplete download?)", index.string(),
           quote(name));
    }
    files.push_back(folder / name);
  }
  return files;
}

std::vector<fs::path> listed_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("model") && name.ends_with(".safetensors")) files.push_back(entry->path());
  }
  if (error) fail(Errc::io, "{}: cannot be listed: {}", folder.string(), error.message());
  if (files.empty()) fail(Errc::not_found, "{}: holds no model*.safetensors", folder.string());
  std::ranges::sort(files);
  return files;
}

bool has_index(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) fail(Errc::not_found, "{}: there is no such folder", folder.string());
  return fs::exists(index_path(folder), ignored);
}

}  // namespace

std::vector<fs::path> weight_files(const fs::path& folder) {
  return has_index(folder) ? indexed_files(folder, read_index(index_path(folder))) : listed_files(folder);
}

std::unique_ptr<ModelFolder> ModelFolder::open(const fs::path& folder) {
  auto result = std::unique_ptr<ModelFolder>(new ModelFolder(folder));
  const WeightMap map = has_index(folder) ? read_index(index_path(folder)) : WeightMap();
  for (const fs::path& file : map.empty() ? listed_files(folder) : indexed_files(folder, map)) {
    result->add(SafetensorsFile::open(file));
  }
  for (const auto& [name, shard] : map) {
    const StoredTensor* tensor = result->find(name);
    if (!tensor || tensor->file != (folder / shard).string()) {
      fail(Errc::corrupt, "{}: tensor {} is not in shard {}", index_path(folder).string(), quote(name), quote(shard));
    }
  }
  return result;
}

void ModelFolder::add(std::shared_ptr<const SafetensorsFile> file) {
  for (const StoredTensor& tensor : file->tensors()) {
    const auto [entry, added] = tensors_.emplace(tensor.name, &tensor);
    if (!added) {
      fail(Errc::corrupt, "{}: tensor {} is in {} as well", tensor.file, quote(tensor.name), entry->second->file);
    }
    bytes_ += tensor.bytes.size();
  }
  files_.push_back(std::move(file));
}

const StoredTensor* ModelFolder::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : found->second;
}

std::vector<std::string> ModelFolder::names() const {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : tensors_) result.push_back(name);
  return result;
}

}  // namespace etna
