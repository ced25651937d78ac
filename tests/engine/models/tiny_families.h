#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/io/model_config.h"

/// Every family as a model of a few thousand weights.
namespace etna::test {

inline constexpr std::int64_t tiny_vocab = 61;

/// What is particular to a family, in a model of a few thousand weights. Windows are shorter than the texts below.
inline const std::map<std::string, nlohmann::json>& particulars() {
  using nlohmann::json;
  static const json experts = {{"num_experts", 6}, {"num_experts_per_tok", 2}, {"moe_intermediate_size", 16}};
  static const std::map<std::string, json> table{
      {"cohere", {{"use_qk_norm", true}, {"logit_scale", 0.5}}},
      {"cohere2", {{"sliding_window", 6}, {"sliding_window_pattern", 2}}},
      {"deepseek_v3", {{"kv_lora_rank", 12}, {"q_lora_rank", 20}, {"qk_nope_head_dim", 8}, {"qk_rope_head_dim", 4}, {"v_head_dim", 6},
                       {"n_routed_experts", 8}, {"n_shared_experts", 1}, {"num_experts_per_tok", 3}, {"n_group", 4}, {"topk_group", 2},
                       {"moe_intermediate_size", 16}, {"first_k_dense_replace", 1},
                       {"rope_scaling", {{"type", "yarn"}, {"factor", 4}, {"original_max_position_embeddings", 16}, {"mscale", 1}, {"mscale_all_dim", 1}}}}},
      {"exaone4", {{"sliding_window", 6}, {"sliding_window_pattern", "LG"}}},
      {"gemma", {{"head_dim", 8}}},
      {"gemma2", {{"sliding_window", 6}, {"attn_logit_softcapping", 5.0}, {"final_logit_softcapping", 3.0}, {"query_pre_attn_scalar", 12}}},
      {"gemma3", {{"sliding_window", 6}, {"sliding_window_pattern", 2}}},
      {"gemma3_text", {{"sliding_window", 6}, {"sliding_window_pattern", 2}, {"rope_scaling", {{"rope_type", "linear"}, {"factor", 8}}}}},
      {"glm", {{"attention_bias", true}}},
      {"glm4", {{"attention_bias", true}}},
      {"gpt2", {{"n_embd", 32}, {"n_layer", 3}, {"n_head", 4}}},
      {"gpt_neox", {{"rotary_pct", 0.5}}},
      {"gpt_oss", {{"num_local_experts", 4}, {"num_experts_per_tok", 2}, {"sliding_window", 6},
                   {"rope_scaling", {{"rope_type", "yarn"}, {"factor", 8}, {"original_max_position_embeddings", 16}, {"truncate", false}}}}},
      {"granite", {{"embedding_multiplier", 3.0}, {"residual_multiplier", 0.5}, {"attention_multiplier", 0.2}, {"logits_scaling", 2.0}}},
      {"llama", {{"rope_scaling", {{"rope_type", "llama3"}, {"factor", 4}, {"original_max_position_embeddings", 16}}}}},
      {"mistral", {{"sliding_window", 6}}},
      {"mistral3", {{"sliding_window", nullptr}}},
      {"mixtral", {{"num_local_experts", 4}, {"num_experts_per_tok", 2}}},
      {"olmo2", json::object()},
      {"phi", {{"partial_rotary_factor", 0.5}, {"hidden_act", "gelu_new"}, {"qk_layernorm", true}}},
      {"phi3", {{"sliding_window", 6}, {"partial_rotary_factor", 0.5}}},
      {"qwen2", {{"use_sliding_window", true}, {"sliding_window", 6}, {"max_window_layers", 1}}},
      {"qwen2_moe", experts},
      {"qwen3", {{"head_dim", 16}}},
      {"qwen3_moe", experts},
      {"smollm3", {{"no_rope_layers", {1, 0, 1}}}},
      {"stablelm", {{"use_qkv_bias", true}, {"qk_layernorm", true}, {"use_parallel_residual", true}}},
      {"starcoder2", {{"sliding_window", 6}, {"use_bias", true}, {"hidden_act", "gelu_pytorch_tanh"}}},
  };
  return table;
}

inline ModelConfig config_of(const std::string& family, const nlohmann::json& changes = nlohmann::json::object()) {
  using nlohmann::json;
  json config = {{"model_type", family}, {"vocab_size", tiny_vocab}, {"hidden_size", 32}, {"intermediate_size", 40}, {"num_hidden_layers", 3},
                 {"num_attention_heads", 4}, {"num_key_value_heads", 2}, {"max_position_embeddings", 128}};
  if (family == "gpt2") config = {{"model_type", family}, {"vocab_size", tiny_vocab}, {"n_positions", 128}};
  if (family == "gpt_neox" || family == "phi") config["num_key_value_heads"] = 4;
  config.update(particulars().at(family));
  if (family == "qwen2_moe") config["shared_expert_intermediate_size"] = 24;
  config.update(changes);
  return ModelConfig::parse(config.dump(), family + "/config.json");
}

}  // namespace etna::test
