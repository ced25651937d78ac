#include <algorithm>

#include "engine/models/families.h"

namespace etna {

namespace {

/// Adds the mixture to Qwen2 or Qwen3: every decoder_sparse_step-th layer but those of mlp_only_layers.
DecoderSettings with_experts(DecoderSettings settings, const ModelConfig& config, bool normalizes) {
  const ConfigKeys& keys = config.keys;
  const char* count = keys.has("num_experts") ? "num_experts" : "num_local_experts";
  const std::int64_t experts = keys.integer(count, 0, 4096);
  if (experts == 0) return settings;
  settings.moe = nn::MoeSettings{.hidden_size = config.hidden_size,
                                 .intermediate_size = keys.integer("moe_intermediate_size", 1, 1 << 24),
                                 .router = {.experts = experts,
                                            .chosen = keys.integer("num_experts_per_tok", 1, 4096),
                                            .normalize = keys.boolean("norm_topk_prob", normalizes) ? nn::Normalize::yes : nn::Normalize::no}};
  const std::vector<std::int64_t> dense = keys.integers("mlp_only_layers");
  const std::int64_t step = keys.integer("decoder_sparse_step", 1, 4096, 1);
  for (std::size_t i = 0; i < settings.layers.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    settings.layers[i].is_moe = std::ranges::find(dense, index) == dense.end() && (index + 1) % step == 0;
  }
  return settings;
}

}  // namespace

/// Qwen2's blocks with experts and one that sees every token behind a gate. Source: arXiv:2407.10671.
DecoderSettings qwen2_moe(const ModelConfig& config) {
  DecoderSettings settings = with_experts(qwen2(config), config, false);
  if (settings.moe) {
    settings.moe->shared = nn::SharedExpertSettings{.name = "shared_expert",
                                                    .intermediate_size = config.keys.integer("shared_expert_intermediate_size", 1, 1 << 24),
                                                    .gate_name = "shared_expert_gate"};
  }
  return settings;
}

/// Qwen3's blocks with experts. Source: arXiv:2505.09388.
DecoderSettings qwen3_moe(const ModelConfig& config) {
  DecoderSettings settings = with_experts(qwen3(config), config, false);
  // Unlike its dense sibling: all layers slide where any does.
  const bool slides = config.keys.boolean("use_sliding_window", false) && read_window(config.keys) > 0;
  for (LayerSettings& layer : settings.layers) layer.window = slides ? read_window(config.keys) : 0;
  return settings;
}

}  // namespace etna
