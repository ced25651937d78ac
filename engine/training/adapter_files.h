#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/training/methods.h"

namespace etna::training {

inline constexpr const char* adapter_file = "adapters.safetensors";
inline constexpr const char* adapter_config_file = "adapter_config.json";

/// Writes arrays in memory to a safetensors file, completely or not at all, each in the given type.
struct NamedArray {
  std::string name;
  Array value;
  DType stored = DType::float32;
};

void write_arrays(const std::filesystem::path& file, std::vector<NamedArray> arrays,
                  const std::map<std::string, std::string>& metadata = {});

/// adapters.safetensors as mlx-lm writes it: the trained tensors, sorted by name, no metadata. Throws io, not_found.
void write_adapter_tensors(const std::filesystem::path& file, const std::vector<Trainable>& trained);

/// The same with adapter_config.json in a folder, which is made where needed; its parent must exist.
void write_adapter(const std::filesystem::path& folder, const std::vector<Trainable>& trained,
                   const std::string& config);

/// Completely or not at all.
void write_text(const std::filesystem::path& file, std::string_view text);

}  // namespace etna::training
