#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/array/shape.h"
#include "engine/io/safetensors.h"

namespace etna {

/// A tensor on the host, row-major.
struct HostTensor {
  Shape shape;
  std::vector<float> values;
};

/// The change of low rank of one module, in mlx-lm's orientation whatever the file's: W' = W + scale · (a · b)ᵀ.
///
///   linear (out, in)              a (in, r)         b (r, out)
///   experts (count, out, in)      a (count, r, in)  b (count, out, r)
///   table of tokens (rows, size)  a (rows, r)       b (r, size)
struct AdapterModule {
  std::string path;  ///< "model.layers.0.self_attn.q_proj"
  HostTensor a;
  HostTensor b;
  float scale = 1;
  std::optional<HostTensor> magnitude;  ///< DoRA's m (out), or (rows) of a table: the lengths that rows of W' get

  bool of_experts() const { return a.shape.size() == 3; }
  std::int64_t rank() const { return a.shape[1]; }
  std::uint64_t bytes() const;
};

enum class AdapterKind {
  lora,  ///< arXiv:2106.09685
  dora,  ///< arXiv:2402.09353
  full,  ///< whole weights, which stand in the place of the model's own
};

/// What fine-tuning made of a model: a folder as mlx-lm writes it (adapter_config.json, adapters.safetensors; formats of
/// https://github.com/ml-explore/mlx-lm, mlx_lm/tuner) or as PEFT does (adapter_config.json, adapter_model.safetensors).
struct Adapter {
  std::filesystem::path folder;
  AdapterKind kind = AdapterKind::lora;
  std::string base_model;              ///< that it was trained on, as the files say; may be empty
  std::vector<AdapterModule> modules;  ///< sorted by path
  std::vector<StoredTensor> replaced;  ///< stand in the place of tensors of the model (full; PEFT's modules_to_save)

  /// None if the module is as the model has it.
  const AdapterModule* find(std::string_view path) const;

  /// What it takes beside the model, as it is computed with.
  std::uint64_t bytes() const;

  /// Throws not_found, io, corrupt (file, field or tensor, and what is wrong), unsupported (a method or an option that
  /// changes the result and is not known).
  static Adapter open(const std::filesystem::path& folder);
};

/// Whether a folder says that it is an adapter.
bool is_adapter_folder(const std::filesystem::path& folder);

}  // namespace etna
