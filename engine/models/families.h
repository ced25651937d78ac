#pragma once

#include <functional>
#include <vector>

#include "engine/models/decoder.h"

/// What families are made of: one function each, in <family>.cpp, and a row of the table in registry.cpp.
namespace etna {

/// The function behind an activation's name. Throws unsupported.
UnaryKind read_activation(const ConfigKeys& keys, const char* key, const char* fallback);

/// sliding_window; 0 where it is absent or null.
std::int64_t read_window(const ConfigKeys& keys);

/// As many equal layers as the configuration says.
std::vector<LayerSettings> uniform_layers(const ModelConfig& config);

/// Windows by layer_types where the configuration has them, else by `slides` (from the layer's index, from 0).
std::vector<LayerSettings> layers_by_type(const ModelConfig& config, const std::function<bool(std::size_t)>& slides);

DecoderSettings cohere(const ModelConfig& config);
DecoderSettings cohere2(const ModelConfig& config);
DecoderSettings deepseek_v3(const ModelConfig& config);
DecoderSettings exaone4(const ModelConfig& config);
DecoderSettings gemma(const ModelConfig& config);
DecoderSettings gemma2(const ModelConfig& config);
DecoderSettings gemma3_text(const ModelConfig& config);
DecoderSettings glm(const ModelConfig& config);
DecoderSettings glm4(const ModelConfig& config);
DecoderSettings gpt2(const ModelConfig& config);
DecoderSettings gpt_neox(const ModelConfig& config);
DecoderSettings gpt_oss(const ModelConfig& config);
DecoderSettings granite(const ModelConfig& config);
DecoderSettings llama(const ModelConfig& config);
DecoderSettings mistral(const ModelConfig& config);
DecoderSettings mixtral(const ModelConfig& config);
DecoderSettings olmo2(const ModelConfig& config);
DecoderSettings phi(const ModelConfig& config);
DecoderSettings phi3(const ModelConfig& config);
DecoderSettings qwen2(const ModelConfig& config);
DecoderSettings qwen2_moe(const ModelConfig& config);
DecoderSettings qwen3(const ModelConfig& config);
DecoderSettings qwen3_moe(const ModelConfig& config);
DecoderSettings smollm3(const ModelConfig& config);
DecoderSettings stablelm(const ModelConfig& config);
DecoderSettings starcoder2(const ModelConfig& config);

}  // namespace etna
