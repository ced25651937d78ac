#include "hub/api_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/error.h"
#include "hub/answer.h"
#include "hub/names.h"

namespace etna::hub {

namespace {

constexpr std::size_t most_files = 20'000;
constexpr std::size_t most_name_bytes = std::size_t{8} << 20;
constexpr std::size_t most_tags = 1000;
constexpr std::uint64_t largest_file = std::uint64_t{1} << 50;

/// A string, or the strings of a list: cardData writes both.
std::vector<std::string> one_or_more(const nlohmann::json& value, std::size_t limit = 64) {
  std::vector<std::string> texts;
  if (value.is_string()) texts.push_back(text_of(value));
  if (value.is_array()) {
    for (const nlohmann::json& item : value) {
      if (texts.size() == limit) break;
      if (std::string text = text_of(item); !text.empty()) texts.push_back(std::move(text));
    }
  }
  return texts;
}

/// Text that will be shown: what could deceive is escaped.
std::string shown(const nlohmann::json& value, std::size_t limit = 300) { return escaped_name(text_of(value), limit); }

Access access_of(const nlohmann::json& gated) {
  if (gated.is_string()) return gated == "manual" ? Access::manual : Access::automatic;
  return is_true(gated) ? Access::automatic : Access::open;
}

void read_config(const nlohmann::json& config, ModelSummary& model) {
  model.model_type = shown(member(config, "model_type"));
  if (const auto names = one_or_more(member(config, "architectures"), 1); !names.empty()) {
    model.architecture = escaped_name(names[0]);
  }
  const nlohmann::json& mlx = member(config, "quantization");
  const nlohmann::json& quantization = mlx.is_object() ? mlx : member(config, "quantization_config");
  model.quantization = shown(member(quantization, "quant_method"), 40);
  const auto bits = count_of(member(quantization, "bits"));
  if (bits && *bits <= 32) model.quantization_bits = static_cast<int>(*bits);
}

void read_elements(const nlohmann::json& safetensors, ModelSummary& model) {
  const nlohmann::json& parameters = member(safetensors, "parameters");
  std::uint64_t sum = 0;
  if (parameters.is_object()) {
    for (const auto& [dtype, value] : parameters.items()) {
      const auto count = count_of(value);
      if (!count || dtype.size() > 32 || model.elements.size() == 32) continue;
      model.elements.push_back({escaped_name(dtype), *count});
      sum += *count;
    }
  }
  model.parameters = count_of(member(safetensors, "total")).value_or(sum);
}

void read_gguf(const nlohmann::json& gguf, ModelSummary& model) {
  if (!gguf.is_object()) return;
  if (model.parameters == 0) model.parameters = count_of(member(gguf, "total")).value_or(0);
  if (model.architecture.empty()) model.architecture = shown(member(gguf, "architecture"), 100);
  model.context_length = count_of(member(gguf, "context_length")).value_or(0);
}

void fill_summary(const nlohmann::json& value, ModelSummary& model) {
  model.author = shown(member(value, "author"));
  if (const std::size_t slash = model.id.find('/'); model.author.empty() && slash != model.id.npos) {
    model.author = model.id.substr(0, slash);
  }
  model.last_modified = shown(member(value, "lastModified"), 40);
  model.downloads = count_of(member(value, "downloads")).value_or(0);
  model.likes = count_of(member(value, "likes")).value_or(0);
  model.access = access_of(member(value, "gated"));
  model.is_private = is_true(member(value, "private"));
  model.disabled = is_true(member(value, "disabled"));
  model.task = shown(member(value, "pipeline_tag"), 100);
  model.library = shown(member(value, "library_name"), 100);
  for (std::string& tag : one_or_more(member(value, "tags"), most_tags)) model.tags.push_back(escaped_name(tag));
  constexpr std::string_view prefix = "license:";
  for (const std::string& tag : model.tags) {
    if (tag.starts_with(prefix)) model.license = tag.substr(prefix.size());
  }
  if (const auto names = one_or_more(member(member(value, "cardData"), "license"), 1);
      model.license.empty() && !names.empty()) {
    model.license = escaped_name(names[0], 100);
  }
  read_config(member(value, "config"), model);
  read_elements(member(value, "safetensors"), model);
  read_gguf(member(value, "gguf"), model);
}

std::string usable_id(const nlohmann::json& value) {
  std::string id = text_of(member(value, "id"), 256);
  if (id.empty()) id = text_of(member(value, "modelId"), 256);
  return id.empty() || wrong_with_repository_id(id) ? std::string() : id;
}

bool has_text(const nlohmann::json& value) { return value.is_string() && !value.get_ref<const std::string&>().empty(); }

TreeFile read_tree_file(const nlohmann::json& entry, std::string path, std::string_view where) {
  TreeFile file;
  file.path = std::move(path);
  const auto size = count_of(member(entry, "size"));
  if (!size || *size > largest_file) fail(Errc::corrupt, "{}: {} has no usable size", where, file.path);
  file.size = *size;
  file.oid = text_of(member(entry, "oid"), 64);
  if (!is_commit(file.oid)) fail(Errc::corrupt, "{}: {} has no usable hash", where, file.path);
  if (const nlohmann::json& lfs = member(entry, "lfs"); lfs.is_object()) {
    file.sha256 = text_of(member(lfs, "oid"), 80);
    if (file.sha256.empty()) file.sha256 = text_of(member(lfs, "sha256"), 80);
    if (file.sha256.size() != 64 || !is_blob_name(file.sha256)) {
      fail(Errc::corrupt, "{}: {} has no usable sha256", where, file.path);
    }
    if (const auto lfs_size = count_of(member(lfs, "size")); lfs_size && *lfs_size != file.size) {
      fail(Errc::corrupt, "{}: {} has two sizes: {} and {}", where, file.path, file.size, *lfs_size);
    }
  }
  file.xet_hash = text_of(member(entry, "xetHash"), 64);
  return file;
}

}  // namespace

bool ModelSummary::has_tag(std::string_view tag) const { return std::ranges::find(tags, tag) != tags.end(); }

const TreeFile* Tree::find(std::string_view path) const {
  const auto found = std::ranges::lower_bound(files, path, {}, [](const TreeFile& file) -> std::string_view { return file.path; });
  return found != files.end() && found->path == path ? &*found : nullptr;
}

std::optional<ModelSummary> read_summary(const nlohmann::json& value) {
  ModelSummary model;
  model.id = usable_id(value);
  if (model.id.empty()) return std::nullopt;
  fill_summary(value, model);
  return model;
}

ModelInfo read_model_info(const nlohmann::json& value, std::string_view where) {
  ModelInfo model;
  model.id = usable_id(value);
  if (model.id.empty()) fail(Errc::corrupt, "{}: the answer names no repository", where);
  model.commit = text_of(member(value, "sha"), 64);
  if (!is_commit(model.commit)) fail(Errc::corrupt, "{}: the answer names no commit", where);
  fill_summary(value, model);
  if (const nlohmann::json& siblings = member(value, "siblings"); siblings.is_array()) {
    for (const nlohmann::json& sibling : siblings) {
      std::string name = text_of(member(sibling, "rfilename"));
      if (model.file_names.size() < most_files && !wrong_with_file_name(name)) model.file_names.push_back(std::move(name));
    }
  }
  const nlohmann::json& card = member(value, "cardData");
  for (std::string& id : one_or_more(member(card, "base_model"))) {
    if (!wrong_with_repository_id(id)) model.base_models.push_back(std::move(id));
  }
  for (const std::string& language : one_or_more(member(card, "language"))) {
    model.languages.push_back(escaped_name(language, 40));
  }
  const nlohmann::json& gguf = member(value, "gguf");
  model.gguf_architecture = shown(member(gguf, "architecture"), 100);
  model.gguf_parameters = count_of(member(gguf, "total")).value_or(0);
  const nlohmann::json& config = member(value, "config");
  model.has_chat_template = has_text(member(gguf, "chat_template")) || has_text(member(config, "chat_template_jinja")) ||
                            has_text(member(member(config, "tokenizer_config"), "chat_template")) ||
                            member(member(config, "tokenizer_config"), "chat_template").is_array();
  return model;
}

void read_tree_page(const nlohmann::json& value, std::string_view where, Tree& tree) {
  if (!value.is_array()) fail(Errc::corrupt, "{}: the answer is no list of files", where);
  std::size_t name_bytes = 0;
  for (const TreeFile& file : tree.files) name_bytes += file.path.size();
  for (const nlohmann::json& entry : value) {
    if (text_of(member(entry, "type")) != "file") continue;
    const nlohmann::json& path = member(entry, "path");
    const std::string name = path.is_string() ? path.get<std::string>() : std::string();
    if (const auto wrong = wrong_with_file_name(name)) {
      if (tree.refused.size() < 100) tree.refused.push_back(fmt::format("{}: {}", escaped_name(name), *wrong));
      continue;
    }
    name_bytes += name.size();
    if (tree.files.size() == most_files || name_bytes > most_name_bytes) {
      fail(Errc::corrupt, "{}: the repository has more than {} files", where, tree.files.size());
    }
    tree.files.push_back(read_tree_file(entry, name, where));
  }
}

void finish_tree(Tree& tree) {
  std::ranges::sort(tree.files, {}, &TreeFile::path);
  std::vector<std::string> paths;
  paths.reserve(tree.files.size());
  for (const TreeFile& file : tree.files) paths.push_back(file.path);
  std::vector<bool> refused(paths.size(), false);
  for (const auto& [first, second] : colliding_names(paths)) {
    refused[second] = true;
    if (tree.refused.size() < 100) {
      tree.refused.push_back(
          fmt::format("{}: is the same as {} where upper and lower case do not count", paths[second], paths[first]));
    }
  }
  std::size_t index = 0;
  std::erase_if(tree.files, [&](const TreeFile&) { return refused[index++]; });
}

}  // namespace etna::hub
