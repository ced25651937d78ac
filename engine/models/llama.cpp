#include "engine/base/error.h"
#include "engine/models/families.h"
#include "engine/nn/attention.h"
#include "engine/nn/mlp.h"
#include "engine/nn/rope.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/norm.h"

namespace etna {

namespace {

/// x + attention(norm(x)), then x + mlp(norm(x)).
class Block {
public:
  Block(const ModelConfig& config, nn::Parameters& parameters, const std::string& path)
      : eps_(static_cast<float>(config.rms_norm_eps)),
        input_norm_(parameters.vector(path + ".input_layernorm.weight", config.hidden_size)),
        attention_(parameters, path + ".self_attn",
                   {.hidden_size = config.hidden_size,
                    .heads = config.num_attention_heads,
                    .kv_heads = config.num_key_value_heads,
                    .head_dim = config.head_dim,
                    .bias = config.attention_bias ? nn::Bias::present : nn::Bias::none}),
        post_attention_norm_(parameters.vector(path + ".post_attention_layernorm.weight", config.hidden_size)),
        mlp_(parameters, path + ".mlp", config.hidden_size, config.intermediate_size, config.mlp_bias ? nn::Bias::present : nn::Bias::none) {}

  Array operator()(const Array& x, const nn::KvCache& cache, const Array& offsets, const Array& frequencies) const {
    const Array h = add(x, attention_(rms_norm(x, input_norm_, eps_), cache, offsets, frequencies));
    return add(h, mlp_(rms_norm(h, post_attention_norm_, eps_)));
  }

private:
  float eps_;
  Array input_norm_;
  nn::Attention attention_;
  Array post_attention_norm_;
  nn::SwigluMlp mlp_;
};

nn::RopeSettings rope_settings(const ModelConfig& config) {
  return {.type = config.rope.type,
          .dimensions = config.head_dim,
          .theta = config.rope.theta,
          .factor = config.rope.factor,
          .low_freq_factor = config.rope.low_freq_factor,
          .high_freq_factor = config.rope.high_freq_factor,
          .original_max_position_embeddings = config.rope.original_max_position_embeddings};
}

class Llama : public Model {
public:
  Llama(const ModelConfig& config, nn::Parameters& parameters)
      : config_(config), frequencies_(Array::from(nn::rope_frequencies(rope_settings(config)), {config.head_dim / 2})) {
    // A tied table may be stored under either name.
    const bool tied = config.tie_word_embeddings;
    const bool under_head = tied && !parameters.has("model.embed_tokens.weight") && parameters.has("lm_head.weight");
    embedding_ = parameters.embedding(under_head ? "lm_head" : "model.embed_tokens", config.vocab_size, config.hidden_size);
    for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) blocks_.emplace_back(config, parameters, "model.layers." + std::to_string(i));
    norm_.emplace(parameters.vector("model.norm.weight", config.hidden_size));
    if (!tied) head_ = parameters.linear("lm_head", config.hidden_size, config.vocab_size, nn::Bias::none);
  }

  std::vector<CacheShape> cache_shapes() const override {
    return std::vector<CacheShape>(blocks_.size(), {config_.num_key_value_heads, config_.head_dim});
  }

  Array hidden_states(const Array& ids, std::span<const nn::KvCache> caches, const Array& offsets, DType activations) const override {
    Array x = (*embedding_)(ids, activations);
    for (std::size_t i = 0; i < blocks_.size(); ++i) x = blocks_[i](x, caches[i], offsets, frequencies_);
    return rms_norm(x, *norm_, static_cast<float>(config_.rms_norm_eps));
  }

  Array logits(const Array& hidden) const override { return head_ ? (*head_)(hidden) : embedding_->as_linear(hidden); }

private:
  ModelConfig config_;
  Array frequencies_;
  std::shared_ptr<nn::Embedding> embedding_;
  std::vector<Block> blocks_;
  std::optional<Array> norm_;
  std::unique_ptr<nn::Linear> head_;  // null: tied
};

}  // namespace

std::unique_ptr<Model> create_llama(const ModelConfig& config, nn::Parameters& parameters) {
  if (config.hidden_act != "silu") {
    fail(Errc::unsupported, "{}: hidden_act '{}' is not supported for {}; silu is", config.file, config.hidden_act, config.model_type);
  }
  return std::make_unique<Llama>(config, parameters);
}

}  // namespace etna
