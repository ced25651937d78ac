#include "engine/io/adapter_writer.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/io/expert_modules.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

using HostTensors = std::map<std::string, HostTensor>;

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(Errc::io, "{}: cannot be made: {}", folder.string(), error.message());
}

void write_text(const fs::path& path, const std::string& text) {
  FileWriter writer(path);
  writer.append(text);
  writer.commit();
}

void write_file(const fs::path& path, std::vector<AdapterTensor> tensors,
                const std::map<std::string, std::string>& metadata) {
  std::ranges::sort(tensors, {}, &AdapterTensor::name);
  std::vector<TensorHeader> headers;
  for (const AdapterTensor& tensor : tensors) headers.push_back({tensor.name, DType::float32, tensor.shape});
  SafetensorsWriter writer(path, headers, metadata);
  for (const AdapterTensor& tensor : tensors) writer.append(std::as_bytes(tensor.values));
  writer.commit();
}

std::vector<AdapterTensor> views(const HostTensors& tensors) {
  std::vector<AdapterTensor> result;
  for (const auto& [name, tensor] : tensors) result.push_back({name, tensor.shape, tensor.values});
  return result;
}

/// (rows, columns) of a piece of values → (columns, rows).
HostTensor transposed(std::span<const float> values, std::int64_t rows, std::int64_t columns) {
  HostTensor result{{columns, rows}, std::vector<float>(values.size())};
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j)
      result.values[static_cast<std::size_t>(j * rows + i)] = values[static_cast<std::size_t>(i * columns + j)];
  }
  return result;
}

/// The path inside a layer ("self_attn.q_proj" of "model.layers.0.self_attn.q_proj"); of others the whole.
std::string key_of(const std::string& path) {
  for (const std::string_view mark : {"layers.", "h."}) {
    for (std::size_t at = path.find(mark); at != path.npos; at = path.find(mark, at + 1)) {
      if (at > 0 && path[at - 1] != '.') continue;
      std::size_t end = at + mark.size();
      while (end < path.size() && path[end] >= '0' && path[end] <= '9') ++end;
      if (end > at + mark.size() && end < path.size() && path[end] == '.') return path.substr(end + 1);
    }
  }
  return path;
}

bool is_table(const std::string& path) {
  return std::ranges::any_of(
      std::initializer_list<const char*>{"embed_tokens", "wte", "embed_in", "word_embeddings", "tok_embeddings"},
      [&](const char* name) { return path.ends_with(name); });
}

/// The same change with another scale and rank: b takes up the quotient, further ranks are zeros.
void add_for_mlx(HostTensors& tensors, const AdapterModule& module, float scale, std::int64_t rank) {
  const auto values = [&](const HostTensor& from, const Shape& shape, std::size_t axis, float factor) {
    HostTensor to{shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
    std::int64_t before = 1, after = 1;
    for (std::size_t i = 0; i < axis; ++i) before *= shape[i];
    for (std::size_t i = axis + 1; i < shape.size(); ++i) after *= shape[i];
    for (std::int64_t i = 0; i < before; ++i) {
      for (std::int64_t j = 0; j < module.rank() * after; ++j) {
        to.values[static_cast<std::size_t>(i * rank * after + j)] =
            factor * from.values[static_cast<std::size_t>(i * module.rank() * after + j)];
      }
    }
    return to;
  };
  Shape a = module.a.shape, b = module.b.shape;
  const std::size_t axis_of_a = 1, axis_of_b = module.of_experts() ? 2 : 0;
  a[axis_of_a] = b[axis_of_b] = rank;
  tensors[module.path + ".lora_a"] = values(module.a, a, axis_of_a, 1);
  tensors[module.path + ".lora_b"] = values(module.b, b, axis_of_b, scale == 0 ? 1 : module.scale / scale);
  if (module.magnitude) tensors[module.path + ".m"] = *module.magnitude;
}

void check_is_low_rank(const Adapter& adapter, const char* form) {
  if (adapter.kind == AdapterKind::full) {
    fail(Errc::unsupported, "{}: holds whole weights, which {} has no form for; merge them into the model",
         adapter.folder.string(), form);
  }
  if (!adapter.replaced.empty()) {
    fail(Errc::unsupported,
         "{}: tensor {} is a whole weight (modules_to_save), which is not written beside changes of low rank; merge it "
         "into the model",
         adapter.folder.string(), quote(adapter.replaced.front().name));
  }
}

/// A, B and magnitude of one module of PEFT.
void add_for_peft(HostTensors& tensors, const std::string& path, HostTensor a, HostTensor b) {
  const std::string prefix = "base_model.model." + path;
  tensors[prefix + (is_table(path) ? ".lora_embedding_A" : ".lora_A.weight")] = std::move(a);
  tensors[prefix + (is_table(path) ? ".lora_embedding_B" : ".lora_B.weight")] = std::move(b);
}

/// Adds the tensors of a module and returns the paths that PEFT gives it.
std::vector<std::string> add_module_for_peft(HostTensors& tensors, const Adapter& adapter,
                                             const AdapterModule& module) {
  if (!module.of_experts()) {
    if (module.magnitude && is_table(module.path)) {
      fail(Errc::unsupported, "{}: {}: PEFT's lengths of a table of tokens mean something else",
           adapter.folder.string(), quote(module.path));
    }
    add_for_peft(tensors, module.path, transposed(module.a.values, module.a.shape[0], module.a.shape[1]),
                 transposed(module.b.values, module.b.shape[0], module.b.shape[1]));
    if (module.magnitude) tensors["base_model.model." + module.path + ".lora_magnitude_vector"] = *module.magnitude;
    return {module.path};
  }
  std::vector<std::string> paths;
  const std::int64_t count = module.a.shape[0], rank = module.a.shape[1], in = module.a.shape[2],
                     out = module.b.shape[1];
  for (std::int64_t expert = 0; expert < count; ++expert) {
    const auto path = path_of_expert(module.path, expert);
    if (!path)
      fail(Errc::unsupported, "{}: {}: PEFT has no modules for these experts", adapter.folder.string(),
           quote(module.path));
    const auto a = std::span(module.a.values)
                       .subspan(static_cast<std::size_t>(expert * rank * in), static_cast<std::size_t>(rank * in));
    const auto b = std::span(module.b.values)
                       .subspan(static_cast<std::size_t>(expert * out * rank), static_cast<std::size_t>(out * rank));
    add_for_peft(tensors, *path, {{rank, in}, {a.begin(), a.end()}}, {{out, rank}, {b.begin(), b.end()}});
    paths.push_back(*path);
  }
  return paths;
}

}  // namespace

void write_adapter_tensors(const fs::path& file, std::span<const AdapterTensor> tensors) {
  write_file(file, {tensors.begin(), tensors.end()}, {});
}

void write_mlx_adapter(const fs::path& folder, const std::string& config_json, std::span<const AdapterTensor> tensors) {
  make_folder(folder);
  write_adapter_tensors(folder / "adapters.safetensors", tensors);
  write_text(folder / "adapter_config.json", config_json);
}

void export_mlx_adapter(const Adapter& adapter, const fs::path& folder, std::int64_t num_layers) {
  check_is_low_rank(adapter, "a change of low rank");
  std::int64_t rank = 1;
  std::set<std::string> keys;
  for (const AdapterModule& module : adapter.modules) {
    rank = std::max(rank, module.rank());
    keys.insert(key_of(module.path));
  }
  const float scale = adapter.modules.empty() ? 1 : adapter.modules.front().scale;
  HostTensors tensors;
  for (const AdapterModule& module : adapter.modules) add_for_mlx(tensors, module, scale, rank);
  const json config = {{"fine_tune_type", adapter.kind == AdapterKind::dora ? "dora" : "lora"},
                       {"lora_parameters", {{"rank", rank}, {"dropout", 0.0}, {"scale", scale}, {"keys", keys}}},
                       {"model", adapter.base_model},
                       {"num_layers", num_layers > 0 ? num_layers : -1}};
  write_mlx_adapter(folder, config.dump(4), views(tensors));
}

void export_peft_adapter(const Adapter& adapter, const fs::path& folder, const std::string& base_model) {
  check_is_low_rank(adapter, "PEFT");
  HostTensors tensors;
  std::vector<std::string> targets;
  json ranks = json::object(), alphas = json::object();
  const std::int64_t rank = adapter.modules.empty() ? 8 : adapter.modules.front().rank();
  const double alpha =
      adapter.modules.empty() ? 8 : static_cast<double>(adapter.modules.front().scale) * static_cast<double>(rank);
  for (const AdapterModule& module : adapter.modules) {
    const double own = static_cast<double>(module.scale) * static_cast<double>(module.rank());
    for (const std::string& path : add_module_for_peft(tensors, adapter, module)) {
      targets.push_back(path);
      if (module.rank() != rank) ranks[path] = module.rank();
      if (own != alpha) alphas[path] = own;
    }
  }
  const json config = {{"alpha_pattern", alphas},
                       {"base_model_name_or_path", base_model.empty() ? adapter.base_model : base_model},
                       {"bias", "none"},
                       {"fan_in_fan_out", false},
                       {"inference_mode", true},
                       {"init_lora_weights", true},
                       {"lora_alpha", alpha},
                       {"lora_dropout", 0.0},
                       {"modules_to_save", nullptr},
                       {"peft_type", "LORA"},
                       {"r", rank},
                       {"rank_pattern", ranks},
                       {"target_modules", targets},
                       {"task_type", "CAUSAL_LM"},
                       {"use_dora", adapter.kind == AdapterKind::dora},
                       {"use_rslora", false}};
  make_folder(folder);
  write_file(folder / "adapter_model.safetensors", views(tensors), {{"format", "pt"}});
  write_text(folder / "adapter_config.json", config.dump(2));
}

}  // namespace etna
