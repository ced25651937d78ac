#include <array>
#include <utility>

#include "engine/base/error.h"
#include "engine/models/decoder.h"
#include "engine/models/families.h"
#include "engine/models/rope_keys.h"

namespace etna {

namespace {

constexpr std::int64_t longest_window = std::int64_t{1} << 32;

}  // namespace

UnaryKind read_activation(const ConfigKeys& keys, const char* key, const char* fallback) {
  constexpr std::array<std::pair<std::string_view, UnaryKind>, 7> known{{{"silu", UnaryKind::silu},
                                                                         {"swish", UnaryKind::silu},
                                                                         {"gelu", UnaryKind::gelu},
                                                                         {"gelu_new", UnaryKind::gelu_approximate},
                                                                         {"gelu_fast", UnaryKind::gelu_approximate},
                                                                         {"gelu_pytorch_tanh", UnaryKind::gelu_approximate},
                                                                         {"gelu_python", UnaryKind::gelu}}};
  const std::string name = keys.text(key, fallback);
  for (const auto& [word, kind] : known) {
    if (name == word) return kind;
  }
  keys.refuse(key, "known are silu, gelu, gelu_new and gelu_pytorch_tanh");
}

std::vector<LayerSettings> uniform_layers(const ModelConfig& config) {
  return std::vector<LayerSettings>(static_cast<std::size_t>(config.num_hidden_layers));
}

std::int64_t read_window(const ConfigKeys& keys) { return keys.integer("sliding_window", 1, longest_window, 0); }

std::vector<LayerSettings> layers_by_type(const ModelConfig& config, const std::function<bool(std::size_t)>& slides) {
  const std::vector<std::string> types = config.keys.texts("layer_types");
  const std::int64_t window = read_window(config.keys);
  std::vector<LayerSettings> layers = uniform_layers(config);
  if (!types.empty() && types.size() < layers.size()) {
    fail(Errc::corrupt, "{}: layer_types has {} entries for {} layers", config.file, types.size(), layers.size());
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    bool sliding = slides(i);
    if (!types.empty()) {
      sliding = types[i] == "sliding_attention";
      if (!sliding && types[i] != "full_attention") config.keys.refuse("layer_types", "full_attention and sliding_attention are; one entry is '" + types[i] + "'");
    }
    if (!sliding) continue;
    if (window == 0) fail(Errc::corrupt, "{}: layer {} slides, but sliding_window is absent", config.file, i);
    layers[i].window = window;
  }
  return layers;
}

DecoderSettings usual_decoder(const ModelConfig& config) {
  const ConfigKeys& keys = config.keys;
  DecoderSettings settings;
  settings.vocab_size = config.vocab_size;
  settings.hidden_size = config.hidden_size;
  settings.max_position_embeddings = config.max_position_embeddings;
  settings.tied_head = config.tie_word_embeddings;
  settings.norm.eps = static_cast<float>(keys.number("rms_norm_eps", 0, 1, 1e-6));
  settings.attention.hidden_size = config.hidden_size;
  settings.attention.heads = config.num_attention_heads;
  settings.attention.kv_heads = config.num_key_value_heads;
  settings.attention.head_dim = config.head_dim;
  if (keys.boolean("attention_bias", false)) settings.attention.qkv_bias = settings.attention.o_bias = nn::Bias::present;
  settings.attention.norm = settings.norm;
  settings.mlp.hidden_size = config.hidden_size;
  settings.mlp.intermediate_size = config.intermediate_size;
  settings.mlp.activation = read_activation(keys, "hidden_act", "silu");
  settings.mlp.bias = keys.boolean("mlp_bias", false) ? nn::Bias::present : nn::Bias::none;
  settings.ropes = {read_rope(config)};
  settings.layers = layers_by_type(config, [](std::size_t) { return false; });
  return settings;
}

}  // namespace etna
