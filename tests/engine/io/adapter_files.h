#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "engine/io/adapter.h"
#include "engine/io/safetensors.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna::test {

/// Tensors by name, as a file will hold them.
using HostTensors = std::map<std::string, HostTensor>;

inline HostTensor random_tensor(Shape shape, unsigned seed, float spread = 0.1f) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  HostTensor tensor{std::move(shape), {}};
  tensor.values.resize(static_cast<std::size_t>(element_count(tensor.shape)));
  for (float& value : tensor.values) value = normal(random);
  return tensor;
}

inline void write_tensors(const std::filesystem::path& path, const HostTensors& tensors) {
  std::vector<TensorHeader> headers;
  for (const auto& [name, tensor] : tensors) headers.push_back({name, DType::float32, tensor.shape});
  SafetensorsWriter writer(path, headers, {});
  for (const auto& [name, tensor] : tensors) writer.append(std::as_bytes(std::span(tensor.values)));
  writer.commit();
}

inline nlohmann::json mlx_config(const char* type = "lora", int rank = 4, double scale = 2) {
  return {{"fine_tune_type", type}, {"num_layers", 2}, {"model", "some/model"}, {"lora_parameters", {{"rank", rank}, {"scale", scale}, {"dropout", 0.0}}}};
}

inline nlohmann::json peft_config(int rank = 4, double alpha = 8) {
  return {{"peft_type", "LORA"}, {"r", rank}, {"lora_alpha", alpha}, {"base_model_name_or_path", "some/model"}};
}

inline std::filesystem::path write_mlx_adapter(const TemporaryFolder& folder, const HostTensors& tensors, const nlohmann::json& config = mlx_config()) {
  folder.write("adapter/adapter_config.json", config.dump());
  write_tensors(folder / "adapter/adapters.safetensors", tensors);
  return folder / "adapter";
}

inline std::filesystem::path write_peft_adapter(const TemporaryFolder& folder, const HostTensors& tensors, const nlohmann::json& config = peft_config()) {
  folder.write("adapter/adapter_config.json", config.dump());
  write_tensors(folder / "adapter/adapter_model.safetensors", tensors);
  return folder / "adapter";
}

}  // namespace etna::test
