#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hub/api.h"

/// What a user can choose from in a repository: "4-bit (Q4_K_M), 4.9 GB".
namespace etna::hub {

enum class WeightFormat { safetensors, mlx, gguf };

/// One way to take the model: weight files that belong together and everything small that goes with them.
struct ModelVersion {
  WeightFormat format = WeightFormat::safetensors;
  std::string key;                        ///< stable, unique in the repository: "Q4_K_M", "safetensors", "UD-Q2_K_XL"
  std::string label;                      ///< "4-bit (Q4_K_M)", "full (BF16)", "8-bit (MLX)"
  double bits = 0;                        ///< nominal bits per weight that the name says; 0: not known
  std::vector<std::string> weight_files;  ///< in order of parts
  std::vector<std::string> other_files;   ///< configuration, tokenizer, projector: downloaded too, before the weights
  std::uint64_t weight_bytes = 0;
  std::uint64_t download_bytes = 0;       ///< with other_files
  std::vector<std::string> missing_parts; ///< "part 3 of 4": the repository is incomplete
};

/// Why there is nothing to choose (hub.md §4.2).
enum class NoVersion { none, no_weights, unsafe_only, adapter, image_pipeline, onnx_only };

struct Versions {
  std::vector<ModelVersion> versions;     ///< smallest first
  NoVersion why_none = NoVersion::none;
  std::string sentence;                   ///< for people, when there is none: "Only pickle files, which …"
};

/// Groups the files of a tree. `info` gives tags, dtypes and quantization; only names and sizes of files are looked at.
/// Pickles, other frameworks' weights, duplicates ("consolidated", "original/") and Python files are never among them.
Versions versions_of(const Tree& tree, const ModelInfo& info);

/// "Q4_K_M" in "model-Q4_K_M-00001-of-00002.gguf"; empty if the name has no such word.
std::string gguf_quantization(std::string_view file_name);

/// Nominal bits per weight of ggml's names: 4.85 for Q4_K_M, 16 for BF16; 0 if not known.
double gguf_bits(std::string_view quantization);

/// "4-bit (Q4_K_M)".
std::string version_label(WeightFormat format, std::string_view quantization, double bits);

}  // namespace etna::hub
