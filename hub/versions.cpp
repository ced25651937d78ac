#include "hub/versions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

namespace etna::hub {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view folder(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

struct Part {
  int number = 1;
  int of = 1;
  std::string whole;                     ///< the name without the part's number
};

/// "model-00002-of-00004.gguf": part 2 of 4 of "model.gguf".
Part part_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  Part whole{1, 1, std::string(path)};
  if (dot == path.npos || dot < 15) return whole;
  const std::string_view tail = path.substr(dot - 15, 15);  // -00002-of-00004
  const auto digits = [&](std::size_t at) -> std::optional<int> {
    int value = 0;
    const auto result = std::from_chars(tail.data() + at, tail.data() + at + 5, value);
    return result.ec == std::errc{} && result.ptr == tail.data() + at + 5 ? std::optional(value) : std::nullopt;
  };
  const auto number = digits(1);
  const auto of = digits(10);
  if (tail[0] != '-' || tail.substr(6, 4) != "-of-" || !number || !of || *number < 1 || *number > *of) return whole;
  return {*number, *of, std::string(path.substr(0, dot - 15)) + std::string(path.substr(dot))};
}

bool is_gguf_model(std::string_view path) {
  const std::string name = lower(file_name(path));
  return name.ends_with(".gguf") && !name.starts_with("mmproj") && name.find("mmproj") == name.npos &&
         !name.starts_with("imatrix") && name.find("imatrix.") == name.npos;
}

bool is_projector(std::string_view path) {
  const std::string name = lower(file_name(path));
  return name.ends_with(".gguf") && name.find("mmproj") != name.npos;
}

/// Weights of the root folder under their usual names; "consolidated" and "original/" repeat them for another program.
bool is_safetensors_model(std::string_view path) {
  const std::string name = lower(file_name(path));
  return folder(path).empty() && name.ends_with(".safetensors") && !name.starts_with("consolidated") &&
         !name.starts_with("adapter_") && !name.starts_with("training_");
}

bool is_pickle(std::string_view path) {
  return ends_with_any(lower(path), {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".joblib"});
}

/// What a model needs besides its weights: configuration, tokenizer, chat template, licence, card.
bool is_companion(std::string_view path) {
  if (!folder(path).empty()) return false;
  const std::string name = lower(file_name(path));
  if (ends_with_any(name, {".py", ".safetensors", ".gguf"}) || is_pickle(name)) return false;
  if (name.ends_with(".json") && name.find("index") != name.npos) return name == "model.safetensors.index.json";
  return ends_with_any(name, {".json", ".jinja", ".txt", ".model", ".tiktoken", ".md", ".jsonl"}) || name == "license";
}

/// Parts of one model in order, by the name that they share.
using Groups = std::map<std::string, std::vector<std::pair<Part, const TreeFile*>>>;

void add_parts(ModelVersion& version, std::vector<std::pair<Part, const TreeFile*>> parts) {
  std::ranges::sort(parts, {}, [](const auto& part) { return part.first.number; });
  int expected = 1;
  for (const auto& [part, file] : parts) {
    for (; expected < part.number; ++expected) version.missing_parts.push_back(fmt::format("part {} of {}", expected, part.of));
    expected = part.number + 1;
    version.weight_files.push_back(file->path);
    version.weight_bytes += file->size;
  }
  const int of = parts.front().first.of;
  for (; expected <= of; ++expected) version.missing_parts.push_back(fmt::format("part {} of {}", expected, of));
}

void add_companion(ModelVersion& version, const TreeFile& file) {
  version.other_files.push_back(file.path);
  version.download_bytes += file.size;
}

std::vector<ModelVersion> gguf_versions(const Tree& tree) {
  Groups groups;
  for (const TreeFile& file : tree.files) {
    if (!is_gguf_model(file.path)) continue;
    Part part = part_of(file.path);
    std::string whole = part.whole;
    groups[whole].emplace_back(std::move(part), &file);
  }
  std::vector<ModelVersion> versions;
  for (auto& [whole, parts] : groups) {
    ModelVersion version;
    version.format = WeightFormat::gguf;
    std::string word = gguf_quantization(file_name(whole));
    if (word.empty()) word = gguf_quantization(folder(whole));  // "Q4_K_M/model.gguf"
    version.bits = gguf_bits(word);
    version.key = word.empty() ? std::string(file_name(whole)) : word;
    version.label = version_label(WeightFormat::gguf, version.key, version.bits);
    add_parts(version, std::move(parts));
    for (const TreeFile& file : tree.files) {
      if (is_projector(file.path) && version.other_files.empty()) add_companion(version, file);
    }
    versions.push_back(std::move(version));
  }
  // Two files of one kind (another tuning, another author's numbering): tell them apart by their whole names.
  for (ModelVersion& version : versions) {
    const auto same = std::ranges::count(versions, version.key, &ModelVersion::key);
    if (same > 1) version.key = part_of(version.weight_files[0]).whole;
  }
  return versions;
}

/// Bits and word of a safetensors repository: what its configuration says of packing, else its most frequent type.
std::pair<double, std::string> safetensors_kind(const ModelInfo& info) {
  if (info.quantization_bits > 0) return {info.quantization_bits, info.quantization};
  if (!info.quantization.empty()) {
    const std::string method = lower(info.quantization);
    const double bits = method.find("fp8") != method.npos ? 8 : method.find("fp4") != method.npos ? 4 : 0;
    return {bits, info.quantization};
  }
  const auto most = std::ranges::max_element(info.elements, {}, &ElementCount::elements);
  if (most == info.elements.end()) return {0, ""};
  constexpr std::pair<std::string_view, double> bits[] = {{"F64", 64}, {"F32", 32}, {"F16", 16}, {"BF16", 16},
                                                          {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"U8", 8}, {"I8", 8}};
  for (const auto& [name, value] : bits) {
    if (name == most->dtype) return {value, most->dtype};
  }
  return {0, most->dtype};
}

std::optional<ModelVersion> safetensors_version(const Tree& tree, const ModelInfo& info) {
  Groups groups;
  for (const TreeFile& file : tree.files) {
    if (!is_safetensors_model(file.path)) continue;
    Part part = part_of(file.path);
    std::string whole = part.whole;
    groups[whole].emplace_back(std::move(part), &file);
  }
  if (groups.empty()) return std::nullopt;
  // "model" is what loaders look for; a second set ("model.fp16") would be another copy of the same weights.
  auto chosen = groups.find("model.safetensors");
  if (chosen == groups.end()) chosen = groups.begin();
  ModelVersion version;
  version.format = info.is_mlx() || info.library == "mlx" ? WeightFormat::mlx : WeightFormat::safetensors;
  version.key = version.format == WeightFormat::mlx ? "mlx" : "safetensors";
  const auto [bits, word] = safetensors_kind(info);
  version.bits = bits;
  version.label = version_label(version.format, version.format == WeightFormat::mlx ? "MLX" : word, bits);
  add_parts(version, std::move(chosen->second));
  for (const TreeFile& file : tree.files) {
    if (is_companion(file.path)) add_companion(version, file);
  }
  return version;
}

void explain_nothing(Versions& result, const Tree& tree) {
  const auto any = [&](auto test) { return std::ranges::any_of(tree.files, test, &TreeFile::path); };
  if (tree.find("model_index.json") != nullptr) {
    result.why_none = NoVersion::image_pipeline;
    result.sentence = "This makes images. Etna runs language models.";
  } else if (tree.find("adapter_config.json") != nullptr) {
    result.why_none = NoVersion::adapter;
    result.sentence = "This is an adapter: it changes another model and is nothing without it.";
  } else if (any([](const std::string& path) { return is_pickle(path); })) {
    result.why_none = NoVersion::unsafe_only;
    result.sentence = "Its weights are in a format that can run programs when it is opened. Etna never opens it; look for a "
                      "safetensors or GGUF conversion.";
  } else if (any([](const std::string& path) { return path.ends_with(".onnx"); })) {
    result.why_none = NoVersion::onnx_only;
    result.sentence = "Its weights are in ONNX format only. Etna reads safetensors and GGUF.";
  } else {
    result.why_none = NoVersion::no_weights;
    result.sentence = "This repository holds no weights that Etna could run.";
  }
}

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr std::pair<std::string_view, double> gguf_words[] = {
    {"F32", 32},        {"BF16", 16},       {"F16", 16},       {"Q8_K_XL", 8.6},   {"Q8_K_L", 8.5},   {"Q8_0", 8.5},
    {"Q6_K_XL", 6.7},   {"Q6_K_L", 6.6},    {"Q6_K", 6.5625},  {"Q5_K_XL", 5.8},   {"Q5_K_L", 5.75},  {"Q5_K_M", 5.69},
    {"Q5_K_S", 5.54},   {"Q5_K", 5.69},     {"Q5_1", 6.0},     {"Q5_0", 5.5},      {"Q4_K_XL", 4.95}, {"Q4_K_L", 4.9},
    {"Q4_K_M", 4.85},   {"Q4_K_S", 4.58},   {"Q4_K", 4.85},    {"Q4_0_4_4", 4.5},  {"Q4_0_4_8", 4.5}, {"Q4_0_8_8", 4.5},
    {"Q4_1", 5.0},      {"Q4_0", 4.5},      {"Q3_K_XL", 4.3},  {"Q3_K_L", 4.27},   {"Q3_K_M", 3.91},  {"Q3_K_S", 3.5},
    {"Q3_K", 3.91},     {"Q2_K_XL", 3.0},   {"Q2_K_L", 2.9},   {"Q2_K_S", 2.5},    {"Q2_K", 2.96},    {"IQ4_NL", 4.5},
    {"IQ4_XS", 4.25},   {"IQ3_XXS", 3.06},  {"IQ3_XS", 3.3},   {"IQ3_S", 3.44},    {"IQ3_M", 3.66},   {"IQ2_XXS", 2.06},
    {"IQ2_XS", 2.31},   {"IQ2_S", 2.5},     {"IQ2_M", 2.7},    {"IQ1_S", 1.56},    {"IQ1_M", 1.75},   {"TQ1_0", 1.69},
    {"TQ2_0", 2.06},    {"MXFP4_MOE", 4.25}, {"MXFP4", 4.25}};

}  // namespace

std::string gguf_quantization(std::string_view name) {
  const std::string text = upper(name);
  std::string_view best;
  std::size_t best_at = 0;
  for (const auto& [word, bits] : gguf_words) {
    // The last such word of a name counts ("…-F16-Q4_K_M.gguf"), and the longest that begins there.
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
      const bool begins = at == 0 || !is_letter_or_digit(text[at - 1]);
      const std::size_t end = at + word.size();
      const bool ends = end == text.size() || (!is_letter_or_digit(text[end]) && text[end] != '_');
      if (begins && ends && (best.empty() || at > best_at || (at == best_at && word.size() > best.size()))) {
        best = word;
        best_at = at;
      }
    }
  }
  if (best.empty()) return {};
  const bool dynamic = best_at >= 3 && text.compare(best_at - 3, 3, "UD-") == 0;  // one publisher's own mixtures
  return (dynamic ? "UD-" : "") + std::string(best);
}

double gguf_bits(std::string_view quantization) {
  if (quantization.starts_with("UD-")) quantization.remove_prefix(3);
  for (const auto& [word, bits] : gguf_words) {
    if (word == quantization) return bits;
  }
  return 0;
}

std::string version_label(WeightFormat format, std::string_view quantization, double bits) {
  const std::string word = format == WeightFormat::mlx && quantization.empty() ? "MLX" : std::string(quantization);
  if (bits == 0) return word.empty() ? "one version" : word;
  const std::string size = bits >= 16 ? "full" : fmt::format("{}-bit", static_cast<int>(bits));
  return word.empty() ? size : fmt::format("{} ({})", size, word);
}

Versions versions_of(const Tree& tree, const ModelInfo& info) {
  Versions result;
  if (info.disabled) {
    result.why_none = NoVersion::no_weights;
    result.sentence = "Hugging Face has disabled this repository.";
    return result;
  }
  const bool is_pipeline = tree.find("model_index.json") != nullptr;
  const bool is_adapter = tree.find("adapter_config.json") != nullptr && tree.find("config.json") == nullptr;
  if (!is_pipeline && !is_adapter) {
    result.versions = gguf_versions(tree);
    if (auto version = safetensors_version(tree, info)) result.versions.push_back(std::move(*version));
  }
  for (ModelVersion& version : result.versions) version.download_bytes += version.weight_bytes;
  std::ranges::stable_sort(result.versions, {}, &ModelVersion::weight_bytes);
  if (result.versions.empty()) explain_nothing(result, tree);
  return result;
}

}  // namespace etna::hub
