#pragma once

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "engine/base/half.h"
#include "engine/io/safetensors.h"

namespace etna::test {

/// Writes a Llama model of random bfloat16 weights (hidden 64, 2 layers) and returns its folder.
inline std::filesystem::path write_tiny_model(const std::filesystem::path& folder, const nlohmann::json& changes = {}) {
  std::filesystem::create_directories(folder);
  nlohmann::json config = {{"model_type", "llama"},       {"vocab_size", 96},
                           {"hidden_size", 64},           {"intermediate_size", 128},
                           {"num_hidden_layers", 2},      {"num_attention_heads", 4},
                           {"num_key_value_heads", 2},    {"rms_norm_eps", 1e-5},
                           {"torch_dtype", "bfloat16"},   {"eos_token_id", 2},
                           {"tie_word_embeddings", false}};
  if (changes.is_object()) config.merge_patch(changes);
  std::ofstream(folder / "config.json") << config.dump();

  std::vector<TensorHeader> tensors = {{"model.embed_tokens.weight", DType::bfloat16, {96, 64}},
                                       {"model.norm.weight", DType::bfloat16, {64}},
                                       {"lm_head.weight", DType::bfloat16, {96, 64}}};
  for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
    tensors.push_back({layer + "input_layernorm.weight", DType::bfloat16, {64}});
    tensors.push_back({layer + "post_attention_layernorm.weight", DType::bfloat16, {64}});
    tensors.push_back({layer + "self_attn.q_proj.weight", DType::bfloat16, {64, 64}});
    tensors.push_back({layer + "self_attn.k_proj.weight", DType::bfloat16, {32, 64}});
    tensors.push_back({layer + "self_attn.v_proj.weight", DType::bfloat16, {32, 64}});
    tensors.push_back({layer + "self_attn.o_proj.weight", DType::bfloat16, {64, 64}});
    tensors.push_back({layer + "mlp.gate_proj.weight", DType::bfloat16, {128, 64}});
    tensors.push_back({layer + "mlp.up_proj.weight", DType::bfloat16, {128, 64}});
    tensors.push_back({layer + "mlp.down_proj.weight", DType::bfloat16, {64, 128}});
  }
  SafetensorsWriter writer(folder / "model.safetensors", tensors, {});
  std::mt19937 random(11);
  std::normal_distribution<float> normal(0, 0.2f);
  for (const TensorHeader& tensor : tensors) {
    std::vector<BFloat16> values(static_cast<std::size_t>(element_count(tensor.shape)));
    for (BFloat16& value : values) value = to_bfloat16(tensor.shape.size() == 1 ? 1.0f : normal(random));
    writer.append(std::as_bytes(std::span(values)));
  }
  writer.commit();
  return folder;
}

}  // namespace etna::test
