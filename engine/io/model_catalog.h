#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace etna {

/// A model folder on this machine that could be opened.
struct CatalogEntry {
  std::string name;  ///< "Etna Starter", "owner/repository", or the folder's name
  std::filesystem::path path;
  std::string model_type;
  std::string format;       ///< "8-bit, groups of 64", "bfloat16"; see describe_format
  std::uint64_t bytes = 0;  ///< of its weight files
};

struct ModelConfig;

/// How the weights are stored, for people.
std::string describe_format(const ModelConfig& config);

/// Where Hugging Face tools keep downloads: HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub.
std::filesystem::path hugging_face_cache();

/// The models in a Hugging Face cache (the newest snapshot of each repository), by name. Folders that are no complete
/// model are left out; nothing is thrown.
std::vector<CatalogEntry> models_in_cache(const std::filesystem::path& cache);

/// One folder. Throws as ModelConfig::read and ModelFolder::open do; weights are not opened.
CatalogEntry describe_model(const std::filesystem::path& folder, std::string name);

}  // namespace etna
