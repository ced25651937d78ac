#include "tests/support/tiny_llama.h"

#include <random>

namespace etna::test {

TinyLlama::TinyLlama(bool tied) {
  config_ = ModelConfig::parse(R"({"model_type":"llama","vocab_size":96,"hidden_size":48,"intermediate_size":80,
      "num_hidden_layers":2,"num_attention_heads":6,"num_key_value_heads":2,"max_position_embeddings":128,
      "rms_norm_eps":1e-5,"eos_token_id":2})", "tiny llama");
  config_.tie_word_embeddings = tied;
  add("model.embed_tokens.weight", {96, 48});
  for (int i = 0; i < 2; ++i) {
    const std::string layer = "model.layers." + std::to_string(i);
    add(layer + ".input_layernorm.weight", {48});
    add(layer + ".self_attn.q_proj.weight", {48, 48});
    add(layer + ".self_attn.k_proj.weight", {16, 48});
    add(layer + ".self_attn.v_proj.weight", {16, 48});
    add(layer + ".self_attn.o_proj.weight", {48, 48});
    add(layer + ".post_attention_layernorm.weight", {48});
    add(layer + ".mlp.gate_proj.weight", {80, 48});
    add(layer + ".mlp.up_proj.weight", {80, 48});
    add(layer + ".mlp.down_proj.weight", {48, 80});
  }
  add("model.norm.weight", {48});
  if (!tied) add("lm_head.weight", {96, 48});
}

void TinyLlama::add(const std::string& name, Shape shape) {
  std::mt19937 random(seed_++);
  const auto values = std::make_shared<std::vector<float>>(static_cast<std::size_t>(element_count(shape)));
  for (float& value : *values) value = (static_cast<float>(random() >> 8) * 0x1p-23f - 1) * (shape.size() == 1 ? 1.0f : 0.35f);
  StoredTensor tensor;
  tensor.name = name;
  tensor.stored_dtype = "F32";
  tensor.dtype = DType::float32;
  tensor.shape = std::move(shape);
  tensor.bytes = std::as_bytes(std::span<const float>(*values));
  tensor.file = "tiny llama";
  tensor.keep_alive = values;
  tensors_.emplace(name, std::move(tensor));
}

const StoredTensor* TinyLlama::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

std::vector<std::string> TinyLlama::names() const {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : tensors_) result.push_back(name);
  return result;
}

}  // namespace etna::test
