#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "engine/io/adapter.h"

namespace etna {

/// A tensor that goes into an adapter's file, row-major.
struct AdapterTensor {
  std::string name;  ///< "model.layers.0.self_attn.q_proj.lora_a"
  Shape shape;
  std::span<const float> values;
};

/// Writes a file as mlx-lm does: float32, sorted by name, without metadata (null). Completely or not at all. Throws io.
void write_adapter_tensors(const std::filesystem::path& file, std::span<const AdapterTensor> tensors);

/// Writes adapter_config.json (mlx-lm's keys as a JSON object; see training::adapter_config) and adapters.safetensors
/// into a folder, which is made where it is missing. Tensors first: a folder without a configuration is no adapter.
/// Throws io.
void write_mlx_adapter(const std::filesystem::path& folder, const std::string& config_json,
                       std::span<const AdapterTensor> tensors);

/// Writes an adapter in mlx-lm's form, whatever form it was read in. `num_layers` is the number of the model's layers
/// that have a change, counted from the last; 0: all. mlx-lm knows one rank and one scale for all: those of other
/// modules are taken up by their matrices. Throws unsupported for whole weights; io.
void export_mlx_adapter(const Adapter& adapter, const std::filesystem::path& folder, std::int64_t num_layers = 0);

/// Writes an adapter as PEFT does (adapter_config.json, adapter_model.safetensors): a and b the other way round, scale
/// as lora_alpha / r, lengths of rows as lora_magnitude_vector, stacked experts as modules of single ones. Throws
/// unsupported: fine-tuning of whole weights; io.
void export_peft_adapter(const Adapter& adapter, const std::filesystem::path& folder, const std::string& base_model);

}  // namespace etna
