#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/base/half.h"
#include "engine/io/safetensors.h"

namespace etna::test {

/// What a model says, token after token; each of these is a token of its own. Each must differ from the others: the
/// next token depends on the one before alone.
using Script = std::vector<std::string>;

/// Writes a Llama model that says `script` after a prompt that ends with `cue`, then its end-of-text token; returns its
/// folder. Its layer adds nothing; the embedding of token i is unit vector i, and the head's row of what follows is the
/// same. The tokens in `special` are special ones. Letters of prompts that are no tokens are left out.
inline std::filesystem::path write_scripted_model(const std::filesystem::path& folder, const std::string& cue,
                                                  const Script& script, const std::string& chat_template,
                                                  const std::vector<std::string>& special = {}) {
  constexpr std::int64_t size = 64;
  std::vector<std::string> tokens = {"<eos>", cue};
  tokens.insert(tokens.end(), script.begin(), script.end());
  std::filesystem::create_directories(folder);
  const nlohmann::json config = {{"model_type", "llama"},    {"vocab_size", size},          {"hidden_size", size},
                                 {"intermediate_size", 64},  {"num_hidden_layers", 1},      {"num_attention_heads", 2},
                                 {"num_key_value_heads", 2}, {"rms_norm_eps", 1e-5},        {"torch_dtype", "bfloat16"},
                                 {"eos_token_id", 0},        {"tie_word_embeddings", false}};
  std::ofstream(folder / "config.json") << config.dump();

  nlohmann::json vocabulary = nlohmann::json::object(), added = nlohmann::json::array();
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    vocabulary[tokens[id]] = id;
    const bool is_special = id == 0 || std::find(special.begin(), special.end(), tokens[id]) != special.end();
    added.push_back({{"id", id}, {"content", tokens[id]}, {"special", is_special}, {"normalized", false}});
  }
  const nlohmann::json tokenizer = {
      {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", nlohmann::json::array()}}},
      {"added_tokens", added},
      {"decoder", {{"type", "Fuse"}}}};
  std::ofstream(folder / "tokenizer.json") << tokenizer.dump();
  const nlohmann::json settings = {{"eos_token", "<eos>"}, {"chat_template", chat_template}};
  std::ofstream(folder / "tokenizer_config.json") << settings.dump();

  const std::string layer = "model.layers.0.";
  std::vector<TensorHeader> tensors = {{"model.embed_tokens.weight", DType::bfloat16, {size, size}},
                                       {"lm_head.weight", DType::bfloat16, {size, size}},
                                       {"model.norm.weight", DType::bfloat16, {size}},
                                       {layer + "input_layernorm.weight", DType::bfloat16, {size}},
                                       {layer + "post_attention_layernorm.weight", DType::bfloat16, {size}}};
  for (const char* name : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
                           "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"}) {
    tensors.push_back({layer + name + ".weight", DType::bfloat16, {size, size}});
  }
  SafetensorsWriter writer(folder / "model.safetensors", tensors, {});
  for (const TensorHeader& tensor : tensors) {
    std::vector<BFloat16> values(static_cast<std::size_t>(element_count(tensor.shape)), to_bfloat16(0.0f));
    if (tensor.shape.size() == 1) std::fill(values.begin(), values.end(), to_bfloat16(1.0f));
    for (std::int64_t i = 0; i < size; ++i) {
      const auto count = static_cast<std::int64_t>(tokens.size());
      const std::int64_t next = i + 1 < count && i > 0 ? i + 1 : 0;
      if (tensor.name == "model.embed_tokens.weight")
        values[static_cast<std::size_t>(i * size + i)] = to_bfloat16(1.0f);
      if (tensor.name == "lm_head.weight") values[static_cast<std::size_t>(next * size + i)] = to_bfloat16(1.0f);
    }
    writer.append(std::as_bytes(std::span(values)));
  }
  writer.commit();
  return folder;
}

/// A template in the manner of Qwen 3: thoughts of the last turn alone, a switch for thinking, tools and calls in JSON.
inline constexpr const char* thinking_template =
    "{% if tools %}{{ tools | tojson }}<tool_call>{% endif %}"
    "{% set ns = namespace(last = 0) %}"
    "{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}"
    "{% for m in messages %}[{{ m.role }}]"
    "{% if m.reasoning_content and loop.index0 > ns.last %}<think>{{ m.reasoning_content }}</think>{% endif %}"
    "{{ m.content }}"
    "{% for tool_call in m.tool_calls %}{% if tool_call.function %}{% set tool_call = tool_call.function %}{% endif %}"
    "<tool_call>{{ {'name': tool_call.name, 'arguments': tool_call.arguments} | tojson }}</tool_call>{% endfor %}"
    "[end]{% endfor %}"
    "{% if add_generation_prompt %}[assistant]"
    "{% if enable_thinking is defined and enable_thinking is false %}<think></think>{% endif %}{% endif %}";

}  // namespace etna::test
