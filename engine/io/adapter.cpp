#include "engine/io/adapter.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/array/array.h"
#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/io/config_keys.h"
#include "engine/io/expert_modules.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

namespace fs = std::filesystem;

constexpr const char* config_name = "adapter_config.json";

/// What a module's tensors are, while they are collected.
struct Parts {
  std::optional<HostTensor> a, b, magnitude;
};

ConfigKeys read_config(const fs::path& folder) {
  constexpr std::size_t limit = std::size_t{16} << 20;
  const fs::path path = folder / config_name;
  auto json = std::make_shared<const nlohmann::json>(parse_json(read_text_file(path, limit), path.string()));
  if (!json->is_object()) fail(Errc::corrupt, "{}: not a JSON object", path.string());
  return {std::move(json), path.string()};
}

HostTensor read(const StoredTensor& tensor, std::size_t lowest_rank, std::size_t highest_rank) {
  if (!tensor.dtype || !is_floating(*tensor.dtype)) {
    fail(Errc::corrupt, "{}: tensor {} is {}, no floating type", tensor.file, quote(tensor.name), tensor.stored_dtype);
  }
  if (tensor.shape.size() < lowest_rank || tensor.shape.size() > highest_rank || element_count(tensor.shape) == 0) {
    fail(Errc::corrupt, "{}: tensor {} has the shape {}, which no adapter has", tensor.file, quote(tensor.name), to_string(tensor.shape));
  }
  HostTensor result{tensor.shape, Array::from_bytes(tensor.bytes, tensor.shape, *tensor.dtype).to_floats()};
  const auto bad = std::ranges::find_if(result.values, [](float value) { return !std::isfinite(value); });
  if (bad != result.values.end()) {
    fail(Errc::corrupt, "{}: tensor {} holds {} at element {}: the training that wrote it went wrong", tensor.file, quote(tensor.name),
         std::isnan(*bad) ? "NaN" : "an infinite value", bad - result.values.begin());
  }
  return result;
}

HostTensor transposed(const HostTensor& x) {
  const auto rows = static_cast<std::size_t>(x.shape[0]), columns = static_cast<std::size_t>(x.shape[1]);
  HostTensor result{{x.shape[1], x.shape[0]}, std::vector<float>(x.values.size())};
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) result.values[j * rows + i] = x.values[i * columns + j];
  }
  return result;
}

/// Whether a and b belong together; of experts they are stored the other way round.
bool fit(const HostTensor& a, const HostTensor& b) {
  if (a.shape.size() != b.shape.size()) return false;
  if (a.shape.size() == 3) return a.shape[0] == b.shape[0] && a.shape[1] == b.shape[2];
  return a.shape[1] == b.shape[0];
}

AdapterModule joined(const std::string& file, const std::string& path, Parts parts, float scale) {
  if (!parts.a || !parts.b) fail(Errc::corrupt, "{}: {} has only one of the two matrices of a change of low rank", file, quote(path));
  if (!fit(*parts.a, *parts.b)) {
    fail(Errc::corrupt, "{}: {}: matrices of the shapes {} and {} have no common rank", file, quote(path), to_string(parts.a->shape),
         to_string(parts.b->shape));
  }
  if (parts.magnitude && parts.a->shape.size() == 3) fail(Errc::corrupt, "{}: {}: experts have no magnitude", file, quote(path));
  return {path, std::move(*parts.a), std::move(*parts.b), scale, std::move(parts.magnitude)};
}

/// "model.layers.0.mlp.up_proj" and "lora_a".
std::pair<std::string, std::string> split_last(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? std::pair(std::string(), name) : std::pair(name.substr(0, dot), name.substr(dot + 1));
}

AdapterKind kind_of(const ConfigKeys& config) {
  const std::string type = config.text("fine_tune_type", "lora");
  if (type == "lora") return AdapterKind::lora;
  if (type == "dora") return AdapterKind::dora;
  if (type == "full") return AdapterKind::full;
  config.refuse("fine_tune_type", "known are lora, dora and full");
}

void check_rank(const ConfigKeys& config, const char* key, std::int64_t rank, const AdapterModule& module) {
  if (module.rank() == rank) return;
  fail(Errc::corrupt, "{}: {} is {}, but {} has the rank {}", config.file(), key, rank, quote(module.path), module.rank());
}

void read_mlx(const ConfigKeys& config, const SafetensorsFile& file, Adapter& adapter) {
  adapter.kind = kind_of(config);
  adapter.base_model = config.text("model", "");
  const std::string path = file.path().string();
  if (adapter.kind == AdapterKind::full) {
    adapter.replaced = file.tensors();
    return;
  }
  const std::optional<ConfigKeys> parameters = config.object("lora_parameters");
  if (!parameters) fail(Errc::corrupt, "{}: lora_parameters is missing", config.file());
  const auto scale = static_cast<float>(parameters->number("scale", -1e6, 1e6, 20));
  const std::int64_t rank = parameters->integer("rank", 1, 1 << 16);
  std::map<std::string, Parts> modules;
  std::string unknown;
  for (const StoredTensor& tensor : file.tensors()) {
    const auto [module, part] = split_last(tensor.name);
    Parts& parts = modules[module];
    if (part == "lora_a") parts.a = read(tensor, 2, 3);
    else if (part == "lora_b") parts.b = read(tensor, 2, 3);
    else if (part == "m") parts.magnitude = read(tensor, 1, 1);
    else unknown += (unknown.empty() ? "" : ", ") + quote(tensor.name);
  }
  if (!unknown.empty()) fail(Errc::corrupt, "{}: no tensors of an adapter (lora_a, lora_b, m): {}", path, unknown);
  for (auto& [name, parts] : modules) {
    adapter.modules.push_back(joined(path, name, std::move(parts), scale));
    check_rank(config, "lora_parameters.rank", rank, adapter.modules.back());
    if ((adapter.kind == AdapterKind::dora) != adapter.modules.back().magnitude.has_value()) {
      fail(Errc::corrupt, "{}: {} {}, but {} says {}", path, quote(name), adapter.kind == AdapterKind::dora ? "has no magnitude m" : "has a magnitude m",
           config.file(), adapter.kind == AdapterKind::dora ? "dora" : "lora");
    }
  }
}

/// PEFT's options per module: a key names modules by the end of their path.
class Pattern {
public:
  Pattern(const ConfigKeys& config, const char* key) : values_(config.object(key)) {
    if (!values_) return;
    for (const auto& [name, value] : values_->raw().items()) {
      if (name.find_first_of("*+?[](){}|\\^$") != std::string::npos) {
        config.refuse(key, "names of modules are understood, regular expressions are not");
      }
      names_.push_back(name);
    }
  }

  double value(const std::string& path, double otherwise) const {
    for (const std::string& name : names_) {
      const bool ends = path == name || path.ends_with("." + name);
      if (ends) return values_->number(name.c_str(), 1e-6, 1e6, otherwise);
    }
    return otherwise;
  }

private:
  std::optional<ConfigKeys> values_;
  std::vector<std::string> names_;
};

void check_peft_options(const ConfigKeys& config) {
  if (const std::string type = config.text("peft_type", ""); type != "LORA") config.refuse("peft_type", "only LORA is");
  for (const char* key : {"use_qalora", "use_bdlora", "lora_bias", "fan_in_fan_out"}) {
    if (config.boolean(key, false)) config.refuse(key, "adapters are read without it");
  }
  for (const char* key : {"layer_replication", "target_parameters", "trainable_token_indices", "alora_invocation_tokens", "monteclora_config"}) {
    if (config.has(key) && !config.raw().at(key).empty()) config.refuse(key, "adapters are read without it");
  }
}

/// The module's path and which of its parts a tensor of PEFT is; no part: a tensor of the model itself.
struct PeftName {
  std::string path, part;
};

PeftName peft_name(const StoredTensor& tensor) {
  constexpr std::string_view prefix = "base_model.model.";
  if (!tensor.name.starts_with(prefix)) {
    fail(Errc::corrupt, "{}: tensor {} does not begin with {}", tensor.file, quote(tensor.name), prefix);
  }
  const std::string name = tensor.name.substr(prefix.size());
  for (const char* part : {"lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector"}) {
    const std::string ending = std::string(".") + part;
    if (name.ends_with(ending)) return {name.substr(0, name.size() - ending.size()), part};
    if (name.ends_with(ending + ".weight")) return {name.substr(0, name.size() - ending.size() - 7), part};
  }
  return {name, {}};
}

void read_peft(const ConfigKeys& config, const SafetensorsFile& file, Adapter& adapter) {
  check_peft_options(config);
  adapter.kind = config.boolean("use_dora", false) ? AdapterKind::dora : AdapterKind::lora;
  adapter.base_model = config.text("base_model_name_or_path", "");
  const std::int64_t usual_rank = config.integer("r", 1, 1 << 16);
  const double usual_alpha = config.number("lora_alpha", -1e6, 1e6, 8);
  const bool by_root = config.boolean("use_rslora", false);
  const Pattern ranks(config, "rank_pattern"), alphas(config, "alpha_pattern");
  std::map<std::string, Parts> modules;
  for (const StoredTensor& tensor : file.tensors()) {
    const auto [path, part] = peft_name(tensor);
    if (part.empty()) {
      adapter.replaced.push_back(tensor);
      adapter.replaced.back().name = path;
    } else if (part == "lora_magnitude_vector") {
      modules[path].magnitude = read(tensor, 1, 1);
    } else {
      (part.ends_with("A") ? modules[path].a : modules[path].b) = transposed(read(tensor, 2, 2));
    }
  }
  for (auto& [path, parts] : modules) {
    const double rank = ranks.value(path, static_cast<double>(usual_rank));
    const double alpha = alphas.value(path, usual_alpha);
    const double scale = alpha / (by_root ? std::sqrt(rank) : rank);
    adapter.modules.push_back(joined(file.path().string(), path, std::move(parts), static_cast<float>(scale)));
    check_rank(config, "r", static_cast<std::int64_t>(rank), adapter.modules.back());
  }
  stack_experts(adapter.modules, file.path().string());
}

}  // namespace

std::uint64_t AdapterModule::bytes() const {
  // Lengths of rows are kept as one factor for each.
  return 4 * (a.values.size() + b.values.size() + (magnitude ? magnitude->values.size() : 0));
}

const AdapterModule* Adapter::find(std::string_view path) const {
  const auto found = std::ranges::lower_bound(modules, path, {}, &AdapterModule::path);
  return found != modules.end() && found->path == path ? &*found : nullptr;
}

std::uint64_t Adapter::bytes() const {
  std::uint64_t bytes = 0;
  for (const AdapterModule& module : modules) bytes += module.bytes();
  return bytes;
}

Adapter Adapter::open(const fs::path& folder) {
  const ConfigKeys config = read_config(folder);
  Adapter adapter;
  adapter.folder = folder;
  const fs::path mlx = folder / "adapters.safetensors", peft = folder / "adapter_model.safetensors";
  std::error_code ignored;
  const bool is_mlx = fs::exists(mlx, ignored);
  if (!is_mlx && !fs::exists(peft, ignored)) {
    fail(Errc::not_found, "{}: neither adapters.safetensors nor adapter_model.safetensors is there", folder.string());
  }
  const auto file = SafetensorsFile::open(is_mlx ? mlx : peft);
  (is_mlx ? read_mlx : read_peft)(config, *file, adapter);
  file->check();  // what was read was there
  if (adapter.modules.empty() && adapter.replaced.empty()) fail(Errc::corrupt, "{}: the adapter is empty", folder.string());
  return adapter;
}

bool is_adapter_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / config_name, ignored);
}

}  // namespace etna
