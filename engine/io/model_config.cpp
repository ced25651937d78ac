#include "engine/io/model_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/io/config_keys.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

using nlohmann::json;

/// Parsed JSON takes many times the memory of its text; real files have some kilobytes.
ConfigKeys read_small_json(const std::filesystem::path& path) {
  constexpr std::size_t limit = std::size_t{16} << 20;
  return {std::make_shared<const json>(parse_json(read_text_file(path, limit), path.string())), path.string()};
}

void read_type(const ConfigKeys& config, std::span<const std::string> supported, ModelConfig& result) {
  result.model_type = config.text("model_type", "");
  if (result.model_type.empty()) fail(Errc::corrupt, "{}: model_type is missing", config.file());
  if (!supported.empty() && std::ranges::find(supported, result.model_type) == supported.end()) {
    fail(Errc::unsupported, "{}: model_type {} is not supported; supported: {}", config.file(),
         quote(result.model_type), fmt::join(supported, ", "));
  }
}

/// Older families call the same sizes otherwise (GPT-2).
const char* spelled(const ConfigKeys& config, const char* key, const char* older) { return !config.has(key) && config.has(older) ? older : key; }

void read_heads(const ConfigKeys& config, ModelConfig& result) {
  result.num_attention_heads = config.integer(spelled(config, "num_attention_heads", "n_head"), 1, 1 << 16);
  result.num_key_value_heads = config.integer("num_key_value_heads", 1, 1 << 16, result.num_attention_heads);
  if (result.num_attention_heads % result.num_key_value_heads != 0) {
    fail(Errc::corrupt, "{}: num_attention_heads {} is no multiple of num_key_value_heads {}", config.file(),
         result.num_attention_heads, result.num_key_value_heads);
  }
  if (!config.has("head_dim") && result.hidden_size % result.num_attention_heads != 0) {
    fail(Errc::corrupt, "{}: hidden_size {} is no multiple of num_attention_heads {}", config.file(),
         result.hidden_size, result.num_attention_heads);
  }
  result.head_dim = config.integer("head_dim", 1, 1 << 16, result.hidden_size / result.num_attention_heads);
  if (result.head_dim % 2 != 0) {
    fail(Errc::corrupt, "{}: head_dim {} is odd: positions rotate pairs", config.file(), result.head_dim);
  }
}

void read_sizes(const ConfigKeys& config, ModelConfig& result) {
  constexpr std::int64_t widest = 1 << 24;
  result.vocab_size = config.integer("vocab_size", 1, widest);
  result.hidden_size = config.integer(spelled(config, "hidden_size", "n_embd"), 1, widest);
  result.intermediate_size = config.has("n_embd") ? config.integer("n_inner", 1, widest, 4 * result.hidden_size)
                                                  : config.integer("intermediate_size", 1, widest);
  result.num_hidden_layers = config.integer(spelled(config, "num_hidden_layers", "n_layer"), 1, 4096);
  read_heads(config, result);
  result.max_position_embeddings =
      config.integer(spelled(config, "max_position_embeddings", "n_positions"), 1, std::int64_t{1} << 32, 2048);
}

QuantizationConfig read_packing(const ConfigKeys& packing, const std::string& what) {
  QuantizationConfig result;
  result.mode = packing.text("mode", "affine");
  if (QuantizationConfig known = {.mode = result.mode, .bits = 0, .group_size = 0};
      known.problem().starts_with("mode")) {
    fail(Errc::unsupported, "{}: {}: {}", packing.file(), what, known.problem());
  }
  result = QuantizationConfig::of_mode(result.mode);
  result.bits = static_cast<int>(packing.integer("bits", 0, 64, result.bits));
  result.group_size = static_cast<int>(packing.integer("group_size", 0, 1 << 16, result.group_size));
  if (const std::string problem = result.problem(); !problem.empty()) {
    fail(Errc::unsupported, "{}: {}: {}", packing.file(), what, problem);
  }
  return result;
}

void check_float_blocks(const ConfigKeys& block, ForeignQuantization& foreign) {
  const std::vector<std::int64_t> sizes = block.integers("weight_block_size");
  if (sizes.empty()) return;
  const auto is_size = [](std::int64_t size) { return size > 0 && size <= 1 << 16; };
  if (sizes.size() != 2 || !is_size(sizes[0]) || !is_size(sizes[1])) {
    fail(Errc::corrupt, "{}: quantization_config: weight_block_size must be two sizes, rows and columns", block.file());
  }
  foreign.block_rows = sizes[0];
  foreign.block_columns = sizes[1];
}

/// Weights that another tool quantized, by the name of its method (formats.md §2.4).
void read_foreign_quantization(const ConfigKeys& block, const std::string& method, ModelConfig& result) {
  const auto refuse = [&](const std::string& what) {
    fail(Errc::unsupported, "{}: quantization_config: {} is not supported", block.file(), what);
  };
  ForeignQuantization foreign{.method = method, .format = {}};
  QuantizationConfig packing;
  if (method == "mxfp4") {
    packing = QuantizationConfig::of_mode("mxfp4");
  } else if (method == "awq" || method == "gptq") {
    const std::int64_t bits = block.integer("bits", 1, 64, block.integer("w_bit", 1, 64, 4));
    if (bits != 4) refuse(fmt::format("quant_method {} with bits {}", quote(method), bits));
    foreign.format = method == "awq" ? block.text("version", "gemm") : block.text("checkpoint_format", "gptq");
    const bool known = method == "awq" ? foreign.format == "gemm" || foreign.format == "GEMM"
                                       : foreign.format == "gptq" || foreign.format == "gptq_v2";
    if (!known) refuse(fmt::format("quant_method {} in the form {}", quote(method), quote(foreign.format)));
    packing = {.mode = "affine", .bits = 4, .group_size = 128};
  } else if (method == "fp8") {
    check_float_blocks(block, foreign);
    packing = {.mode = "fp8_e4m3", .bits = 8, .group_size = static_cast<int>(foreign.block_columns)};
  } else if (method == "compressed-tensors") {
    foreign.format = block.text("format", "");
    if (foreign.format == "float-quantized") packing = {.mode = "fp8_e4m3", .bits = 8, .group_size = 128};
    else if (foreign.format == "nvfp4-pack-quantized") packing = QuantizationConfig::of_mode("nvfp4");
    else if (foreign.format == "pack-quantized") packing = {.mode = "affine", .bits = 4, .group_size = 32};
    else refuse(fmt::format("quant_method \"compressed-tensors\" with format {}", quote(foreign.format)));
  } else {
    refuse(fmt::format("quant_method {}", quote(method)));
  }
  result.quantization = packing;
  result.foreign_quantization = std::move(foreign);
}

/// MLX's block: settings of the whole model, and one entry per module that differs (formats.md §2.4); or another
/// tool's. Models of text and images may have it beside the text's settings.
void read_quantization(const ConfigKeys& config, ModelConfig& result) {
  auto block = config.object("quantization");
  if (!block) {
    block = config.object("quantization_config");
    if (!block) return;
    if (block->has("quant_method")) return read_foreign_quantization(*block, block->text("quant_method", ""), result);
  }
  if (block->boolean("quantize_activations", false)) {
    fail(Errc::unsupported, "{}: quantization: quantize_activations is not supported", config.file());
  }
  result.quantization = read_packing(*block, "quantization");
  for (const auto& [path, value] : block->raw().items()) {
    if (value == false) result.quantization_overrides[path] = std::nullopt;
    if (value.is_object()) {
      result.quantization_overrides[path] = read_packing(
          ConfigKeys(std::make_shared<const json>(value), config.file(), "quantization." + path + "."), "quantization of " + quote(path));
    }
  }
  result.quantization_overrides.erase("quantize_activations");
}

void read_suggestions(const std::filesystem::path& path, ModelConfig& result) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return;
  const ConfigKeys config = read_small_json(path);
  if (const auto ids = config.token_ids("eos_token_id"); !ids.empty()) result.eos_token_ids = ids;
  if (!result.bos_token_id) {
    if (const auto ids = config.token_ids("bos_token_id"); !ids.empty()) result.bos_token_id = ids.front();
  }
  if (!config.boolean("do_sample", true)) return;  // settings of a sampler that the authors turned off
  result.temperature = config.optional_number("temperature", 0, 1000);
  result.top_p = config.optional_number("top_p", 0, 1);
  if (config.has("top_k")) result.top_k = static_cast<int>(config.integer("top_k", 0, 1 << 24));
}

ModelConfig parse_config(const ConfigKeys& document, std::span<const std::string> supported_types) {
  ModelConfig result;
  result.file = document.file();
  read_type(document, supported_types, result);
  // Models that also see or hear describe their language model in an object of its own.
  result.keys = document;
  if (auto inner = document.object("text_config"); inner && !document.has("hidden_size")) result.keys = *std::move(inner);
  const ConfigKeys& config = result.keys;
  read_sizes(config, result);
  if (config.has("tie_word_embeddings")) result.tie_word_embeddings = config.boolean("tie_word_embeddings", false);
  for (const ConfigKeys* keys : {&config, &document}) {
    if (result.dtype.empty()) result.dtype = keys->text("dtype", keys->text("torch_dtype", ""));
    if (result.eos_token_ids.empty()) result.eos_token_ids = keys->token_ids("eos_token_id");
    if (const auto ids = keys->token_ids("bos_token_id"); !ids.empty() && !result.bos_token_id) result.bos_token_id = ids.front();
  }
  const bool packed_inside = !document.has("quantization") && !document.has("quantization_config");
  const auto inside = document.object("text_config");
  read_quantization(packed_inside && inside ? *inside : document, result);
  return result;
}

}  // namespace

ModelConfig ModelConfig::read(const std::filesystem::path& folder, std::span<const std::string> supported_types) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    fail(Errc::not_found, "{}: there is no such folder", folder.string());
  const std::filesystem::path path = folder / "config.json";
  if (!std::filesystem::exists(path, ignored)) {
    fail(Errc::not_found, "config.json not found in {}: this is no model folder", folder.string());
  }
  ModelConfig result = parse_config(read_small_json(path), supported_types);
  read_suggestions(folder / "generation_config.json", result);
  return result;
}

ModelConfig ModelConfig::parse(std::string_view config_json, std::string file, std::span<const std::string> supported_types) {
  return parse_config({std::make_shared<const json>(parse_json(config_json, file)), file}, supported_types);
}

ModelConfig read_quantization_config(const std::filesystem::path& file) {
  ModelConfig result;
  result.file = file.string();
  read_quantization(read_small_json(file), result);
  return result;
}

std::optional<QuantizationConfig> ModelConfig::quantization_of(const std::string& path) const {
  const auto found = quantization_overrides.find(path);
  return found == quantization_overrides.end() ? quantization : found->second;
}

}  // namespace etna
