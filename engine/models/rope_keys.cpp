#include "engine/models/rope_keys.h"

#include <array>
#include <string_view>
#include <utility>

#include "engine/base/error.h"

namespace etna {

namespace {

constexpr double largest = 1e12;

/// Names that mean the same.
std::string type_named(const ConfigKeys& keys) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> aliases{
      {{"su", "longrope"}, {"mrope", "default"}, {"deepseek_yarn", "yarn"}, {"none", "default"}}};
  const std::string type = keys.text("rope_type", keys.text("type", "default"));
  for (const auto& [alias, meaning] : aliases) {
    if (type == alias) return std::string(meaning);
  }
  return type;
}

void read_lengths(const ModelConfig& config, const ConfigKeys& keys, nn::RopeSettings& rope) {
  const auto trained = static_cast<double>(config.max_position_embeddings);
  const std::optional<double> original = keys.optional_number("original_max_position_embeddings", 1, largest);
  // Phi-3 keeps it beside the object.
  const std::optional<double> beside = config.keys.optional_number("original_max_position_embeddings", 1, largest);
  const double fallback = rope.type == "llama3" ? rope.original_max_position_embeddings : trained;
  rope.original_max_position_embeddings = rope.type == "dynamic" ? trained : original.value_or(beside.value_or(fallback));
  const std::optional<double> factor = keys.optional_number("factor", 1e-6, 1e6);
  const bool by_lengths = rope.type == "longrope" || rope.type == "yarn";
  const bool longrope_lengths = rope.type == "longrope" && (original || beside);
  rope.factor = factor.value_or(by_lengths ? trained / rope.original_max_position_embeddings : 1);
  if (longrope_lengths) rope.factor = trained / rope.original_max_position_embeddings;
}

void read_scaling(const ModelConfig& config, const ConfigKeys& keys, nn::RopeSettings& rope) {
  rope.theta = keys.number("rope_theta", 1, largest, rope.theta);
  rope.type = type_named(keys);
  read_lengths(config, keys, rope);
  rope.low_freq_factor = keys.number("low_freq_factor", 1e-6, 1e6, rope.low_freq_factor);
  rope.high_freq_factor = keys.number("high_freq_factor", 1e-6, 1e6, rope.high_freq_factor);
  rope.beta_fast = keys.number("beta_fast", 1e-6, 1e6, rope.beta_fast);
  rope.beta_slow = keys.number("beta_slow", 1e-6, 1e6, rope.beta_slow);
  rope.truncate = keys.boolean("truncate", rope.truncate);
  rope.mscale = keys.optional_number("mscale", 0, 1e3);
  rope.mscale_all_dim = keys.optional_number("mscale_all_dim", 0, 1e3);
  rope.attention_factor = keys.optional_number("attention_factor", 1e-6, 1e3);
  rope.short_factor = keys.numbers("short_factor");
  rope.long_factor = keys.numbers("long_factor");
  rope.divisors = keys.numbers("frequency_divisors");
  for (const auto* factors : {&rope.short_factor, &rope.long_factor, &rope.divisors}) {
    for (const double factor : *factors) {
      if (!(factor > 0)) fail(Errc::corrupt, "{}: the factors of {} must be above 0, one is {}", config.file, rope.type, factor);
    }
  }
  if (rope.type == "llama3" && !(rope.high_freq_factor > rope.low_freq_factor)) {
    fail(Errc::corrupt, "{}: rope scaling: high_freq_factor {} is not above low_freq_factor {}", config.file,
         rope.high_freq_factor, rope.low_freq_factor);
  }
}

std::optional<ConfigKeys> scaling_keys(const ModelConfig& config, const char* layer_type) {
  const ConfigKeys& keys = config.keys;
  if (auto parameters = keys.object("rope_parameters")) {
    keys.object("rope_scaling");  // kept by some writers beside the new spelling
    if (auto of_type = parameters->object(layer_type)) return of_type;
    return parameters;
  }
  return keys.object("rope_scaling");
}

}  // namespace

nn::RopeSettings read_rope(const ModelConfig& config, const RopeDefaults& defaults, const char* layer_type) {
  nn::RopeSettings rope;
  rope.adjacent_pairs = config.stored_form.rotary_pairs_adjacent;
  rope.theta = config.keys.number("rope_theta", 1, largest, defaults.theta);
  double share = config.keys.number("partial_rotary_factor", 0, 1, config.keys.number("rotary_pct", 0, 1, defaults.rotated_share));
  if (const auto keys = scaling_keys(config, layer_type)) {
    share = keys->number("partial_rotary_factor", 0, 1, share);
    read_scaling(config, *keys, rope);
  }
  // A proportional rope spans the whole head; the pairs beyond the share stand still.
  if (rope.type == "proportional") rope.rotated_share = std::exchange(share, 1.0);
  rope.dimensions = static_cast<std::int64_t>(static_cast<double>(defaults.head_dim > 0 ? defaults.head_dim : config.head_dim) * share) / 2 * 2;
  if (rope.dimensions == 0) config.keys.refuse("partial_rotary_factor", "no element would rotate");
  nn::rope_table(rope, 1);  // refuses unknown types and wrong numbers of factors before weights are read
  nn::rope_table(rope, nn::any_length);
  return rope;
}

}  // namespace etna
