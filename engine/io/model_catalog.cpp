#include "engine/io/model_catalog.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "engine/base/error.h"
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

}  // namespace

std::string describe_format(const ModelConfig& config) {
  if (const auto& packing = config.quantization) {
    if (packing->mode == "affine") return fmt::format("{}-bit, groups of {}", packing->bits, packing->group_size);
    return packing->mode;
  }
  return config.dtype.empty() ? "unquantized" : config.dtype;
}

fs::path hugging_face_cache() {
  if (fs::path cache = environment_path("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (fs::path home = environment_path("HF_HOME"); !home.empty()) return home / "hub";
  return environment_path("HOME") / ".cache" / "huggingface" / "hub";
}

CatalogEntry describe_model(const fs::path& folder, std::string name) {
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
    try {
      result.push_back(describe_model(snapshot, std::move(name)));
    } catch (const Error&) {
      continue;  // a kind of model that Etna cannot open, or a download that is not complete
    }
  }
  std::ranges::sort(result, {}, &CatalogEntry::name);
  return result;
}

}  // namespace etna
