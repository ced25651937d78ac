#include "engine/io/config_keys.h"

#include <fmt/core.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/error.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

using nlohmann::json;

constexpr std::size_t longest_list = 65536;

/// Keys that change what a model computes, with the value at which they change nothing (null: only absence does).
const std::vector<std::pair<const char*, json>>& keys_of_the_mathematics() {
  static const std::vector<std::pair<const char*, json>> keys = {
      {"alibi", false},
      {"attention_bias", false},
      {"attention_multiplier", nullptr},
      {"attention_out_bias", false},
      {"attention_sinks", false},
      {"attn_logit_softcapping", nullptr},
      {"clip_qkv", nullptr},
      {"embedding_multiplier", 1.0},
      {"final_logit_softcapping", nullptr},
      {"layer_types", nullptr},
      {"logit_scale", 1.0},
      {"logits_scaling", 1.0},
      {"mlp_bias", false},
      {"model_file", nullptr},
      {"mup_width_multiplier", nullptr},
      {"no_rope_layers", nullptr},
      {"num_experts", 0},
      {"num_local_experts", 0},
      {"partial_rotary_factor", 1.0},
      {"position_embedding_type", nullptr},
      {"qk_layernorm", false},
      {"query_pre_attn_scalar", nullptr},
      {"residual_multiplier", 1.0},
      {"rope_interleaved", false},
      {"rope_parameters", nullptr},
      {"rope_scaling", nullptr},
      {"rope_traditional", false},
      {"rotary_pct", 1.0},
      {"use_bias", false},
      {"use_bidirectional_attention", false},
      {"use_parallel_residual", false},
      {"use_qk_norm", false},
      {"use_qkv_bias", false},
      {"use_sliding_window", false},
  };
  return keys;
}

std::string range(double lowest, double highest) { return fmt::format("it must be from {} to {}", lowest, highest); }

/// Whether a JSON number is an integer inside the range (unsigned values above int64 are outside any).
bool integer_within(const json& value, std::int64_t lowest, std::int64_t highest) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) return false;
  const auto number = value.get<std::int64_t>();
  return number >= lowest && number <= highest;
}

std::string shown_value(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return quote(value.get_ref<const std::string&>());
  return value.dump();
}

const json* find(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

ConfigKeys::ConfigKeys() : object_(std::make_shared<const json>(json::object())) {}

ConfigKeys::ConfigKeys(std::shared_ptr<const json> object, std::string file, std::string path)
    : object_(std::move(object)), file_(std::move(file)), path_(std::move(path)) {
  if (!object_->is_object()) {
    fail(Errc::corrupt, "{}: {} is {}, not an object", file_, path_.empty() ? "the whole" : path_, shown_value(*object_));
  }
}

namespace {

/// Where a value is and what it is, for messages.
struct Place {
  const std::string& file;
  const std::string& path;
  const char* key;

  [[noreturn]] void reject(const json& value, const std::string& wanted) const {
    fail(Errc::corrupt, "{}: {}{} is {}; {}", file, path, key, shown_value(value), wanted);
  }

  double number(const json& value, double lowest, double highest) const {
    if (!value.is_number()) reject(value, "it must be a number");
    const double number = value.get<double>();
    if (!(number >= lowest && number <= highest)) reject(value, range(lowest, highest));
    return number;
  }

  const json& list(const json& value) const {
    if (!value.is_array()) reject(value, "it must be a list");
    if (value.size() > longest_list) reject(value, fmt::format("it has {} entries, at most {} make sense", value.size(), longest_list));
    return value;
  }
};

}  // namespace

bool ConfigKeys::has(const char* key) const { return find(*object_, key) != nullptr; }

bool ConfigKeys::is_text(const char* key) const {
  const json* value = find(*object_, key);
  return value && value->is_string();
}

std::int64_t ConfigKeys::integer(const char* key, std::int64_t lowest, std::int64_t highest) const {
  read_.insert(key);
  const json* value = find(*object_, key);
  if (!value) fail(Errc::corrupt, "{}: {}{} is missing", file_, path_, key);
  if (integer_within(*value, lowest, highest)) return value->get<std::int64_t>();
  Place{file_, path_, key}.reject(*value, fmt::format("it must be a whole number from {} to {}", lowest, highest));
}

std::int64_t ConfigKeys::integer(const char* key, std::int64_t lowest, std::int64_t highest, std::int64_t fallback) const {
  read_.insert(key);
  return has(key) ? integer(key, lowest, highest) : fallback;
}

std::optional<double> ConfigKeys::optional_number(const char* key, double lowest, double highest) const {
  read_.insert(key);
  const json* value = find(*object_, key);
  if (!value) return std::nullopt;
  return Place{file_, path_, key}.number(*value, lowest, highest);
}

double ConfigKeys::number(const char* key, double lowest, double highest, double fallback) const {
  return optional_number(key, lowest, highest).value_or(fallback);
}

bool ConfigKeys::boolean(const char* key, bool fallback) const {
  read_.insert(key);
  const json* value = find(*object_, key);
  if (!value) return fallback;
  if (!value->is_boolean()) Place{file_, path_, key}.reject(*value, "it must be true or false");
  return value->get<bool>();
}

std::string ConfigKeys::text(const char* key, const std::string& fallback) const {
  read_.insert(key);
  const json* value = find(*object_, key);
  if (!value) return fallback;
  if (!value->is_string()) Place{file_, path_, key}.reject(*value, "it must be a text");
  return value->get<std::string>();
}

std::vector<double> ConfigKeys::numbers(const char* key) const {
  read_.insert(key);
  const json* value = find(*object_, key);
  if (!value) return {};
  const Place place{file_, path_, key};
  std::vector<double> result;
  for (const json& item : place.list(*value)) result.push_back(place.number(item, -1e30, 1e30));
  return result;
}

std::vector<std::int64_t> ConfigKeys::integers(const char* key) const {
  read_.insert(key);
  const json* value = find(*object_, key);
  if (!value) return {};
  const Place place{file_, path_, key};
  std::vector<std::int64_t> result;
  for (const json& item : place.list(*value)) {
    constexpr std::int64_t limit = std::int64_t{1} << 53;
    if (!integer_within(item, -limit, limit)) place.reject(*value, "its entries must be whole numbers");
    result.push_back(item.get<std::int64_t>());
  }
  return result;
}

std::vector<std::string> ConfigKeys::texts(const char* key) const {
  read_.insert(key);
  const json* value = find(*object_, key);
  if (!value) return {};
  const Place place{file_, path_, key};
  std::vector<std::string> result;
  for (const json& item : place.list(*value)) {
    if (!item.is_string()) place.reject(*value, "its entries must be texts");
    result.push_back(item.get<std::string>());
  }
  return result;
}

std::vector<std::int32_t> ConfigKeys::token_ids(const char* key) const {
  read_.insert(key);
  const json* value = find(*object_, key);
  if (!value) return {};
  std::vector<std::int32_t> ids;
  for (const json& id : value->is_array() ? *value : json::array({*value})) {
    constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max();
    if (!integer_within(id, -limit, limit)) Place{file_, path_, key}.reject(id, "it must be a token id or a list of them");
    if (id.get<std::int64_t>() >= 0) ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

std::optional<ConfigKeys> ConfigKeys::object(const char* key) const {
  read_.insert(key);
  const json* value = find(*object_, key);
  if (!value) return std::nullopt;
  if (!value->is_object()) Place{file_, path_, key}.reject(*value, "it must be an object");
  return ConfigKeys(std::shared_ptr<const json>(object_, value), file_, path_ + key + ".");
}

std::string ConfigKeys::shown(const char* key) const {
  const json* value = find(*object_, key);
  return value ? shown_value(*value) : "absent";
}

void ConfigKeys::refuse(const char* key, const std::string& why) const {
  fail(Errc::unsupported, "{}: {}{} = {} is not supported; {}", file_, path_, key, shown(key), why);
}

void ConfigKeys::check_unread() const {
  for (const auto& [key, neutral] : keys_of_the_mathematics()) {
    const json* value = find(*object_, key);
    if (!value || read_.contains(key) || *value == neutral) continue;
    refuse(key, "this model type is known without it");
  }
}

}  // namespace etna
