#include <algorithm>
#include <charconv>

#include "engine/base/error.h"
#include "engine/io/quote.h"
#include "engine/training/methods.h"

namespace etna::training {

Selection::Selection(const DecoderSettings& settings, const std::function<bool(const std::string&)>& has_weight,
                     std::int64_t layers, std::vector<std::string> keys)
    : keys_(std::move(keys)) {
  const DecoderNames names = stored_names(settings, has_weight).names;
  prefix_ = names.root + names.layers;
  const auto all = static_cast<std::int64_t>(settings.layers.size());
  first_ = layers <= 0 ? 0 : std::max<std::int64_t>(all - layers, 0);
}

std::optional<std::string> Selection::inside_layer(const std::string& path) const {
  if (!path.starts_with(prefix_)) return std::nullopt;
  std::int64_t layer = -1;
  const char* begin = path.data() + prefix_.size();
  const auto [end, error] = std::from_chars(begin, path.data() + path.size(), layer);
  if (error != std::errc() || end == path.data() + path.size() || *end != '.' || layer < first_) return std::nullopt;
  return std::string(end + 1, path.data() + path.size());
}

bool Selection::in_layers(const std::string& path) const {
  return inside_layer(path).has_value();
}

bool Selection::changes(const std::string& path) {
  const std::optional<std::string> inside = inside_layer(path);
  if (keys_.empty()) return inside.has_value();
  for (const std::string& name : {inside.value_or(path), path}) {
    if (std::ranges::find(keys_, name) == keys_.end()) continue;
    used_.insert(name);
    return true;
  }
  return false;
}

void Selection::check_all_used() const {
  std::string unused;
  for (const std::string& key : keys_) {
    if (!used_.contains(key)) unused += (unused.empty() ? "" : ", ") + quote(key);
  }
  if (!unused.empty()) {
    fail(Errc::invalid_argument,
         "lora_parameters.keys: the chosen layers have no module {}; keys are paths inside a layer, such as "
         "self_attn.q_proj, or whole ones",
         unused);
  }
}

}  // namespace etna::training
