#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "engine/io/safetensors.h"

namespace etna {

/// The tensors of a model folder: the shards that model.safetensors.index.json names, or else all
/// model*.safetensors. Links are followed (the Hugging Face cache consists of them).
class ModelFolder : public TensorSource {
public:
  /// Throws not_found (folder, weights or a shard), io, corrupt (file, tensor and what is wrong).
  static std::unique_ptr<ModelFolder> open(const std::filesystem::path& folder);

  const StoredTensor* find(std::string_view name) const override;
  std::vector<std::string> names() const override;

  std::string description() const override { return folder_.string(); }

  const std::vector<std::shared_ptr<const SafetensorsFile>>& files() const { return files_; }

  /// Bytes of all tensors.
  std::uint64_t bytes() const { return bytes_; }

private:
  explicit ModelFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(std::shared_ptr<const SafetensorsFile> file);

  std::filesystem::path folder_;
  std::vector<std::shared_ptr<const SafetensorsFile>> files_;
  std::map<std::string, const StoredTensor*, std::less<>> tensors_;
  std::uint64_t bytes_ = 0;
};

/// The weight files of a folder, sorted, unopened: as ModelFolder chooses them. Throws as ModelFolder::open.
std::vector<std::filesystem::path> weight_files(const std::filesystem::path& folder);

}  // namespace etna
