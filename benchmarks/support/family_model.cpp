#include "benchmarks/support/family_model.h"

#include <functional>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/io/safetensors.h"
#include "engine/models/decoder.h"

namespace etna::benchmarks {

namespace {

using nlohmann::json;

constexpr std::int64_t group_size = 64;

/// What is particular to a family, in sizes that whole groups divide.
const std::map<std::string, json>& particulars() {
  static const json experts = {{"num_experts", 8}, {"num_experts_per_tok", 2}, {"moe_intermediate_size", 192}, {"shared_expert_intermediate_size", 384}};
  static const std::map<std::string, json> table{
      {"cohere", {{"use_qk_norm", true}, {"logit_scale", 0.5}}},
      {"cohere2", {{"sliding_window", 512}, {"sliding_window_pattern", 4}}},
      {"deepseek_v3", {{"kv_lora_rank", 128}, {"q_lora_rank", 128}, {"qk_nope_head_dim", 64}, {"qk_rope_head_dim", 32}, {"v_head_dim", 64},
                       {"n_routed_experts", 8}, {"n_shared_experts", 1}, {"num_experts_per_tok", 2}, {"n_group", 4}, {"topk_group", 2},
                       {"moe_intermediate_size", 192}, {"first_k_dense_replace", 1}}},
      {"exaone4", {{"sliding_window", 512}, {"sliding_window_pattern", "LLLG"}}},
      {"gemma", {{"head_dim", 64}}},
      {"gemma2", {{"sliding_window", 512}, {"attn_logit_softcapping", 50.0}, {"final_logit_softcapping", 30.0}, {"query_pre_attn_scalar", 32}}},
      {"gemma3_text", {{"sliding_window", 512}, {"sliding_window_pattern", 2}}},
      {"glm", {{"attention_bias", true}}},
      {"glm4", {{"attention_bias", true}}},
      {"gpt2", {{"n_embd", 256}, {"n_layer", 4}, {"n_head", 8}}},
      {"gpt_neox", {{"rotary_pct", 0.5}, {"num_key_value_heads", 8}}},
      {"gpt_oss", {{"num_local_experts", 8}, {"num_experts_per_tok", 2}, {"sliding_window", 512}}},
      {"granite", {{"embedding_multiplier", 3.0}, {"residual_multiplier", 0.5}, {"attention_multiplier", 0.2}, {"logits_scaling", 2.0}}},
      {"llama", json::object()},
      {"mistral", {{"sliding_window", 512}}},
      {"mixtral", {{"num_local_experts", 8}, {"num_experts_per_tok", 2}}},
      {"olmo2", json::object()},
      {"phi", {{"partial_rotary_factor", 0.5}, {"hidden_act", "gelu_new"}, {"num_key_value_heads", 8}}},
      {"phi3", json::object()},
      {"qwen2", json::object()},
      {"qwen2_moe", experts},
      {"qwen3", {{"head_dim", 64}, {"tie_word_embeddings", true}}},
      {"qwen3_moe", experts},
      {"smollm3", {{"no_rope_layers", {1, 1, 1, 0}}}},
      {"stablelm", {{"use_qkv_bias", true}}},
      {"starcoder2", {{"use_bias", true}, {"hidden_act", "gelu_pytorch_tanh"}}},
  };
  return table;
}

ModelConfig config_of(const std::string& family, const std::string& format) {
  constexpr int vocab = 8192, context = 8192;
  json config = {{"model_type", family}, {"vocab_size", vocab}, {"hidden_size", 256}, {"intermediate_size", 768}, {"num_hidden_layers", 4},
                 {"num_attention_heads", 8}, {"num_key_value_heads", 4}, {"max_position_embeddings", context}};
  if (family == "gpt2") config = {{"model_type", family}, {"vocab_size", vocab}, {"n_positions", context}};
  config.update(particulars().at(family));
  if (format == "q4") config["quantization"] = {{"bits", 4}, {"group_size", group_size}};
  return ModelConfig::parse(config.dump(), family + "/config.json");
}

/// Writes down what a model asks for.
class Inventory final : public nn::Parameters {
public:
  using Add = std::function<void(const std::string& path, const Shape& shape, bool is_matrix)>;

  Inventory(const DecoderSettings& settings, bool joined, Add add) : names_(settings.names), joined_(joined), add_(std::move(add)) {}

  bool has(const std::string& path) const override {
    const auto ends = [&](const std::string& name) { return path.ends_with(name + ".weight"); };
    return ends(names_.embedding) || ends(names_.head) || (joined_ && (ends("qkv_proj") || ends("gate_up_proj")));
  }

  std::unique_ptr<nn::Linear> linear(const std::string& path, std::int64_t in, std::int64_t out, nn::Bias bias) override {
    return std::make_unique<nn::FloatLinear>(matrix(path, {out, in}), added_bias(path, {out}, bias));
  }

  std::unique_ptr<nn::Linear> linear_rows(const std::string& path, std::int64_t in, nn::Rows rows, nn::Bias bias) override {
    return linear(path, in, rows.total, bias);
  }

  std::unique_ptr<nn::Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out, nn::Bias bias) override {
    return std::make_unique<nn::FloatExperts>(matrix(path, {count, out, in}), added_bias(path, {count, out}, bias));
  }

  std::shared_ptr<nn::Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) override {
    return std::make_shared<nn::FloatEmbedding>(matrix(path, {rows, size}));
  }

  Array tensor(const std::string& name, const Shape& shape) override {
    add_(name, shape, false);
    return nothing(shape);
  }

private:
  static Array nothing(const Shape& shape) { return Array(View{.buffer = nullptr, .offset = 0, .shape = shape, .strides = contiguous_strides(shape), .dtype = DType::bfloat16}); }

  Array matrix(const std::string& path, const Shape& shape) {
    add_(path, shape, true);
    return nothing(shape);
  }

  std::optional<Array> added_bias(const std::string& path, const Shape& shape, nn::Bias bias) {
    if (bias == nn::Bias::none) return std::nullopt;
    return tensor(path + ".bias", shape);
  }

  DecoderNames names_;
  bool joined_;
  Add add_;
};

}  // namespace

FamilyModel::FamilyModel(const std::string& family, const std::string& format) : description_(family + " " + format) {
  if (!particulars().contains(family)) fail(Errc::invalid_argument, "family '{}' is not known", family);
  if (format != "bf16" && format != "q4") fail(Errc::invalid_argument, "format '{}': bf16 and q4 are known", format);
  config_ = config_of(family, format);
  const DecoderSettings settings = describe_model(config_);
  const bool joined = family == "phi3" || family == "glm" || family == "glm4";
  Inventory inventory(settings, joined, [&](const std::string& path, const Shape& shape, bool is_matrix) {
    if (is_matrix) add_weight(path, shape, format == "q4" && shape.back() % group_size == 0);
    else add(path, DType::bfloat16, shape);
  });
  create_decoder(settings, inventory);
  place();
}

std::vector<std::string> FamilyModel::families() {
  std::vector<std::string> result;
  for (const auto& [family, keys] : particulars()) result.push_back(family);
  return result;
}

const StoredTensor* FamilyModel::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

std::vector<std::string> FamilyModel::names() const {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : tensors_) result.push_back(name);
  return result;
}

void FamilyModel::add(const std::string& name, DType dtype, const Shape& shape) {
  StoredTensor& tensor = tensors_[name];
  tensor.name = name;
  tensor.stored_dtype = safetensors_name(dtype);
  tensor.dtype = dtype;
  tensor.shape = shape;
  tensor.file = description_;
}

void FamilyModel::add_weight(const std::string& path, const Shape& shape, bool packed) {
  if (!packed) return add(path + ".weight", DType::bfloat16, shape);
  Shape codes = shape, groups = shape;
  codes.back() /= 8;
  groups.back() /= group_size;
  add(path + ".weight", DType::uint32, codes);
  add(path + ".scales", DType::bfloat16, groups);
  add(path + ".biases", DType::bfloat16, groups);
}

void FamilyModel::place() {
  constexpr std::size_t alignment = 256;
  const auto bytes_of = [](const StoredTensor& tensor) { return static_cast<std::size_t>(element_count(tensor.shape)) * size_of(*tensor.dtype); };
  std::size_t total = 0;
  for (const auto& [name, tensor] : tensors_) total += (bytes_of(tensor) + alignment - 1) / alignment * alignment;
  const auto file = MappedFile::outline(description_, {}, total);
  std::size_t at = 0;
  for (auto& [name, tensor] : tensors_) {
    tensor.bytes = file->bytes().subspan(at, bytes_of(tensor));
    tensor.mapping = file->bytes();
    tensor.keep_alive = file;
    at += (tensor.bytes.size() + alignment - 1) / alignment * alignment;
  }
}

}  // namespace etna::benchmarks
