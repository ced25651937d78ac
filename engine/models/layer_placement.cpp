#include "engine/models/layer_placement.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>

#include "engine/base/error.h"

namespace etna {

namespace {

// A part boundary costs a submit, a wait and two small copies; measured on an H200, where a token takes 2 to 20 ms.
constexpr double hand_over_seconds = 60e-6;

/// "12.self_attn…" → 12.
std::optional<std::size_t> leading_number(std::string_view text, std::size_t below) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end != text.data() + text.size() && *end == '.';
  return whole && number < below ? std::optional(number) : std::nullopt;
}

/// Whether a path below a layer is of experts that tokens choose.
bool is_of_chosen_experts(std::string_view path) {
  return path.find(".experts.") != path.npos || path.find(".switch_mlp.") != path.npos;
}

enum class Home { table, positions, layer, head, unused };

/// Says of a tensor where it belongs, by its name.
class Sorter {
public:
  struct Place {
    Home home = Home::unused;
    std::size_t layer = 0;
  };

  Sorter(const DecoderSettings& settings, std::set<std::string, std::less<>> names)
      : layers_(settings.layers.size()),
        stored_(stored_names(settings, [&](const std::string& path) {
          const auto next = names.lower_bound(path + ".");
          return next != names.end() && next->starts_with(path + ".");
        })) {}

  bool tied() const { return stored_.tied; }

  Place place(const std::string& tensor) const {
    const DecoderNames& names = stored_.names;
    const auto is_of = [&](const std::string& path) { return tensor.starts_with(path + "."); };
    if (is_of(stored_.table)) return {Home::table};
    if (!names.positions.empty() && is_of(names.root + names.positions)) return {Home::positions};
    if (is_of(names.root + names.final_norm) || (!stored_.tied && is_of(names.head))) return {Home::head};
    if (!tensor.starts_with(names.root + names.layers)) return {};
    const std::optional<std::size_t> layer = leading_number(below_layers(tensor), layers_);
    return layer ? Place{Home::layer, *layer} : Place{};
  }

  /// Of a layer's tensor: "12.mlp.up_proj.weight".
  std::string_view below_layers(std::string_view tensor) const {
    return tensor.substr(stored_.names.root.size() + stored_.names.layers.size());
  }

private:
  std::size_t layers_;
  StoredNames stored_;
};

std::uint64_t row_of(std::uint64_t bytes, std::int64_t rows) { return bytes / static_cast<std::uint64_t>(std::max<std::int64_t>(rows, 1)); }

/// The share of a mixture's experts that one token chooses.
double chosen_share(const DecoderSettings& settings) {
  if (!settings.moe) return 1;
  const nn::RouterSettings& router = settings.moe->router;
  return std::min(1.0, static_cast<double>(router.chosen) / static_cast<double>(std::max<std::int64_t>(router.experts, 1)));
}

double seconds(std::uint64_t bytes, double speed) { return static_cast<double>(bytes) / std::max(speed, 1.0); }

}  // namespace

void check_placement(const LayerPlacement& placement) {
  if (placement.on_device >= 0 && placement.on_device <= placement.layers) return;
  fail(Errc::invalid_argument, "{} layers on the device: the model has {}", placement.on_device, placement.layers);
}

PartBytes& PartBytes::operator+=(const PartBytes& other) {
  stored += other.stored;
  read += other.read;
  return *this;
}

std::uint64_t ModelBytes::stored() const { return bytes_in_one_place(*this).stored; }

ModelBytes measure_model(const DecoderSettings& settings, std::span<const TensorSize> tensors) {
  std::set<std::string, std::less<>> names;
  for (const TensorSize& tensor : tensors) names.insert(tensor.name);
  const Sorter sorter(settings, std::move(names));
  const double share = chosen_share(settings);
  ModelBytes model;
  model.layers.resize(settings.layers.size());
  std::uint64_t tokens = 0;  // of their table
  for (const auto& [name, bytes] : tensors) {
    const Sorter::Place place = sorter.place(name);
    switch (place.home) {
      case Home::table:
        model.table += {bytes, row_of(bytes, settings.vocab_size)};
        tokens += bytes;
        break;
      case Home::positions: model.table += {bytes, row_of(bytes, settings.max_position_embeddings)}; break;
      case Home::head: model.head += {bytes, bytes}; break;
      case Home::layer: {
        const bool chosen = is_of_chosen_experts(sorter.below_layers(name));
        model.layers[place.layer] += {bytes, chosen ? static_cast<std::uint64_t>(static_cast<double>(bytes) * share) : bytes};
        break;
      }
      case Home::unused: model.unused += bytes; break;
    }
  }
  if (sorter.tied()) {
    model.head += {tokens, tokens};
    model.tied = tokens;
  }
  return model;
}

std::vector<const StoredTensor*> tensors_of(const DecoderSettings& settings, const TensorSource& tensors, const DecoderPart& part) {
  std::vector<std::string> names = tensors.names();
  const Sorter sorter(settings, {names.begin(), names.end()});
  std::vector<const StoredTensor*> result;
  for (const std::string& name : names) {
    const Sorter::Place place = sorter.place(name);
    const auto layer = static_cast<std::int64_t>(place.layer);
    const bool is_of_part = (place.home == Home::layer && layer >= part.first && layer < part.end) ||
                            (place.home == Home::table && (part.begins || (part.ends && sorter.tied()))) ||
                            (place.home == Home::positions && part.begins) || (place.home == Home::head && part.ends);
    if (is_of_part) result.push_back(tensors.find(name));
  }
  return result;
}

ModelBytes measure_model(const DecoderSettings& settings, const TensorSource& tensors) {
  std::vector<TensorSize> sizes;
  for (std::string& name : tensors.names()) {
    const std::uint64_t bytes = tensors.find(name)->bytes.size();
    sizes.push_back({std::move(name), bytes});
  }
  return measure_model(settings, sizes);
}

PlacedParts placed_parts(const LayerPlacement& placement) {
  const std::int64_t first = placement.first_on_device();
  return {.processor = {.first = 0, .end = first, .begins = true, .ends = false},
          .device = {.first = first, .end = placement.layers, .begins = false, .ends = true}};
}

PlacedBytes placed_bytes(const ModelBytes& model, const LayerPlacement& placement, std::span<const std::uint64_t> cache) {
  check_placement(placement);
  if (placement.on_device == 0) return {{}, bytes_in_one_place(model, cache)};
  PlacedBytes placed{model.head, model.table};
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    PartBytes& side = static_cast<std::int64_t>(i) < placement.first_on_device() ? placed.processor : placed.device;
    side += model.layers[i];
    if (i < cache.size()) side += {cache[i], cache[i]};
  }
  return placed;
}

PartBytes bytes_in_one_place(const ModelBytes& model, std::span<const std::uint64_t> cache) {
  PartBytes all = model.table;
  all += model.head;
  all.stored -= model.tied;
  for (const PartBytes& layer : model.layers) all += layer;
  for (const std::uint64_t bytes : cache) all += {bytes, bytes};
  return all;
}

double expected_slowdown(const ModelBytes& model, const LayerPlacement& placement, const ReadSpeeds& speeds,
                         std::span<const std::uint64_t> cache) {
  const PlacedBytes placed = placed_bytes(model, placement, cache);
  const double whole = seconds(bytes_in_one_place(model, cache).read, speeds.device);
  const double hand_over = placement.on_device > 0 ? hand_over_seconds : 0;
  const double split = seconds(placed.device.read, speeds.device) + seconds(placed.processor.read, speeds.processor) + hand_over;
  return whole > 0 ? split / whole : 1;
}

}  // namespace etna
