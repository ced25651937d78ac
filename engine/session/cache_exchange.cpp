#include "engine/session/cache_exchange.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/half.h"
#include "engine/base/json.h"

namespace etna {

namespace {

using Kind = FileCacheLayer::Kind;
using Bytes = std::vector<std::byte>;

struct SideFormat {
  std::int64_t size = 0;
  int bits = 0;
  int group_size = 64;
  DType dtype = DType::float32;

  std::size_t words() const { return static_cast<std::size_t>(size * bits / 32); }
  std::size_t groups() const { return static_cast<std::size_t>(size / group_size); }
  std::size_t row_bytes() const { return bits == 0 ? static_cast<std::size_t>(size) * size_of(dtype) : 4 * (words() + groups()); }
};

SideFormat side_of(const RowFormat& format, int side) {
  return side == 0 ? SideFormat{format.key_size, format.key_bits, format.group_size, format.dtype}
                   : SideFormat{format.value_size, format.value_bits, format.group_size, format.dtype};
}

/// Elements of one packed row: code · scale + bias, in float32 as kernels have it.
void unpack_row(const SideFormat& side, const std::uint32_t* codes, const auto& scale_of, const auto& bias_of, float* out) {
  const auto per_word = static_cast<std::size_t>(32 / side.bits);
  const std::uint32_t mask = (std::uint32_t{1} << side.bits) - 1;
  for (std::size_t i = 0; i < static_cast<std::size_t>(side.size); ++i) {
    const std::uint32_t code = codes[i / per_word] >> (i % per_word * static_cast<std::size_t>(side.bits)) & mask;
    const std::size_t group = i / static_cast<std::size_t>(side.group_size);
    out[i] = static_cast<float>(code) * scale_of(group) + bias_of(group);
  }
}

float low_half(std::uint32_t word) { return to_float(Float16{static_cast<std::uint16_t>(word)}); }
float high_half(std::uint32_t word) { return to_float(Float16{static_cast<std::uint16_t>(word >> 16)}); }

template <class T>
std::vector<T> elements(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<float> floats_of(std::span<const std::byte> bytes, DType dtype) {
  return Array::from_bytes(bytes, {static_cast<std::int64_t>(bytes.size() / size_of(dtype))}, dtype).to_floats();
}

Bytes rounded(const std::vector<float>& values, DType dtype) {
  switch (dtype) {
    case DType::float32: return bytes_of(values);
    case DType::float16: {
      std::vector<Float16> halves;
      std::ranges::transform(values, std::back_inserter(halves), to_float16);
      return bytes_of(halves);
    }
    default: {
      std::vector<BFloat16> halves;
      std::ranges::transform(values, std::back_inserter(halves), to_bfloat16);
      return bytes_of(halves);
    }
  }
}

/// How a layer is written.
FileCacheLayer file_layer(const Runner& runner, std::size_t index, std::int64_t length) {
  const RowFormat format = runner.row_format(index);
  const LayerNeed need = runner.layer_need(index);
  FileCacheLayer layer;
  layer.kv_heads = format.kv_heads;
  layer.key_size = format.key_size;
  layer.value_size = format.value_size;
  layer.dtype = format.dtype;
  layer.offset = layer.places = length;
  if (need.window > 0) {
    layer.kind = Kind::rotating;
    layer.keep = need.keep;
    layer.max_size = need.window;
    layer.places = layer.index = std::min(length, need.window);
  } else if (format.key_bits != 0 && format.key_bits == format.value_bits) {
    layer.kind = Kind::packed;
    layer.bits = format.key_bits;
    layer.group_size = format.group_size;
    layer.dtype = DType::float16;  // of scales and biases
  }
  return layer;
}

/// The positions of a layer that its file has, in their order, as rows of each head.
std::vector<PositionRange> file_ranges(const FileCacheLayer& layer) {
  if (layer.places >= layer.offset) return {{0, layer.offset}};
  std::vector<PositionRange> ranges;
  if (layer.keep > 0) ranges.push_back({0, layer.keep});
  ranges.push_back({layer.offset - (layer.places - layer.keep), layer.offset});
  return ranges;
}

/// (kv_heads, places, row) of keys and values: all that a file has of a layer.
std::array<Bytes, 2> rows_of(const Runner& runner, std::size_t index, const FileCacheLayer& layer) {
  const RowFormat format = runner.row_format(index);
  const std::size_t sizes[] = {format.key_bytes(), format.value_bytes()};
  std::array<Bytes, 2> all;
  const auto heads = static_cast<std::size_t>(layer.kv_heads), places = static_cast<std::size_t>(layer.places);
  for (int side = 0; side < 2; ++side) all[static_cast<std::size_t>(side)].resize(heads * places * sizes[side]);
  std::size_t first = 0;
  for (const PositionRange& range : file_ranges(layer)) {
    const auto count = static_cast<std::size_t>(range.size());
    Bytes keys(heads * count * sizes[0]), values(heads * count * sizes[1]);
    runner.read_rows(0, index, range, keys, values);
    for (std::size_t head = 0; head < heads; ++head) {
      std::memcpy(all[0].data() + (head * places + first) * sizes[0], keys.data() + head * count * sizes[0], count * sizes[0]);
      std::memcpy(all[1].data() + (head * places + first) * sizes[1], values.data() + head * count * sizes[1], count * sizes[1]);
    }
    first += count;
  }
  return all;
}

std::vector<float> unpacked(const SideFormat& side, const Bytes& rows) {
  const std::size_t count = rows.size() / side.row_bytes();
  const std::vector<std::uint32_t> words = elements<std::uint32_t>(rows);
  std::vector<float> values(count * static_cast<std::size_t>(side.size));
  for (std::size_t row = 0; row < count; ++row) {
    const std::uint32_t* codes = words.data() + row * (side.words() + side.groups());
    const std::uint32_t* groups = codes + side.words();
    unpack_row(side, codes, [&](std::size_t group) { return low_half(groups[group]); }, [&](std::size_t group) { return high_half(groups[group]); },
               values.data() + row * static_cast<std::size_t>(side.size));
  }
  return values;
}

/// Codes, scales and biases apart.
std::array<Bytes, 3> split(const SideFormat& side, const Bytes& rows) {
  const std::size_t count = rows.size() / side.row_bytes();
  const std::vector<std::uint32_t> words = elements<std::uint32_t>(rows);
  std::vector<std::uint32_t> codes;
  std::vector<std::uint16_t> scales, biases;
  for (std::size_t row = 0; row < count; ++row) {
    const std::uint32_t* begin = words.data() + row * (side.words() + side.groups());
    codes.insert(codes.end(), begin, begin + side.words());
    for (std::size_t group = 0; group < side.groups(); ++group) {
      scales.push_back(static_cast<std::uint16_t>(begin[side.words() + group]));
      biases.push_back(static_cast<std::uint16_t>(begin[side.words() + group] >> 16));
    }
  }
  return {bytes_of(codes), bytes_of(scales), bytes_of(biases)};
}

/// One side of a layer of a file: its tensors, in the file's order of places.
struct FileSide {
  const FileCacheLayer& layer;
  SideFormat format;  // as the file has it
  std::vector<std::span<const std::byte>> tensors;

  /// Bytes of a tensor's rows of one head for positions, in their order.
  Bytes gather(std::size_t tensor, std::int64_t head, PositionRange range) const {
    const std::size_t row = tensors[tensor].size() / static_cast<std::size_t>(layer.kv_heads * layer.places);
    Bytes rows;
    rows.reserve(row * static_cast<std::size_t>(range.size()));
    for (std::int64_t position = range.begin; position < range.end; ++position) {
      const std::size_t at = static_cast<std::size_t>(head * layer.places + layer.place_of(position)) * row;
      const auto found = tensors[tensor].subspan(at, row);
      rows.insert(rows.end(), found.begin(), found.end());
    }
    return rows;
  }
};

FileSide file_side(const PromptCacheFile& file, std::size_t index, int side) {
  const FileCacheLayer& layer = file.layers()[index];
  const bool packed = layer.kind == Kind::packed;
  FileSide result{layer, {side == 0 ? layer.key_size : layer.value_size, layer.bits, packed ? layer.group_size : 64, layer.dtype}, {}};
  const std::size_t count = packed ? 3 : 1;
  for (std::size_t i = 0; i < count; ++i) result.tensors.push_back(file.tensor(index, static_cast<std::size_t>(side) * count + i).bytes);
  return result;
}

[[noreturn]] void fail_not_finite(const PromptCacheFile& file, std::size_t index) {
  fail(Errc::corrupt, "{}: layer {} holds numbers that are not finite", file.path().string(), index);
}

/// Rows as floating numbers (kv_heads, range.size(), size).
std::vector<float> float_rows(const PromptCacheFile& file, std::size_t index, const FileSide& side, PositionRange range) {
  std::vector<float> all;
  for (std::int64_t head = 0; head < side.layer.kv_heads; ++head) {
    std::vector<float> rows;
    if (side.format.bits == 0) {
      rows = floats_of(side.gather(0, head, range), side.format.dtype);
    } else {
      const auto codes = elements<std::uint32_t>(side.gather(0, head, range));
      const std::vector<float> scales = floats_of(side.gather(1, head, range), side.format.dtype), biases = floats_of(side.gather(2, head, range), side.format.dtype);
      rows.resize(static_cast<std::size_t>(range.size() * side.format.size));
      for (std::size_t row = 0; row < static_cast<std::size_t>(range.size()); ++row) {
        const std::size_t first = row * side.format.groups();
        unpack_row(side.format, codes.data() + row * side.format.words(), [&](std::size_t group) { return scales[first + group]; },
                   [&](std::size_t group) { return biases[first + group]; }, rows.data() + row * static_cast<std::size_t>(side.format.size));
      }
    }
    all.insert(all.end(), rows.begin(), rows.end());
  }
  if (!std::ranges::all_of(all, [](float value) { return std::isfinite(value); })) fail_not_finite(file, index);
  return all;
}

/// Packed rows of the same widths, as the cache keeps them; scales become float16.
Bytes packed_rows(const PromptCacheFile& file, std::size_t index, const FileSide& side, PositionRange range) {
  std::vector<std::uint32_t> all;
  for (std::int64_t head = 0; head < side.layer.kv_heads; ++head) {
    const auto codes = elements<std::uint32_t>(side.gather(0, head, range));
    const std::vector<float> scales = floats_of(side.gather(1, head, range), side.format.dtype), biases = floats_of(side.gather(2, head, range), side.format.dtype);
    for (std::size_t row = 0; row < static_cast<std::size_t>(range.size()); ++row) {
      const auto begin = codes.begin() + static_cast<std::ptrdiff_t>(row * side.format.words());
      all.insert(all.end(), begin, begin + static_cast<std::ptrdiff_t>(side.format.words()));
      for (std::size_t group = 0; group < side.format.groups(); ++group) {
        const Float16 scale = to_float16(scales[row * side.format.groups() + group]), bias = to_float16(biases[row * side.format.groups() + group]);
        if (!std::isfinite(to_float(scale)) || !std::isfinite(to_float(bias))) fail_not_finite(file, index);
        all.push_back(std::uint32_t{scale.bits} | std::uint32_t{bias.bits} << 16);
      }
    }
  }
  return bytes_of(all);
}

bool same_rows(const SideFormat& mine, const SideFormat& theirs) {
  return mine.bits == theirs.bits && (mine.bits == 0 ? mine.dtype == theirs.dtype : mine.group_size == theirs.group_size);
}

void read_layer(Runner& runner, const PromptCacheFile& file, std::size_t index) {
  const RowFormat format = runner.row_format(index);
  const FileSide keys = file_side(file, index, 0), values = file_side(file, index, 1);
  const bool as_they_are = same_rows(side_of(format, 0), keys.format) && same_rows(side_of(format, 1), values.format);
  for (const PositionRange& range : runner.layer_need(index).of(file.tokens())) {
    if (!as_they_are || format.key_bits == 0) {
      const std::vector<float> all_keys = float_rows(file, index, keys, range), all_values = float_rows(file, index, values, range);
      if (as_they_are) {
        runner.write_rows(index, range, rounded(all_keys, format.dtype), rounded(all_values, format.dtype));
        continue;
      }
      const auto array = [&](const std::vector<float>& rows, std::int64_t size) { return Array::from(rows, {format.kv_heads, range.size(), size}); };
      runner.store_rows(index, range, array(all_keys, format.key_size), array(all_values, format.value_size));
      continue;
    }
    runner.write_rows(index, range, packed_rows(file, index, keys, range), packed_rows(file, index, values, range));
  }
}

/// "float16", "8-bit in groups of 64".
std::string rows_text(DType dtype, int bits, int group_size) { return bits == 0 ? std::string(name(dtype)) : fmt::format("{}-bit in groups of {}", bits, group_size); }

}  // namespace

void write_context(Runner& runner, const std::filesystem::path& path, const std::map<std::string, std::string>& metadata) {
  runner.prepare_rows();
  const std::int64_t length = runner.length(0);
  if (length == 0) fail(Errc::invalid_argument, "{}: there is no context to save", path.string());
  std::vector<FileCacheLayer> layers;
  for (std::size_t i = 0; i < runner.layers(); ++i) layers.push_back(file_layer(runner, i, length));
  write_prompt_cache_file(path, layers, metadata, [&](std::size_t index) {
    std::array<Bytes, 2> rows = rows_of(runner, index, layers[index]);
    std::vector<Bytes> tensors;
    for (int side = 0; side < 2; ++side) {
      const SideFormat format = side_of(runner.row_format(index), side);
      Bytes& all = rows[static_cast<std::size_t>(side)];
      if (layers[index].kind == Kind::packed) {
        for (Bytes& part : split(format, all)) tensors.push_back(std::move(part));
      } else {
        tensors.push_back(format.bits == 0 ? std::move(all) : rounded(unpacked(format, all), format.dtype));
      }
    }
    return tensors;
  });
}

ContextForm ContextForm::of(const Runner& runner, std::string fingerprint) {
  ContextForm form;
  form.fingerprint = std::move(fingerprint);
  form.capacity = runner.capacity();
  form.packed_from = runner.packed_from();
  for (std::size_t i = 0; i < runner.layers(); ++i) {
    form.formats.push_back(runner.row_format_at(i, form.capacity));
    form.short_formats.push_back(runner.row_format_at(i, 0));
    form.needs.push_back(runner.layer_need(i));
  }
  return form;
}

SnapshotFit check_fit(const ContextForm& form, const PromptCacheFile& file) {
  const auto no = [](std::string sentence) { return SnapshotFit{false, std::move(sentence)}; };
  const std::vector<RowFormat>& formats = form.formats_at(file.tokens());
  if (file.layers().size() != formats.size()) return no(fmt::format("It was made with a model of {} layers; this one has {}.", file.layers().size(), formats.size()));
  if (file.tokens() >= form.capacity) return no(fmt::format("It holds {} tokens; the model was loaded with a context of {}.", file.tokens(), form.capacity));
  std::string note;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const FileCacheLayer& layer = file.layers()[i];
    const RowFormat& format = formats[i];
    if (layer.kv_heads != format.kv_heads || layer.key_size != format.key_size || layer.value_size != format.value_size) {
      return no(fmt::format("Its layer {} has {} heads of {} and {} elements; this model's has {} of {} and {}.", i, layer.kv_heads, layer.key_size,
                            layer.value_size, format.kv_heads, format.key_size, format.value_size));
    }
    for (const PositionRange& range : form.needs[i].of(file.tokens())) {
      if (layer.place_of(range.begin) >= 0) continue;
      return no(fmt::format("Its layer {} remembers the last {} tokens only; this model looks further back.", i, layer.places));
    }
    const std::string mine = rows_text(format.dtype, format.key_bits, format.group_size), theirs = rows_text(layer.dtype, layer.bits, layer.group_size);
    if (note.empty() && mine != theirs) note = fmt::format("It was made with {} context and is used with {}: answers may differ a little.", theirs, mine);
  }
  return {true, note};
}

SnapshotFit check_fit(const ContextForm& form, const SnapshotInfo& snapshot) {
  if (!snapshot.problem.empty()) return {false, snapshot.problem};
  if (!snapshot.file.fingerprint.empty() && snapshot.file.fingerprint != form.fingerprint) {
    return {false, fmt::format("It was made with another model: {}.", snapshot.file.model)};
  }
  try {
    SnapshotFit fit = check_fit(form, PromptCacheFile::open(snapshot.file.path));
    if (fit.fits && snapshot.file.fingerprint.empty()) fit.sentence = "It does not say which weights made it." + (fit.sentence.empty() ? "" : " " + fit.sentence);
    return fit;
  } catch (const Error& error) {
    return {false, error.what()};
  }
}

void read_context(Runner& runner, const PromptCacheFile& file, std::int64_t text_length, const Progress& progress) {
  if (const SnapshotFit fit = check_fit(runner, file); !fit.fits) fail(Errc::invalid_argument, "{}: does not fit the model. {}", file.path().string(), fit.sentence);
  runner.begin_restore(file.tokens(), 0, text_length);
  for (std::size_t i = 0; i < runner.layers(); ++i) {
    progress.check("reading a prompt cache");
    read_layer(runner, file, i);
  }
  file.check();
  runner.end_restore(file.tokens());
}

PromptCacheFileInfo describe(const PromptCacheFile& file) {
  PromptCacheFileInfo info;
  info.path = file.path().string();
  info.name = file.metadata(name_key);
  info.model = file.metadata("model");
  info.fingerprint = file.metadata(fingerprint_key);
  const auto parsed = nlohmann::json::parse(file.metadata(template_key), nullptr, false);
  if (parsed.is_string()) info.chat_template = parsed.get<std::string>();
  info.tokens = static_cast<std::uint64_t>(file.tokens());
  info.has_ids = !file.metadata(ids_key).empty();
  info.has_messages = !file.metadata(messages_key).empty();
  info.layers = static_cast<int>(file.layers().size());
  for (const FileCacheLayer& layer : file.layers()) {
    if (layer.kind == Kind::packed) {
      info.kv_bits = layer.bits;
      info.group_size = layer.group_size;
    } else {
      info.dtype = name(layer.dtype);
    }
    if (layer.kind != Kind::rotating) continue;
    info.max_size = std::max(info.max_size, static_cast<std::uint64_t>(layer.max_size));
    info.keep = std::max(info.keep, static_cast<std::uint64_t>(layer.keep));
  }
  const std::string saved = file.metadata(saved_key);
  std::from_chars(saved.data(), saved.data() + saved.size(), info.saved);
  struct stat status {};
  if (::stat(file.path().c_str(), &status) == 0) {
    info.bytes = static_cast<std::uint64_t>(status.st_size);
    info.last_used = status.st_mtim.tv_sec;
    if (info.saved == 0) info.saved = status.st_mtim.tv_sec;
  }
  return info;
}

std::vector<std::int32_t> token_ids(const PromptCacheFile& file) {
  const std::string text = file.metadata(ids_key);
  if (text.empty()) return {};
  std::vector<std::int32_t> ids;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto skip = [&](std::string_view what) {
    while (at != end && what.find(*at) != what.npos) ++at;
  };
  for (skip("[ "); at != end && *at != ']'; skip(", ")) {
    std::int32_t id = -1;
    const auto [next, error] = std::from_chars(at, end, id);
    if (error != std::errc() || id < 0) fail(Errc::corrupt, "{}: its list of token ids is damaged", file.path().string());
    ids.push_back(id);
    at = next;
  }
  if (static_cast<std::int64_t>(ids.size()) != file.tokens()) {
    fail(Errc::corrupt, "{}: it lists {} token ids and holds {} tokens", file.path().string(), ids.size(), file.tokens());
  }
  return ids;
}

std::string messages_text(const std::vector<ChatMessage>& messages) {
  nlohmann::json list = nlohmann::json::array();
  for (const ChatMessage& message : messages) {
    nlohmann::json entry = {{"role", message.role}, {"content", message.content}};
    if (!message.thinking.empty()) entry["thinking"] = message.thinking;
    list.push_back(std::move(entry));
  }
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<ChatMessage> saved_messages(const PromptCacheFile& file) {
  const std::string text = file.metadata(messages_key);
  if (text.empty()) return {};
  const std::string where = file.path().string() + ": its messages";
  const nlohmann::json list = parse_json(text, where, 8);
  const auto text_of = [&](const nlohmann::json& entry, const char* key, bool needed) {
    const auto found = entry.find(key);
    if (found == entry.end() && !needed) return std::string();
    if (found == entry.end() || !found->is_string()) fail(Errc::corrupt, "{}: a message has no text \"{}\"", where, key);
    return found->get<std::string>();
  };
  if (!list.is_array()) fail(Errc::corrupt, "{}: are no list", where);
  std::vector<ChatMessage> messages;
  for (const nlohmann::json& entry : list) {
    if (!entry.is_object()) fail(Errc::corrupt, "{}: one of them is no object", where);
    ChatMessage message{.role = text_of(entry, "role", true), .content = text_of(entry, "content", true)};
    message.thinking = text_of(entry, "thinking", false);
    messages.push_back(std::move(message));
  }
  return messages;
}

std::string ids_text(std::span<const std::int32_t> ids) { return fmt::format("[{}]", fmt::join(ids, ", ")); }

}  // namespace etna
