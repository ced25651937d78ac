#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace etna {

/// A model on this machine that could be opened: a folder, or a GGUF file.
struct CatalogEntry {
  std::string name;  ///< "Etna Starter", "owner/repository", "owner/repository · file"
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

/// The models in a Hugging Face cache (the newest snapshot of each repository), by name: folders, and in repositories of
/// GGUF files each file. What is no complete model is left out; nothing is thrown.
std::vector<CatalogEntry> models_in_cache(const std::filesystem::path& cache);

/// One folder. Throws as ModelConfig::read and ModelFolder::open do; weights are not opened.
CatalogEntry describe_folder(const std::filesystem::path& folder, std::string name);

/// One GGUF file, of a split model the first part. Throws as GgufFile::open does.
CatalogEntry describe_gguf(const std::filesystem::path& file, std::string name);

}  // namespace etna
