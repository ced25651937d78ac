#include "engine/io/model_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/io/config_reader.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

using nlohmann::json;

/// Parsed JSON takes many times the memory of its text; real files have some kilobytes.
json read_small_json(const std::filesystem::path& path) {
  constexpr std::size_t limit = std::size_t{16} << 20;
  return parse_json(read_text_file(path, limit), path.string());
}

/// Keys that change what a model computes, with the value at which they change nothing. Ignoring them would give wrong
/// words silently.
struct NeutralKey {
  const char* key;
  json neutral;
};

const std::vector<NeutralKey>& neutral_keys() {
  static const std::vector<NeutralKey> keys = {
      {"partial_rotary_factor", 1.0},
      {"rope_traditional", false},
      {"rope_interleaved", false},
      {"logits_scaling", 1.0},
      {"embedding_multiplier", 1.0},
      {"residual_multiplier", 1.0},
      {"attention_multiplier", {}},
      {"attn_logit_softcapping", {}},
      {"final_logit_softcapping", {}},
      {"use_qk_norm", false},
      {"clip_qkv", {}},
      {"quantize_activations", false},
      {"model_file", {}},
  };
  return keys;
}

void refuse_unknown_mathematics(const ConfigReader& config) {
  for (const auto& [key, neutral] : neutral_keys()) {
    const json* value = config.find(key);
    if (value && *value != neutral)
      fail(Errc::unsupported, "{}: {} = {} is not supported", config.file(), key, shown(*value));
  }
  if (const json* types = config.find("layer_types")) {
    if (!types->is_array()) config.reject("layer_types", *types, "it must be a list");
    for (const json& type : *types) {
      if (type != "full_attention") {
        fail(Errc::unsupported, "{}: layer_types holds {}, which is not supported", config.file(), shown(type));
      }
    }
  }
}

void read_type(const ConfigReader& config, std::span<const std::string> supported, ModelConfig& result) {
  result.model_type = config.text("model_type", "");
  if (result.model_type.empty()) fail(Errc::corrupt, "{}: model_type is missing", config.file());
  if (!supported.empty() && std::ranges::find(supported, result.model_type) == supported.end()) {
    fail(Errc::unsupported, "{}: model_type {} is not supported; supported: {}", config.file(),
         quote(result.model_type), fmt::join(supported, ", "));
  }
}

void read_sizes(const ConfigReader& config, ModelConfig& result) {
  constexpr std::int64_t widest = 1 << 24;
  result.vocab_size = config.integer("vocab_size", 1, widest);
  result.hidden_size = config.integer("hidden_size", 1, widest);
  result.intermediate_size = config.integer("intermediate_size", 1, widest);
  result.num_hidden_layers = config.integer("num_hidden_layers", 1, 4096);
  result.num_attention_heads = config.integer("num_attention_heads", 1, 1 << 16);
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
  result.max_position_embeddings = config.integer("max_position_embeddings", 1, std::int64_t{1} << 32, 2048);
}

/// The rope's own object is rope_parameters (transformers 5, with theta inside) or rope_scaling (transformers 4).
RopeConfig read_rope(const ConfigReader& config) {
  constexpr double largest = 1e12;
  RopeConfig rope;
  rope.theta = config.number("rope_theta", 1, largest, rope.theta);
  const char* key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const auto scaling = config.object(key);
  if (!scaling) return rope;
  rope.theta = scaling->number("rope_theta", 1, largest, rope.theta);
  rope.type = scaling->text("rope_type", scaling->text("type", "default"));
  if (rope.type != "default" && rope.type != "linear" && rope.type != "llama3") {
    fail(Errc::unsupported, "{}: {}: rope_type {} is not supported; supported: default, linear, llama3", config.file(),
         key, quote(rope.type));
  }
  if (scaling->number("partial_rotary_factor", 0, 1, 1) != 1) {
    fail(Errc::unsupported, "{}: {}: partial_rotary_factor is not supported", config.file(), key);
  }
  rope.factor = scaling->number("factor", 1e-6, 1e6, rope.factor);
  rope.low_freq_factor = scaling->number("low_freq_factor", 1e-6, 1e6, rope.low_freq_factor);
  rope.high_freq_factor = scaling->number("high_freq_factor", 1e-6, 1e6, rope.high_freq_factor);
  rope.original_max_position_embeddings =
      scaling->number("original_max_position_embeddings", 1, largest, rope.original_max_position_embeddings);
  if (rope.type == "llama3" && !(rope.high_freq_factor > rope.low_freq_factor)) {
    fail(Errc::corrupt, "{}: {}: high_freq_factor {} is not above low_freq_factor {}", config.file(), key,
         rope.high_freq_factor, rope.low_freq_factor);
  }
  return rope;
}

QuantizationConfig read_packing(const ConfigReader& packing, const std::string& what) {
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

void check_float_blocks(const ConfigReader& block, ForeignQuantization& foreign) {
  const json* sizes = block.find("weight_block_size");
  if (!sizes) return;
  const auto is_size = [](const json& size) { return size.is_number_unsigned() && size > 0 && size <= 1 << 16; };
  if (!sizes->is_array() || sizes->size() != 2 || !is_size((*sizes)[0]) || !is_size((*sizes)[1])) {
    block.reject("weight_block_size", *sizes, "it must be two sizes, rows and columns");
  }
  foreign.block_rows = (*sizes)[0].get<std::int64_t>();
  foreign.block_columns = (*sizes)[1].get<std::int64_t>();
}

/// Weights that another tool quantized, by the name of its method (formats.md §2.4).
void read_foreign_quantization(const ConfigReader& block, const std::string& method, ModelConfig& result) {
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
void read_quantization(const ConfigReader& config, ModelConfig& result) {
  auto block = config.object("quantization");
  if (!block) {
    block = config.object("quantization_config");
    if (const auto text = config.object("text_config"); !block && text) block = text->object("quantization_config");
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
          ConfigReader(value, config.file(), "quantization." + path + "."), "quantization of " + quote(path));
    }
  }
  result.quantization_overrides.erase("quantize_activations");
}

void read_suggestions(const std::filesystem::path& path, ModelConfig& result) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return;
  const json document = read_small_json(path);
  const ConfigReader config(document, path.string());
  if (const auto ids = config.token_ids("eos_token_id"); !ids.empty()) result.eos_token_ids = ids;
  if (!result.bos_token_id) {
    if (const auto ids = config.token_ids("bos_token_id"); !ids.empty()) result.bos_token_id = ids.front();
  }
  if (!config.boolean("do_sample", true)) return;  // settings of a sampler that the authors turned off
  result.temperature = config.optional_number("temperature", 0, 1000);
  result.top_p = config.optional_number("top_p", 0, 1);
  if (config.has("top_k")) result.top_k = static_cast<int>(config.integer("top_k", 0, 1 << 24));
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
  const json document = read_small_json(path);
  const ConfigReader config(document, path.string());

  ModelConfig result;
  result.file = path.string();
  read_type(config, supported_types, result);
  refuse_unknown_mathematics(config);
  read_sizes(config, result);
  result.rms_norm_eps = config.number("rms_norm_eps", 0, 1, result.rms_norm_eps);
  result.hidden_act = config.text("hidden_act", result.hidden_act);
  if (result.hidden_act != "silu") {
    fail(Errc::unsupported, "{}: hidden_act {} is not supported; supported: silu", result.file,
         quote(result.hidden_act));
  }
  result.attention_bias = config.boolean("attention_bias", false);
  result.mlp_bias = config.boolean("mlp_bias", false);
  result.tie_word_embeddings = config.boolean("tie_word_embeddings", false);
  result.dtype = config.text("dtype", config.text("torch_dtype", ""));
  result.rope = read_rope(config);
  result.eos_token_ids = config.token_ids("eos_token_id");
  if (const auto ids = config.token_ids("bos_token_id"); !ids.empty()) result.bos_token_id = ids.front();
  read_quantization(config, result);
  read_suggestions(folder / "generation_config.json", result);
  return result;
}

ModelConfig read_quantization_config(const std::filesystem::path& file) {
  const json document = read_small_json(file);
  ModelConfig result;
  result.file = file.string();
  read_quantization(ConfigReader(document, result.file), result);
  return result;
}

std::optional<QuantizationConfig> ModelConfig::quantization_of(const std::string& path) const {
  const auto found = quantization_overrides.find(path);
  return found == quantization_overrides.end() ? quantization : found->second;
}

}  // namespace etna
