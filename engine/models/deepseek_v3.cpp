#include <cmath>

#include "engine/models/families.h"
#include "engine/models/rope_keys.h"

namespace etna {

namespace {

nn::LatentAttentionSettings latent_attention(const ModelConfig& config, const nn::RopeSettings& rope) {
  const ConfigKeys& keys = config.keys;
  constexpr std::int64_t widest = 1 << 20;
  nn::LatentAttentionSettings settings;
  settings.hidden_size = config.hidden_size;
  settings.heads = config.num_attention_heads;
  settings.q_rank = keys.integer("q_lora_rank", 0, widest, 0);
  settings.kv_rank = keys.integer("kv_lora_rank", 1, widest);
  settings.plain_dim = keys.integer("qk_nope_head_dim", 1, widest);
  settings.rotated_dim = rope.dimensions;
  settings.value_dim = keys.integer("v_head_dim", 1, widest);
  settings.bias = keys.boolean("attention_bias", false) ? nn::Bias::present : nn::Bias::none;
  settings.norm.eps = 1e-6f;
  double scale = 1 / std::sqrt(static_cast<double>(settings.key_dim()));
  // YaRN's attention temperature goes into the scores here.
  if (rope.type == "yarn" && rope.mscale_all_dim.value_or(0) != 0 && rope.factor > 1) {
    const double temperature = 0.1 * *rope.mscale_all_dim * std::log(rope.factor) + 1;
    scale *= temperature * temperature;
  }
  settings.scale = static_cast<float>(scale);
  return settings;
}

nn::MoeSettings mixture(const ModelConfig& config) {
  const ConfigKeys& keys = config.keys;
  nn::MoeSettings moe;
  moe.hidden_size = config.hidden_size;
  moe.intermediate_size = keys.integer("moe_intermediate_size", 1, 1 << 24);
  const char* count = keys.has("n_routed_experts") ? "n_routed_experts" : "num_local_experts";
  moe.router.experts = keys.integer(count, 1, 4096);
  moe.router.chosen = keys.integer("num_experts_per_tok", 1, 4096, 8);
  moe.router.scoring = nn::Scoring::sigmoid;
  moe.router.normalize = keys.boolean("norm_topk_prob", true) ? nn::Normalize::yes : nn::Normalize::no;
  moe.router.scale = keys.number("routed_scaling_factor", -1e6, 1e6, 2.5);
  moe.router.correction = true;
  moe.router.groups = keys.integer("n_group", 1, 4096, 8);
  moe.router.chosen_groups = keys.integer("topk_group", 1, 4096, 4);
  if (const std::int64_t shared = keys.integer("n_shared_experts", 0, 4096, 1); shared > 0) {
    moe.shared = nn::SharedExpertSettings{.name = "shared_experts", .intermediate_size = shared * moe.intermediate_size, .gate_name = ""};
  }
  return moe;
}

}  // namespace

/// Latent attention, and behind the first layers a mixture chosen by sigmoids in groups. Source: arXiv:2412.19437.
DecoderSettings deepseek_v3(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  const ConfigKeys& keys = config.keys;
  nn::RopeSettings rope = read_rope(config, {.head_dim = keys.integer("qk_rope_head_dim", 2, 1 << 20)});
  rope.adjacent_pairs = keys.boolean("rope_interleave", true);
  settings.latent = latent_attention(config, rope);
  settings.ropes = {rope};
  settings.moe = mixture(config);
  const auto dense = static_cast<std::size_t>(keys.integer("first_k_dense_replace", 0, 4096, 3));
  for (std::size_t i = dense; i < settings.layers.size(); ++i) settings.layers[i].is_moe = true;
  return settings;
}

}  // namespace etna
