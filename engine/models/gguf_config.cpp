#include "engine/models/gguf_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

using nlohmann::json;

/// Where an architecture's files differ from transformers' checkpoints of the same family.
struct Architecture {
  const char* model_type;
  StoredForm form;
};

// llama.cpp permutes rows of q and k for families whose rope it computes in adjacent pairs.
constexpr StoredForm as_it_is{};
constexpr StoredForm permuted{.rotary_pairs_adjacent = true};
constexpr StoredForm norms_plus_one{.norm_offset_included = true};
constexpr StoredForm joined_by_rows{.qkv_joined_by_rows = true};

const std::map<std::string, Architecture, std::less<>>& architectures() {
  static const std::map<std::string, Architecture, std::less<>> table{
      {"cohere2", {"cohere2", as_it_is}},   {"command-r", {"cohere", as_it_is}},
      {"exaone4", {"exaone4", as_it_is}},   {"gemma", {"gemma", norms_plus_one}},
      {"gemma2", {"gemma2", norms_plus_one}}, {"gemma3", {"gemma3_text", norms_plus_one}},
      {"glm4", {"glm4", as_it_is}},         {"gpt-oss", {"gpt_oss", as_it_is}},
      {"gpt2", {"gpt2", as_it_is}},         {"gptneox", {"gpt_neox", joined_by_rows}},
      {"granite", {"granite", permuted}},   {"llama", {"llama", permuted}},
      {"olmo2", {"olmo2", as_it_is}},       {"phi2", {"phi", as_it_is}},
      {"phi3", {"phi3", as_it_is}},         {"qwen2", {"qwen2", as_it_is}},
      {"qwen2moe", {"qwen2_moe", as_it_is}}, {"qwen3", {"qwen3", as_it_is}},
      {"qwen3moe", {"qwen3_moe", as_it_is}}, {"smollm3", {"smollm3", permuted}},
      {"stablelm", {"stablelm", as_it_is}}, {"starcoder2", {"starcoder2", as_it_is}},
  };
  return table;
}

/// GGUF's word, transformers' word. Those that mean nothing to a family are left unread by it.
constexpr std::pair<const char*, const char*> integer_keys[] = {
    {"context_length", "max_position_embeddings"},
    {"embedding_length", "hidden_size"},
    {"block_count", "num_hidden_layers"},
    {"attention.head_count", "num_attention_heads"},
    {"attention.key_length", "head_dim"},
    {"expert_used_count", "num_experts_per_tok"},
    {"expert_feed_forward_length", "moe_intermediate_size"},
    {"expert_shared_feed_forward_length", "shared_expert_intermediate_size"},
};

constexpr std::pair<const char*, const char*> number_keys[] = {
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps"},
    {"attention.layer_norm_epsilon", "layer_norm_eps"},
    {"attention.layer_norm_epsilon", "layer_norm_epsilon"},
    {"attention.layer_norm_epsilon", "norm_epsilon"},
    {"rope.freq_base", "rope_theta"},
    {"rope.freq_base_swa", "rope_local_base_freq"},
    {"attn_logit_softcapping", "attn_logit_softcapping"},
    {"final_logit_softcapping", "final_logit_softcapping"},
    {"embedding_scale", "embedding_multiplier"},
    {"residual_scale", "residual_multiplier"},
    {"attention.scale", "attention_multiplier"},
};

class Builder {
public:
  Builder(const GgufFile& file, std::string architecture) : file_(file), metadata_(file.metadata()), architecture_(std::move(architecture)) {}

  json build(const char* model_type) {
    config_["model_type"] = model_type;
    for (const auto& [from, to] : integer_keys) copy(integer(from), to);
    for (const auto& [from, to] : number_keys) copy(metadata_.number(key(from)), to);
    sizes();
    heads();
    experts();
    rope();
    for (const char* flag : {"use_parallel_residual"}) copy(metadata_.boolean(key(flag)), flag);
    if (const auto window = integer("attention.sliding_window"); window && *window > 0) {
      config_["sliding_window"] = *window;
      if (config_["model_type"] == "llama") config_["model_type"] = "mistral";
    }
    particular();
    biases();
    tokens();
    config_["tie_word_embeddings"] = !file_.find("output.weight");
    return config_;
  }

private:
  std::string key(const char* name) const { return architecture_ + "." + name; }

  std::optional<std::int64_t> integer(const char* name) const {
    const std::string full = key(name);
    const GgufValue* value = metadata_.find(full);
    if (!value || !std::holds_alternative<GgufArray>(*value)) return metadata_.integer(full);
    // One value for each layer: those that Etna knows have the same everywhere.
    const std::vector<std::int64_t> values = *metadata_.integers(full);
    if (values.empty()) return std::nullopt;
    if (std::ranges::adjacent_find(values, std::not_equal_to()) != values.end()) {
      fail(Errc::unsupported, "{}: {} differs from layer to layer", metadata_.where(), full);
    }
    return values.front();
  }

  template <class T>
  void copy(const std::optional<T>& value, const char* to) {
    if (value) config_[to] = *value;
  }

  void sizes() {
    const GgufTensor& table = file_.at("token_embd.weight");
    if (table.shape.size() != 2) fail(Errc::corrupt, "{}: tensor token_embd.weight has {} axes, not 2", metadata_.where(), table.shape.size());
    config_["vocab_size"] = table.shape[0];
    const auto inner = integer("feed_forward_length");
    const auto of_expert = integer("expert_feed_forward_length");
    copy(inner && *inner > 0 ? inner : of_expert, "intermediate_size");
    if (architecture_ == "gpt2") {
      copy(integer("embedding_length"), "n_embd");
      copy(inner, "n_inner");
    }
  }

  void heads() {
    copy(integer("attention.head_count_kv"), "num_key_value_heads");
    const auto keys = integer("attention.key_length"), values = integer("attention.value_length");
    if (keys && values && *keys != *values) {
      fail(Errc::unsupported, "{}: {} is {}, {} is {}; equal lengths are supported", metadata_.where(), key("attention.key_length"), *keys,
           key("attention.value_length"), *values);
    }
  }

  void experts() {
    const auto count = integer("expert_count");
    if (!count || *count == 0) return;
    config_["num_local_experts"] = *count;
    if (config_["model_type"] == "llama") config_["model_type"] = "mixtral";
    config_["norm_topk_prob"] = architecture_ == "qwen3moe";
  }

  std::vector<float> vector_tensor(const char* name) const {
    const GgufTensor* tensor = file_.find(name);
    if (!tensor) return {};
    if (tensor->type != GgmlType::f32 || tensor->shape.size() != 1) {
      fail(Errc::unsupported, "{}: tensor {} is {} with {} axes; F32 with one is expected", metadata_.where(), name, tensor->stored_dtype, tensor->shape.size());
    }
    std::vector<float> values(tensor->bytes.size() / sizeof(float));
    std::memcpy(values.data(), tensor->bytes.data(), values.size() * sizeof(float));
    return values;
  }

  void rope() {
    json scaling = json::object();
    std::string type(metadata_.text(key("rope.scaling.type")).value_or("none"));
    if (const auto old = metadata_.number(key("rope.scale_linear")); old && *old != 1) {
      type = "linear";
      scaling["factor"] = *old;
    }
    if (const auto factor = metadata_.number(key("rope.scaling.factor")); factor && *factor > 0) scaling["factor"] = *factor;
    if (const auto length = integer("rope.scaling.original_context_length")) scaling["original_max_position_embeddings"] = *length;
    const std::vector<float> longer = vector_tensor("rope_factors_long.weight"), shorter = vector_tensor("rope_factors_short.weight");
    if (!longer.empty() && !shorter.empty()) {
      type = "longrope";
      scaling["long_factor"] = longer;
      scaling["short_factor"] = shorter;
      if (const auto factor = metadata_.number(key("rope.scaling.attn_factor"))) scaling["attention_factor"] = *factor;
    }
    if (const std::vector<float> divisors = vector_tensor("rope_freqs.weight"); !divisors.empty()) scaling["frequency_divisors"] = divisors;
    if (type == "yarn") {
      scaling["truncate"] = architecture_ != "gpt-oss";
      copy_into(scaling, metadata_.number(key("rope.scaling.yarn_beta_fast")), "beta_fast");
      copy_into(scaling, metadata_.number(key("rope.scaling.yarn_beta_slow")), "beta_slow");
    }
    scaling["rope_type"] = type == "none" ? "default" : type;
    config_["rope_scaling"] = scaling;
    if (const auto rotated = integer("rope.dimension_count")) {
      const auto size = head_size();
      if (size && *rotated > 0 && *rotated <= *size) config_["partial_rotary_factor"] = static_cast<double>(*rotated) / static_cast<double>(*size);
    }
  }

  static void copy_into(json& object, const std::optional<double>& value, const char* to) {
    if (value) object[to] = *value;
  }

  std::optional<std::int64_t> head_size() const {
    if (const auto size = integer("attention.key_length")) return size;
    const auto width = integer("embedding_length"), count = integer("attention.head_count");
    return width && count && *count > 0 ? std::optional(*width / *count) : std::nullopt;
  }

  /// What files of some architectures leave to the program.
  void particular() {
    if (architecture_ == "gemma2" || architecture_ == "gemma3") {
      // The 27B models scale scores by the width of the model, the others by that of a head.
      const auto layers = integer("block_count"), width = integer("embedding_length"), count = integer("attention.head_count");
      const bool largest = layers == (architecture_ == "gemma2" ? 46 : 62);
      if (const auto size = largest && width && count ? std::optional(*width / std::max<std::int64_t>(*count, 1)) : head_size()) {
        config_["query_pre_attn_scalar"] = *size;
      }
    }
    const auto logit_scale = metadata_.number(key("logit_scale"));
    copy(logit_scale, architecture_ == "granite" ? "logits_scaling" : "logit_scale");
    if (architecture_ == "stablelm") config_["qk_layernorm"] = file_.find("blk.0.attn_q_norm.weight") != nullptr;
    if (architecture_ == "command-r") config_["use_qk_norm"] = file_.find("blk.0.attn_q_norm.weight") != nullptr;
  }

  void biases() {
    const auto has = [&](const char* name) { return file_.find(name) != nullptr; };
    const bool attention = has("blk.0.attn_q.bias") || has("blk.0.attn_qkv.bias");
    config_["attention_bias"] = attention;
    if (architecture_ == "stablelm") config_["use_qkv_bias"] = attention;
    if (architecture_ == "starcoder2") config_["use_bias"] = attention;
    config_["mlp_bias"] = has("blk.0.ffn_down.bias") && architecture_ != "gpt-oss";
  }

  void tokens() {
    json ends = json::array();
    for (const char* name : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
      if (const auto id = metadata_.integer(name); id && std::ranges::find(ends, json(*id)) == ends.end()) ends.push_back(*id);
    }
    config_["eos_token_id"] = ends;
    copy(metadata_.integer("tokenizer.ggml.bos_token_id"), "bos_token_id");
  }

  const GgufFile& file_;
  const GgufMetadata& metadata_;
  std::string architecture_;
  json config_ = json::object();
};

}  // namespace

ModelConfig gguf_config(const GgufFile& file) {
  const GgufMetadata& metadata = file.metadata();
  const std::string architecture(metadata.require("general.architecture", &GgufMetadata::text));
  const auto found = architectures().find(architecture);
  if (found == architectures().end()) {
    fail(Errc::unsupported, "{}: general.architecture {} is not supported; known are: {}", metadata.where(), quote(architecture),
         fmt::join(supported_gguf_architectures(), ", "));
  }
  const json document = Builder(file, architecture).build(found->second.model_type);
  ModelConfig config = ModelConfig::parse(document.dump(), file.path().string());
  config.stored_form = found->second.form;
  return config;
}

std::vector<std::string> supported_gguf_architectures() {
  std::vector<std::string> names;
  for (const auto& [name, architecture] : architectures()) names.push_back(name);
  return names;
}

}  // namespace etna
