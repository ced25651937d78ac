#include "engine/io/prompt_cache_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/base/error.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

using Kind = FileCacheLayer::Kind;

constexpr std::size_t most_layers = 4096;
constexpr std::int64_t longest_text = std::int64_t{1} << 31;

struct ClassName {
  const char* name;
  Kind kind;
};

constexpr ClassName classes[] = {{"KVCache", Kind::plain}, {"RotatingKVCache", Kind::rotating}, {"QuantizedKVCache", Kind::packed}};

/// What mlx-lm has for models of kinds that Etna does not run, or for batches.
constexpr const char* other_classes[] = {"ChunkedKVCache", "ArraysCache",          "MambaCache",        "CacheList",
                                         "BatchKVCache",   "BatchRotatingKVCache", "ConcatenateKVCache"};

}  // namespace

std::int64_t FileCacheLayer::place(std::int64_t row) const {
  if (kind != Kind::rotating || index == places || row < keep) return row;
  const std::int64_t behind = row - keep, older = places - index;  // the oldest rows lie from the index on
  return behind < older ? index + behind : keep + behind - older;
}

std::int64_t FileCacheLayer::place_of(std::int64_t position) const {
  const std::int64_t first = kept(), rest = count() - first;
  if (position < 0 || position >= offset) return -1;
  if (position < first) return place(position);
  const std::int64_t behind = position - (offset - rest);
  return behind < 0 ? -1 : place(first + behind);
}

const char* FileCacheLayer::class_name() const {
  return std::ranges::find(classes, kind, &ClassName::kind)->name;
}

std::vector<std::string> FileCacheLayer::info() const {
  switch (kind) {
    case Kind::plain: return {};
    case Kind::rotating: return {std::to_string(keep), std::to_string(max_size), std::to_string(offset), std::to_string(index)};
    case Kind::packed: return {std::to_string(offset), std::to_string(group_size), std::to_string(bits)};
  }
  return {};
}

std::vector<TensorHeader> FileCacheLayer::tensors(std::size_t layer) const {
  std::vector<TensorHeader> tensors;
  for (int side = 0; side < 2; ++side) {
    const std::int64_t size = side == 0 ? key_size : value_size;
    const std::string name = fmt::format("{}.{}", layer, side);
    if (kind != Kind::packed) {
      tensors.push_back({name, dtype, {1, kv_heads, places, size}});
      continue;
    }
    tensors.push_back({name + ".0", DType::uint32, {1, kv_heads, places, size * bits / 32}});
    for (const char* part : {".1", ".2"}) tensors.push_back({name + part, dtype, {1, kv_heads, places, size / group_size}});
  }
  return tensors;
}

std::vector<std::int64_t> PromptCacheFile::numbers(std::size_t layer, std::size_t count) const {
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = fmt::format("0.{}.{}", layer, i);
    const auto found = file_->metadata().find(key);
    std::int64_t value = -1;
    if (found != file_->metadata().end()) {
      const std::string& text = found->second;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size()) value = -1;
    }
    if (value < 0 || value > longest_text) fail(Errc::corrupt, "{}: layer {}: its number {} is missing or impossible", path().string(), layer, i + 1);
    values.push_back(value);
  }
  return values;
}

PromptCacheFile PromptCacheFile::open(const std::filesystem::path& path) {
  PromptCacheFile result;
  result.file_ = SafetensorsFile::open(path);
  result.read_layers();
  return result;
}

void PromptCacheFile::read_layers() {
  const std::string where = path().string();
  const auto& all = file_->metadata();
  for (const auto& [key, value] : all) {
    if (key.starts_with("1.")) metadata_[key.substr(2)] = value;
  }
  for (std::size_t layer = 0;; ++layer) {
    const auto found = all.find(fmt::format("2.{}", layer));
    if (found == all.end()) break;
    if (layer >= most_layers) fail(Errc::corrupt, "{}: more than {} layers", where, most_layers);
    const auto* known = std::ranges::find(classes, found->second, [](const ClassName& each) { return std::string(each.name); });
    if (known == std::end(classes)) {
      const bool others = std::ranges::find(other_classes, found->second) != std::end(other_classes);
      fail(others ? Errc::unsupported : Errc::corrupt, "{}: layer {} is kept as {}, which {}", where, layer, quote(found->second),
           others ? "Etna's models have no use for" : "is no kind of cache that is known");
    }
    layers_.emplace_back().kind = known->kind;
    check_layer(layer);
  }
  if (layers_.empty()) fail(Errc::corrupt, "{}: is no prompt-cache file: it names no layers", where);
  std::size_t tensors = 0;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    tensors += layers_[layer].tensors(layer).size();
    if (layers_[layer].offset != tokens()) {
      fail(Errc::corrupt, "{}: layer {} holds {} tokens, layer 0 holds {}", where, layer, layers_[layer].offset, tokens());
    }
  }
  if (tensors != file_->tensors().size()) fail(Errc::corrupt, "{}: {} tensors, its layers have {}", where, file_->tensors().size(), tensors);
}

void PromptCacheFile::check_layer(std::size_t index) {
  const std::string where = fmt::format("{}: layer {}", path().string(), index);
  FileCacheLayer& layer = layers_[index];
  const bool packed = layer.kind == Kind::packed;
  const auto tensor = [&](int side) -> const StoredTensor& {
    const std::string name = fmt::format("{}.{}{}", index, side, packed ? ".0" : "");
    const StoredTensor* found = file_->find(name);
    if (!found) fail(Errc::corrupt, "{}: has no tensor {}", where, name);
    if (found->shape.size() != 4) fail(Errc::corrupt, "{}: tensor {} has {} axes, not 4", where, name, found->shape.size());
    return *found;
  };
  const StoredTensor &keys = tensor(0), &values = tensor(1);
  if (keys.shape[0] != 1) fail(Errc::unsupported, "{}: it holds {} texts; files of one text are known", where, keys.shape[0]);
  layer.kv_heads = keys.shape[1];
  layer.places = layer.offset = keys.shape[2];
  layer.key_size = keys.shape[3];
  layer.value_size = values.shape[3];
  if (packed) {
    const std::vector<std::int64_t> info = numbers(index, 3);
    layer.offset = info[0];
    layer.group_size = static_cast<int>(info[1]);
    layer.bits = static_cast<int>(info[2]);
    const bool known = (layer.bits == 4 || layer.bits == 8) && (info[1] == 32 || info[1] == 64) && layer.key_size < longest_text && layer.value_size < longest_text;
    if (!known) fail(Errc::unsupported, "{}: {} bits in groups of {}; 4 and 8 bits in groups of 32 and 64 are known", where, info[2], info[1]);
    layer.key_size = layer.key_size * 32 / layer.bits;
    layer.value_size = layer.value_size * 32 / layer.bits;
    if (layer.key_size % layer.group_size != 0 || layer.value_size % layer.group_size != 0) fail(Errc::corrupt, "{}: rows of {} and {} elements are no whole groups of {}", where, layer.key_size, layer.value_size, layer.group_size);
    const StoredTensor* scales = file_->find(fmt::format("{}.0.1", index));
    if (!scales || !scales->dtype || !is_floating(*scales->dtype)) fail(Errc::corrupt, "{}: its scales are missing or no floating numbers", where);
    layer.dtype = *scales->dtype;
  } else {
    if (!keys.dtype || !is_floating(*keys.dtype)) fail(Errc::corrupt, "{}: its keys are {}, no floating numbers that are known", where, keys.stored_dtype);
    layer.dtype = *keys.dtype;
  }
  if (layer.kind == Kind::rotating) {
    const std::vector<std::int64_t> info = numbers(index, 4);
    layer.keep = info[0], layer.max_size = info[1], layer.offset = info[2], layer.index = info[3];
    const bool in_order = layer.keep < layer.max_size && layer.index <= layer.places && layer.places <= layer.offset &&
                          (layer.index == layer.places || layer.index >= layer.keep);
    if (!in_order) fail(Errc::corrupt, "{}: a ring of {} rows cannot keep {} of {}, hold {} tokens and go on at {}", where, layer.places, layer.keep, layer.max_size, layer.offset, layer.index);
  }
  const bool sizes = layer.kv_heads > 0 && layer.key_size > 0 && layer.value_size > 0 && layer.offset > 0 && layer.offset <= longest_text && layer.offset >= layer.places;
  if (!sizes || (layer.kind != Kind::rotating && layer.offset != layer.places)) {
    fail(Errc::corrupt, "{}: {} rows of {} heads for {} tokens", where, layer.places, layer.kv_heads, layer.offset);
  }
  for (const TensorHeader& wanted : layer.tensors(index)) {
    const StoredTensor* found = file_->find(wanted.name);
    if (!found) fail(Errc::corrupt, "{}: has no tensor {}", where, wanted.name);
    if (found->shape != wanted.shape || found->dtype != wanted.dtype) {
      fail(Errc::corrupt, "{}: tensor {} is {} {}, expected {} {}", where, wanted.name, found->stored_dtype, to_string(found->shape), name(wanted.dtype), to_string(wanted.shape));
    }
  }
}

std::string PromptCacheFile::metadata(const std::string& key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? std::string() : found->second;
}

const StoredTensor& PromptCacheFile::tensor(std::size_t layer, std::size_t index) const {
  return file_->at(layers_[layer].tensors(layer)[index].name);
}

void write_prompt_cache_file(const std::filesystem::path& path, const std::vector<FileCacheLayer>& layers,
                             const std::map<std::string, std::string>& metadata,
                             const std::function<std::vector<std::vector<std::byte>>(std::size_t layer)>& rows) {
  std::vector<TensorHeader> headers;
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : metadata) texts["1." + key] = value;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (TensorHeader& header : layers[i].tensors(i)) headers.push_back(std::move(header));
    const std::vector<std::string> info = layers[i].info();
    if (info.empty()) texts[fmt::format("0.{}", i)] = "";
    for (std::size_t j = 0; j < info.size(); ++j) texts[fmt::format("0.{}.{}", i, j)] = info[j];
    texts[fmt::format("2.{}", i)] = layers[i].class_name();
  }
  SafetensorsWriter writer(path, headers, texts);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const std::vector<std::byte>& bytes : rows(i)) writer.append(bytes);
  }
  writer.commit();
}

}  // namespace etna
