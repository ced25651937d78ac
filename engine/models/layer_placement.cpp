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

/// Sorts one model's tensors.
class Measure {
public:
  Measure(const DecoderSettings& settings, std::span<const TensorSize> tensors) : settings_(settings) {
    for (const TensorSize& tensor : tensors) names_.insert(tensor.name);
    stored_ = stored_names(settings, [this](const std::string& path) { return has_module(path); });
    bytes_.layers.resize(settings.layers.size());
    for (const TensorSize& tensor : tensors) sort(tensor);
    if (stored_.tied) {
      bytes_.head += {tokens_, tokens_};
      bytes_.tied = tokens_;
    }
  }

  const ModelBytes& bytes() const { return bytes_; }

private:
  bool has_module(const std::string& path) const {
    const auto next = names_.lower_bound(path + ".");
    return next != names_.end() && next->starts_with(path + ".");
  }

  void sort(const TensorSize& tensor) {
    const DecoderNames& names = stored_.names;
    const auto is_of = [&](const std::string& path) { return tensor.name.starts_with(path + "."); };
    const std::string layers = names.root + names.layers;
    const auto rows = static_cast<std::uint64_t>(std::max<std::int64_t>(settings_.vocab_size, 1));
    if (is_of(stored_.table)) {
      bytes_.table += {tensor.bytes, tensor.bytes / rows};
      tokens_ += tensor.bytes;
    } else if (!names.positions.empty() && is_of(names.root + names.positions)) {
      bytes_.table += {tensor.bytes, tensor.bytes / static_cast<std::uint64_t>(std::max<std::int64_t>(settings_.max_position_embeddings, 1))};
    } else if (is_of(names.root + names.final_norm) || (!stored_.tied && is_of(names.head))) {
      bytes_.head += {tensor.bytes, tensor.bytes};
    } else if (const auto layer = tensor.name.starts_with(layers)
                                      ? leading_number(std::string_view(tensor.name).substr(layers.size()), bytes_.layers.size())
                                      : std::nullopt) {
      bytes_.layers[*layer] += {tensor.bytes, read_of(std::string_view(tensor.name).substr(layers.size()), tensor.bytes)};
    } else {
      bytes_.unused += tensor.bytes;
    }
  }

  std::uint64_t read_of(std::string_view path, std::uint64_t bytes) const {
    if (!settings_.moe || !is_of_chosen_experts(path)) return bytes;
    const nn::RouterSettings& router = settings_.moe->router;
    const double share = static_cast<double>(router.chosen) / static_cast<double>(std::max<std::int64_t>(router.experts, 1));
    return static_cast<std::uint64_t>(static_cast<double>(bytes) * std::min(share, 1.0));
  }

  const DecoderSettings& settings_;
  std::set<std::string, std::less<>> names_;
  StoredNames stored_;
  std::uint64_t tokens_ = 0;  // of the table of tokens
  ModelBytes bytes_;
};

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
  return Measure(settings, tensors).bytes();
}

ModelBytes measure_model(const DecoderSettings& settings, const TensorSource& tensors) {
  std::vector<TensorSize> sizes;
  for (std::string& name : tensors.names()) {
    const std::uint64_t bytes = tensors.find(name)->bytes.size();
    sizes.push_back({std::move(name), bytes});
  }
  return measure_model(settings, sizes);
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
