#include "engine/models/families.h"

namespace etna {

/// Sinks, alternating windows, biases, a mixture with a clipped gate in each block. Source: arXiv:2508.10925.
DecoderSettings gpt_oss(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  const ConfigKeys& keys = config.keys;
  const nn::Bias bias = keys.boolean("attention_bias", true) ? nn::Bias::present : nn::Bias::none;
  settings.attention.qkv_bias = settings.attention.o_bias = bias;
  settings.attention.has_sinks = true;
  settings.layers = layers_by_type(config, [](std::size_t i) { return i % 2 == 0; });
  if (keys.number("swiglu_limit", 0, 1e9, 7) != 7) keys.refuse("swiglu_limit", "7 is");
  const char* chosen = keys.has("num_experts_per_tok") ? "num_experts_per_tok" : "experts_per_token";
  settings.moe = nn::MoeSettings{.hidden_size = config.hidden_size,
                                 .intermediate_size = config.intermediate_size,
                                 .experts_name = "experts",
                                 .gate = GateKind::clipped_swiglu,
                                 .bias = nn::Bias::present,
                                 .router = {.name = "router",
                                            .bias = nn::Bias::present,
                                            .experts = keys.integer("num_local_experts", 1, 4096, 128),
                                            .chosen = keys.integer(chosen, 1, 4096, 4)}};
  for (LayerSettings& layer : settings.layers) layer.is_moe = true;
  settings.wide_range = true;
  return settings;
}

}  // namespace etna
