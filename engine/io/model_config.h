#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/config_keys.h"

namespace etna {

/// How one module's weight is packed (formats.md §2.1, §2.3).
struct QuantizationConfig {
  std::string mode = "affine";  ///< "affine", "mxfp4", "mxfp8", "nvfp4"
  int bits = 4;
  int group_size = 64;

  /// The usual bits and group size of a mode. Throws unsupported for an unknown mode.
  static QuantizationConfig of_mode(std::string_view mode);

  /// What is wrong with the combination, naming the value ("bits 7 is not one of 2, 3, 4, 5, 6, 8"); empty if nothing.
  std::string problem() const;

  bool operator==(const QuantizationConfig&) const = default;
};

/// A checkpoint that another tool quantized (quantization_config.quant_method). Shapes of the tensors say the rest.
struct ForeignQuantization {
  std::string method;  ///< "awq", "gptq", "fp8", "mxfp4", "compressed-tensors"
  std::string format;  ///< awq: version; gptq: checkpoint_format; compressed-tensors: format
  std::int64_t block_rows = 128;     ///< weight_block_size of float8 weights: those of one scale
  std::int64_t block_columns = 128;
};

/// How a file stores what checkpoints of transformers store otherwise (GGUF).
struct StoredForm {
  bool rotary_pairs_adjacent = false;  ///< rows of q and k are permuted: RoPE turns elements 2i and 2i + 1
  bool norm_offset_included = false;   ///< Gemma's norm weights hold 1 + w
  bool qkv_joined_by_rows = false;     ///< GPT-NeoX's q, k and v lie one after the other, not head by head
};

/// config.json and generation_config.json: what all families share, checked (every number is in a range that makes
/// sense, in transformers 4's and 5's spelling), and the keys for what only a family knows (models/<family>.cpp).
struct ModelConfig {
  std::string model_type;
  std::string file;  ///< config.json's path, for messages
  ConfigKeys keys;   ///< of the language model: text_config's where the file describes a model with eyes or ears as well
  StoredForm stored_form;
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t num_key_value_heads = 0;
  std::int64_t head_dim = 0;  ///< hidden_size / num_attention_heads where absent
  std::int64_t max_position_embeddings = 2048;
  std::optional<bool> tie_word_embeddings;  ///< none: as the family does
  std::string dtype;                        ///< torch_dtype or dtype; may be empty
  std::vector<std::int32_t> eos_token_ids;  ///< generation_config.json's before config.json's
  std::optional<std::int32_t> bos_token_id;

  std::optional<QuantizationConfig> quantization;  ///< of modules that are not listed below
  std::map<std::string, std::optional<QuantizationConfig>> quantization_overrides;  ///< none: not quantized

  std::optional<ForeignQuantization> foreign_quantization;

  // generation_config.json's suggestions
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<int> top_k;

  /// Reads folder/config.json and, if present, folder/generation_config.json. Throws not_found, corrupt (key and
  /// value), unsupported (a model_type that is not among `supported_types`, with their list). Other types'
  /// configurations may be spelled differently, so the type is judged first; an empty list takes any.
  static ModelConfig read(const std::filesystem::path& folder, std::span<const std::string> supported_types = {});

  /// The same of a text; `file` is what messages call it.
  static ModelConfig parse(std::string_view config_json, std::string file, std::span<const std::string> supported_types = {});

  /// How the module at `path` ("model.layers.0.mlp.up_proj") is packed if `scales` are stored for it.
  std::optional<QuantizationConfig> quantization_of(const std::string& path) const;
};

/// Only quantization and quantization_overrides of a config.json, whatever else it says; for looking at single tensors.
ModelConfig read_quantization_config(const std::filesystem::path& file);

}  // namespace etna
