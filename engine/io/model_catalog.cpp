#include "engine/io/model_catalog.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "engine/base/error.h"
#include "engine/io/gguf.h"
#include "engine/io/model_config.h"
#include "engine/io/model_folder.h"

namespace etna {

namespace {

namespace fs = std::filesystem;

fs::path environment_path(const char* name) {
  const char* value = std::getenv(name);
  return value ? fs::path(value) : fs::path();
}

/// "models--owner--name" → "owner/name"; empty for other folders.
std::string repository_name(const std::string& folder) {
  constexpr std::string_view prefix = "models--";
  if (!folder.starts_with(prefix)) return {};
  const std::string_view name = std::string_view(folder).substr(prefix.size());
  const auto at = name.find("--");
  if (at == name.npos) return std::string(name);
  return fmt::format("{}/{}", name.substr(0, at), name.substr(at + 2));
}

/// The snapshot written last; empty if there is none.
fs::path newest_snapshot(const fs::path& repository) {
  fs::path newest;
  fs::file_time_type newest_time = fs::file_time_type::min();
  std::error_code error;
  for (fs::directory_iterator entry(repository / "snapshots", error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    const auto time = entry->last_write_time(ignored);
    if (newest.empty() || time > newest_time) {
      newest = entry->path();
      newest_time = time;
    }
  }
  return newest;
}

/// Whole models and first parts, sorted; not the eyes of a model that also sees (mmproj).
std::vector<fs::path> gguf_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool later_part = name.find("-of-") != name.npos && name.find("-00001-of-") == name.npos;
    if (name.ends_with(".gguf") && !later_part && !name.starts_with("mmproj")) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

/// Adds a model unless it is of a kind that Etna cannot open or its download is not complete.
template <class Describe>
void add(std::vector<CatalogEntry>& entries, const Describe& describe) {
  try {
    entries.push_back(describe());
  } catch (const Error&) {
    return;
  }
}

}  // namespace

std::string describe_format(const ModelConfig& config) {
  if (const auto& packing = config.quantization) {
    if (packing->mode == "affine") return fmt::format("{}-bit, groups of {}", packing->bits, packing->group_size);
    return packing->mode;
  }
  return config.dtype.empty() ? "unquantized" : config.dtype;
}

CatalogEntry describe_gguf(const fs::path& file, std::string name) {
  const std::shared_ptr<const GgufFile> gguf = GgufFile::open(file);
  CatalogEntry result{.name = std::move(name), .path = file, .model_type = {}, .format = {}, .bytes = 0};
  result.model_type = gguf->metadata().require("general.architecture", &GgufMetadata::text);
  // Files mix types: the one that most bytes have.
  std::map<std::string, std::uint64_t> bytes_of_type;
  for (const GgufTensor& tensor : gguf->tensors()) {
    bytes_of_type[tensor.stored_dtype] += tensor.bytes.size();
    result.bytes += tensor.bytes.size();
  }
  const auto most = std::ranges::max_element(bytes_of_type, {}, [](const auto& entry) { return entry.second; });
  if (most != bytes_of_type.end()) result.format = most->first;
  return result;
}

fs::path hugging_face_cache() {
  if (fs::path cache = environment_path("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (fs::path home = environment_path("HF_HOME"); !home.empty()) return home / "hub";
  return environment_path("HOME") / ".cache" / "huggingface" / "hub";
}

CatalogEntry describe_folder(const fs::path& folder, std::string name) {
  const ModelConfig config = ModelConfig::read(folder);
  CatalogEntry result{.name = std::move(name),
                      .path = folder,
                      .model_type = config.model_type,
                      .format = describe_format(config),
                      .bytes = 0};
  for (const fs::path& file : weight_files(folder)) {
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(file, error);
    if (error) fail(Errc::io, "{}: {}", file.string(), error.message());
    result.bytes += bytes;
  }
  return result;
}

std::vector<CatalogEntry> models_in_cache(const fs::path& cache) {
  std::vector<CatalogEntry> result;
  std::error_code error;
  for (fs::directory_iterator entry(cache, error), end; !error && entry != end; entry.increment(error)) {
    std::string name = repository_name(entry->path().filename().string());
    const fs::path snapshot = name.empty() ? fs::path() : newest_snapshot(entry->path());
    if (snapshot.empty()) continue;
    for (const fs::path& file : gguf_files(snapshot)) {
      add(result, [&] { return describe_gguf(file, fmt::format("{} · {}", name, file.stem().string())); });
    }
    add(result, [&] { return describe_folder(snapshot, name); });
  }
  std::ranges::sort(result, {}, &CatalogEntry::name);
  return result;
}

}  // namespace etna
