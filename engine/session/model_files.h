#pragma once

#include <filesystem>
#include <memory>

#include "engine/io/adapter.h"
#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"
#include "engine/models/decoder.h"
#include "engine/tokenizer/tokenizer.h"

namespace etna {

/// A model as it lies on disk, opened and checked but not loaded.
struct ModelFiles {
  std::filesystem::path path;
  ModelConfig config;
  DecoderSettings settings;
  std::unique_ptr<TensorSource> tensors;
  std::shared_ptr<const Tokenizer> tokenizer;  ///< null where there is none
  std::shared_ptr<const Adapter> adapter;      ///< null: the model as it is

  /// A folder (config.json and safetensors) or a .gguf file. Throws what is wrong with which file: not_found, corrupt,
  /// unsupported. No weights are read.
  enum class WithTokenizer { yes, no };
  static ModelFiles open(const std::filesystem::path& path, WithTokenizer tokenizer = WithTokenizer::yes);

  /// Reads an adapter's folder and puts its whole tensors, where it has any, in the place of the model's. Throws as
  /// Adapter::open and ReplacedTensors.
  void apply_adapter(const std::filesystem::path& folder);

  /// "Qwen3-8B-4bit": the folder's or the file's name.
  std::string name() const;
};

}  // namespace etna
