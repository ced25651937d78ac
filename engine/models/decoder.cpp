#include "engine/models/decoder.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

Array scaled(const Array& x, float factor) {
  return factor == 1 ? x : multiply(x, Array::scalar(factor, x.dtype()));
}

std::optional<nn::Norm> load_norm(nn::Parameters& parameters, const std::string& layer, const std::string& name, const DecoderSettings& settings) {
  if (name.empty()) return std::nullopt;
  return nn::Norm(parameters, layer + name, settings.hidden_size, settings.norm);
}

/// Attention and feed-forward, each added to what comes in; norms stand before, after or on both sides.
class Block {
public:
  Block(const DecoderSettings& settings, nn::Parameters& parameters, std::size_t index)
      : parallel_(settings.parallel), residual_scale_(settings.residual_scale) {
    const DecoderNames& names = settings.names;
    const std::string path = names.root + names.layers + std::to_string(index) + ".";
    before_attention_ = load_norm(parameters, path, names.norm_before_attention, settings);
    if (settings.latent) latent_.emplace(parameters, path + names.attention, *settings.latent);
    else attention_.emplace(parameters, path + names.attention, settings.attention);
    after_attention_ = load_norm(parameters, path, names.norm_after_attention, settings);
    before_mlp_ = load_norm(parameters, path, names.norm_before_mlp, settings);
    if (settings.layers[index].is_moe) moe_.emplace(parameters, path + names.mlp, *settings.moe);
    else mlp_.emplace(parameters, path + names.mlp, settings.mlp);
    after_mlp_ = load_norm(parameters, path, names.norm_after_mlp, settings);
  }

  Array operator()(const Array& x, const nn::KvCache& cache, const Array& offsets, const nn::LayerRope& rope) const {
    const Array input = normed(before_attention_, x);
    const Array mixed = normed(after_attention_, attend(input, cache, offsets, rope));
    if (parallel_) {
      const Array fed = normed(after_mlp_, feed_forward(before_mlp_ ? (*before_mlp_)(x) : input));
      return add(x, scaled(add(mixed, fed), residual_scale_));
    }
    const Array h = add(x, scaled(mixed, residual_scale_));
    return add(h, scaled(normed(after_mlp_, feed_forward(normed(before_mlp_, h))), residual_scale_));
  }

private:
  static Array normed(const std::optional<nn::Norm>& norm, const Array& x) { return norm ? (*norm)(x) : x; }

  Array attend(const Array& x, const nn::KvCache& cache, const Array& offsets, const nn::LayerRope& rope) const {
    return latent_ ? (*latent_)(x, cache, offsets, rope) : (*attention_)(x, cache, offsets, rope);
  }

  Array feed_forward(const Array& x) const { return moe_ ? (*moe_)(x) : (*mlp_)(x); }

  bool parallel_;
  float residual_scale_;
  std::optional<nn::Norm> before_attention_, after_attention_, before_mlp_, after_mlp_;
  std::optional<nn::Attention> attention_;
  std::optional<nn::LatentAttention> latent_;
  std::optional<nn::Mlp> mlp_;
  std::optional<nn::Moe> moe_;
};

class Decoder : public Model {
public:
  Decoder(DecoderSettings settings, nn::Parameters& parameters, const DecoderPart& part)
      : settings_(std::move(settings)), part_(part) {
    const auto has_weight = [&](const std::string& path) { return parameters.has_weight(path); };
    const StoredNames stored = stored_names(settings_, has_weight);
    settings_.names = stored.names;
    const DecoderNames& names = settings_.names;
    if (part.begins || (part.ends && stored.tied)) {
      embedding_ = parameters.embedding(stored.table, settings_.vocab_size, settings_.hidden_size);
    }
    if (part.begins && !names.positions.empty()) {
      positions_ = parameters.embedding(names.root + names.positions, settings_.max_position_embeddings, settings_.hidden_size);
    }
    for (std::int64_t i = part.first; i < part.end; ++i) blocks_.emplace_back(settings_, parameters, static_cast<std::size_t>(i));
    if (part.ends) norm_.emplace(parameters, names.root + names.final_norm, settings_.hidden_size, settings_.norm);
    if (part.ends && !stored.tied) {
      head_ = parameters.linear(names.head, settings_.hidden_size, settings_.vocab_size, settings_.head_bias ? nn::Bias::present : nn::Bias::none);
    }
  }

  std::vector<CacheShape> cache_shapes() const override {
    const std::vector<CacheShape> all = etna::cache_shapes(settings_);
    return {all.begin() + part_.first, all.begin() + part_.end};
  }

  const std::vector<nn::RopeSettings>& ropes() const override { return settings_.ropes; }

  Array hidden_states(const Forward& in) const override {
    Array x = part_.begins ? embedded(in) : in.input;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const Layer layer = [&, rope = rope_of(static_cast<std::size_t>(part_.first) + i, in)](const Array& rows) {
        return blocks_[i](rows, in.caches[i], in.offsets, rope);
      };
      x = in.apply ? in.apply(layer, x) : layer(x);
    }
    return norm_ ? (*norm_)(x) : x;
  }

  Array logits(const Array& hidden) const override {
    const Array raw = scaled(head_ ? (*head_)(hidden) : embedding_->as_linear(hidden), settings_.logit_scale);
    return settings_.logit_softcap > 0 ? softcap(raw, settings_.logit_softcap) : raw;
  }

private:
  Array embedded(const Forward& in) const {
    Array x = (*embedding_)(in.input, in.activations);
    if (positions_) {
      const std::int64_t length = in.input.shape(1);
      const Array positions = add(reshape(in.offsets, {-1, 1}), reshape(arange(length), {1, length}));
      x = add(x, (*positions_)(positions, in.activations));
    }
    return scaled(x, settings_.embedding_scale);
  }

  nn::LayerRope rope_of(std::size_t layer, const Forward& in) const {
    const int index = settings_.layers[layer].rope;
    if (index < 0) return {};
    const nn::RopeSettings& rope = settings_.ropes[static_cast<std::size_t>(index)];
    return {.frequencies = in.frequencies[static_cast<std::size_t>(index)],
            .magnitude = nn::rope_magnitude(rope),
            .adjacent_pairs = rope.adjacent_pairs};
  }

  DecoderSettings settings_;
  DecoderPart part_;
  std::shared_ptr<nn::Embedding> embedding_, positions_;  // null: not of this part, or there is none
  std::vector<Block> blocks_;
  std::optional<nn::Norm> norm_;
  std::unique_ptr<nn::Linear> head_;  // null: not of this part, or tied
};

}  // namespace

StoredNames stored_names(const DecoderSettings& settings, const std::function<bool(const std::string&)>& has_weight) {
  StoredNames stored{settings.names, {}, false};
  DecoderNames& names = stored.names;
  const auto has_root = [&](const std::string& root) { return has_weight(root + names.embedding); };
  if (!has_root(names.root)) {
    for (const std::string& root : {"language_model." + names.root, "model.language_model." + std::string(), std::string()}) {
      if (!has_root(root)) continue;
      names.root = root;
      const std::string head = "language_model." + names.head;
      if (!has_weight(names.head) && has_weight(head)) names.head = head;
      break;
    }
  }
  stored.table = names.root + names.embedding;
  stored.tied = settings.tied_head.value_or(!has_weight(names.head));
  if (stored.tied && !has_weight(stored.table) && has_weight(names.head)) stored.table = names.head;
  return stored;
}

std::vector<CacheShape> cache_shapes(const DecoderSettings& settings) {
  std::vector<CacheShape> shapes;
  for (const LayerSettings& layer : settings.layers) {
    if (settings.latent) {
      shapes.push_back({.kv_heads = settings.latent->heads, .key_dim = settings.latent->key_dim(), .value_dim = settings.latent->value_dim, .window = layer.window});
      continue;
    }
    shapes.push_back({.kv_heads = settings.attention.kv_heads, .key_dim = settings.attention.head_dim, .value_dim = 0, .window = layer.window});
  }
  return shapes;
}

std::unique_ptr<Model> create_decoder(DecoderSettings settings, nn::Parameters& parameters) {
  const auto layers = static_cast<std::int64_t>(settings.layers.size());
  return create_decoder(std::move(settings), parameters, {.first = 0, .end = layers});
}

std::unique_ptr<Model> create_decoder(DecoderSettings settings, nn::Parameters& parameters, const DecoderPart& part) {
  return std::make_unique<Decoder>(std::move(settings), parameters, part);
}

}  // namespace etna
