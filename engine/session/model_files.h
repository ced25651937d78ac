#pragma once

#include <filesystem>
#include <memory>

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

  /// A folder (config.json and safetensors) or a .gguf file. Throws what is wrong with which file: not_found, corrupt,
  /// unsupported. No weights are read.
  enum class WithTokenizer { yes, no };
  static ModelFiles open(const std::filesystem::path& path, WithTokenizer tokenizer = WithTokenizer::yes);

  /// "Qwen3-8B-4bit": the folder's or the file's name.
  std::string name() const;
};

}  // namespace etna
