#include "engine/models/gguf_tensors.h"

namespace etna {

GgufTensors::GgufTensors(std::shared_ptr<const GgufFile> file, const DecoderSettings& settings) : file_(std::move(file)) {
  const DecoderNames& names = settings.names;
  add_module(names.root + names.embedding, "token_embd");
  add_module(names.root + names.positions, "position_embd");
  add_module(names.root + names.final_norm, "output_norm");
  add_module(names.head, "output");
  for (std::size_t i = 0; i < settings.layers.size(); ++i) add_layer(settings, i);
}

const StoredTensor* GgufTensors::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

std::vector<std::string> GgufTensors::names() const {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : tensors_) result.push_back(name);
  return result;
}

std::string GgufTensors::stored_name(const std::string& name) const {
  const auto found = gguf_names_.find(name);
  return found == gguf_names_.end() ? name : found->second;
}

void GgufTensors::add(const std::string& name, const std::string& gguf_name) {
  gguf_names_.try_emplace(name, gguf_name);
  if (const GgufTensor* tensor = file_->find(gguf_name)) tensors_.try_emplace(name, *tensor);
}

void GgufTensors::add_module(const std::string& path, const std::string& gguf_path) {
  add(path + ".weight", gguf_path + ".weight");
  add(path + ".bias", gguf_path + ".bias");
}

void GgufTensors::add_layer(const DecoderSettings& settings, std::size_t index) {
  const DecoderNames& names = settings.names;
  const std::string from = "blk." + std::to_string(index) + ".", to = names.root + names.layers + std::to_string(index) + ".";
  const auto norm = [&](const std::string& name, const char* gguf_name) {
    if (!name.empty()) add_module(to + name, from + gguf_name);
  };
  norm(names.norm_before_attention, "attn_norm");
  norm(names.norm_after_attention, "post_attention_norm");
  norm(names.norm_before_mlp, "ffn_norm");
  if (names.norm_after_attention.empty()) norm(names.norm_before_mlp, "post_attention_norm");  // what gpt-oss calls it
  norm(names.norm_after_mlp, "post_ffw_norm");

  const nn::AttentionNames& attention = settings.attention.names;
  const std::string at = to + names.attention + ".";
  add_module(at + attention.q, from + "attn_q");
  add_module(at + attention.k, from + "attn_k");
  add_module(at + attention.v, from + "attn_v");
  add_module(at + attention.o, from + "attn_output");
  add_module(at + attention.qkv, from + "attn_qkv");
  add_module(at + attention.q_norm, from + "attn_q_norm");
  add_module(at + attention.k_norm, from + "attn_k_norm");
  add(at + "sinks", from + "attn_sinks.weight");

  const std::string mlp = to + names.mlp + ".";
  if (settings.layers[index].is_moe) return add_experts(settings, mlp, from);
  const nn::MlpNames& feed_forward = settings.mlp.names;
  const bool joined = !feed_forward.gate_up.empty() && !file_->find(from + "ffn_gate.weight");
  add_module(mlp + (joined ? feed_forward.gate_up : feed_forward.up), from + "ffn_up");
  if (!feed_forward.gate.empty()) add_module(mlp + feed_forward.gate, from + "ffn_gate");
  add_module(mlp + feed_forward.down, from + "ffn_down");
}

void GgufTensors::add_experts(const DecoderSettings& settings, const std::string& path, const std::string& gguf_path) {
  const nn::MoeSettings& moe = *settings.moe;
  const std::string experts = path + moe.experts_name + ".";
  add_module(path + moe.router.name, gguf_path + "ffn_gate_inp");
  add(path + moe.router.name + ".e_score_correction_bias", gguf_path + "exp_probs_b.bias");
  add_module(experts + "gate_proj", gguf_path + "ffn_gate_exps");
  add_module(experts + "up_proj", gguf_path + "ffn_up_exps");
  add_module(experts + "down_proj", gguf_path + "ffn_down_exps");
  for (std::int64_t i = 0; i < moe.router.experts; ++i) {  // files of early Mixtrals keep experts apart
    const std::string number = std::to_string(i), apart = path + "experts." + number + ".";
    add_module(apart + "w1", gguf_path + "ffn_gate." + number);
    add_module(apart + "w2", gguf_path + "ffn_down." + number);
    add_module(apart + "w3", gguf_path + "ffn_up." + number);
  }
  if (!moe.shared) return;
  const std::string shared = path + moe.shared->name + ".";
  add_module(shared + "gate_proj", gguf_path + "ffn_gate_shexp");
  add_module(shared + "up_proj", gguf_path + "ffn_up_shexp");
  add_module(shared + "down_proj", gguf_path + "ffn_down_shexp");
  add_module(path + moe.shared->gate_name, gguf_path + "ffn_gate_inp_shexp");
  const auto gate = tensors_.find(path + moe.shared->gate_name + ".weight");
  if (gate != tensors_.end() && gate->second.shape.size() == 1) gate->second.shape.insert(gate->second.shape.begin(), 1);
}

}  // namespace etna
