#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/models/model.h"
#include "engine/nn/attention.h"
#include "engine/nn/latent_attention.h"
#include "engine/nn/mlp.h"
#include "engine/nn/moe.h"
#include "engine/nn/norm.h"
#include "engine/nn/rope.h"

namespace etna {

/// Names of a decoder's tensors. Norms whose name is empty do not exist; which do makes the form of a block:
/// before a layer (Llama), after it (OLMo 2), or both (Gemma 2).
struct DecoderNames {
  std::string root = "model.";            ///< before the next four; files of models that also see put more before it
  std::string embedding = "embed_tokens";
  std::string positions;                  ///< a table of positions that is added to the embedding (GPT-2)
  std::string layers = "layers.";
  std::string final_norm = "norm";
  std::string head = "lm_head";

  // Below a layer.
  std::string attention = "self_attn";
  std::string mlp = "mlp";
  std::string norm_before_attention = "input_layernorm";
  std::string norm_after_attention;
  std::string norm_before_mlp = "post_attention_layernorm";
  std::string norm_after_mlp;
};

/// What may differ from layer to layer.
struct LayerSettings {
  std::int64_t window = 0;  ///< positions a query sees; 0: all
  int rope = 0;             ///< index into DecoderSettings::ropes; -1: positions are not rotated
  bool is_moe = false;
};

/// Everything that tells one family of decoders from another. A family is a function from a configuration to this
/// (D6); quantization, caches and adapters are applied from outside.
struct DecoderSettings {
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t max_position_embeddings = 0;
  DecoderNames names;

  float embedding_scale = 1;
  float residual_scale = 1;  ///< of what a layer adds
  float logit_scale = 1;
  float logit_softcap = 0;   ///< 0: none
  std::optional<bool> tied_head;  ///< the embedding is the output layer as well; none: where the file has no other
  bool head_bias = false;

  nn::NormSettings norm;
  bool parallel = false;     ///< attention and feed-forward both read the block's input
  nn::AttentionSettings attention;
  std::optional<nn::LatentAttentionSettings> latent;  ///< instead of `attention`
  std::vector<nn::RopeSettings> ropes;
  nn::MlpSettings mlp;
  std::optional<nn::MoeSettings> moe;
  std::vector<LayerSettings> layers;

  bool wide_range = false;   ///< activations leave float16's range: half precision means bfloat16
};

/// What the keys of most configurations mean: sizes, tied head, biases (attention_bias, mlp_bias), rms_norm_eps,
/// hidden_act, rope, layer_types and sliding_window. Families change what differs.
DecoderSettings usual_decoder(const ModelConfig& config);

/// The settings of config.model_type, without weights. Throws unsupported (an unknown type, listing the known ones; a key
/// that changes the mathematics and is not understood) and corrupt.
DecoderSettings describe_model(const ModelConfig& config);

/// What the layers' caches must hold.
std::vector<CacheShape> cache_shapes(const DecoderSettings& settings);

/// What a file calls what stands around the layers, and what is there.
struct StoredNames {
  DecoderNames names;  ///< with the root that this file has: files of models that also see put more before it
  std::string table;   ///< path of the table of tokens; a tied one may be stored as the output layer
  bool tied = false;   ///< the table is the output layer as well
};

/// `has_weight`: whether the file has a module's weight.
StoredNames stored_names(const DecoderSettings& settings, const std::function<bool(const std::string& path)>& has_weight);

/// A run of layers, with what stands before and behind them.
struct DecoderPart {
  std::int64_t first = 0;  ///< layers [first, end)
  std::int64_t end = 0;
  bool begins = true;      ///< with ids: has the table of tokens; else with hidden rows of the part before
  bool ends = true;        ///< with logits: has the last norm and the output layer; else with hidden rows
};

std::unique_ptr<Model> create_decoder(DecoderSettings settings, nn::Parameters& parameters);

/// Asks `parameters` for the weights of this part alone. Parts share nothing: each may lie on a backend of its own.
std::unique_ptr<Model> create_decoder(DecoderSettings settings, nn::Parameters& parameters, const DecoderPart& part);

}  // namespace etna
