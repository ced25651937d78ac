#include "hub/headers.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/error.h"
#include "hub/answer.h"
#include "hub/names.h"

namespace etna::hub {

namespace {

constexpr std::uint64_t most_header_bytes = std::uint64_t{16} << 20;
constexpr std::uint64_t first_read = std::uint64_t{256} << 10;
constexpr std::size_t most_dimensions = 16;

/// Bits of one element; 0: not a dtype that is known.
int bits_of(std::string_view dtype) {
  constexpr std::pair<std::string_view, int> known[] = {
      {"F64", 64},     {"F32", 32},     {"F16", 16},     {"BF16", 16},        {"I64", 64},        {"I32", 32},
      {"I16", 16},     {"I8", 8},       {"U64", 64},     {"U32", 32},         {"U16", 16},        {"U8", 8},
      {"BOOL", 8},     {"F8_E4M3", 8},  {"F8_E5M2", 8},  {"F8_E8M0", 8},      {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
      {"F6_E2M3", 6},  {"F6_E3M2", 6},  {"F4", 4},       {"C64", 64}};
  for (const auto& [name, bits] : known) {
    if (name == dtype) return bits;
  }
  return 0;
}

struct Placed {
  TensorEntry tensor;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Elements of a shape; none if a number is no size or the product overflows.
std::optional<std::uint64_t> read_shape(const nlohmann::json& value, std::vector<std::int64_t>& shape) {
  if (!value.is_array() || value.size() > most_dimensions) return std::nullopt;
  std::uint64_t elements = 1;
  for (const nlohmann::json& item : value) {
    const auto size = count_of(item);
    if (!size || __builtin_mul_overflow(elements, *size, &elements)) return std::nullopt;
    shape.push_back(static_cast<std::int64_t>(*size));
  }
  return elements;
}

Placed read_tensor(const std::string& name, const nlohmann::json& value, std::uint64_t data_bytes, std::string_view where) {
  const auto refuse = [&](std::string_view what) {
    fail(Errc::corrupt, "{}: tensor {} {}", where, escaped_name(name), what);
  };
  Placed placed;
  placed.tensor.name = name;
  placed.tensor.dtype = text_of(member(value, "dtype"), 32);
  const auto elements = read_shape(member(value, "shape"), placed.tensor.shape);
  if (placed.tensor.dtype.empty() || !elements) refuse("has no usable type or shape");
  const nlohmann::json& offsets = member(value, "data_offsets");
  const auto begin = offsets.is_array() && offsets.size() == 2 ? count_of(offsets[0]) : std::nullopt;
  const auto end = begin ? count_of(offsets[1]) : std::nullopt;
  if (!end || *begin > *end || *end > data_bytes) refuse("lies outside the file");
  placed.begin = *begin;
  placed.end = *end;
  placed.tensor.bytes = *end - *begin;
  if (const int bits = bits_of(placed.tensor.dtype); bits > 0) {
    std::uint64_t total = 0;
    if (__builtin_mul_overflow(*elements, static_cast<std::uint64_t>(bits), &total) || total % 8 != 0 ||
        total / 8 != placed.tensor.bytes) {
      refuse("has another size than its shape says");
    }
  }
  return placed;
}

}  // namespace

std::uint64_t safetensors_header_bytes(std::span<const std::byte> first_eight, std::uint64_t file_size,
                                       std::string_view where) {
  if (first_eight.size() < 8 || file_size < 8) fail(Errc::corrupt, "{}: too short for a safetensors file", where);
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | std::to_integer<std::uint64_t>(first_eight[static_cast<std::size_t>(i)]);
  if (length > most_header_bytes - 8 || length + 8 > file_size) {
    fail(Errc::corrupt, "{}: the header is said to have {} bytes, more than the file or than Etna reads", where, length);
  }
  return length + 8;
}

SafetensorsHeader parse_safetensors_header(std::string_view bytes, std::uint64_t file_size, std::string_view where) {
  SafetensorsHeader header;
  header.header_bytes = safetensors_header_bytes(std::as_bytes(std::span(bytes)), file_size, where);
  if (bytes.size() < header.header_bytes) fail(Errc::corrupt, "{}: the header is cut off", where);
  const std::string_view text = bytes.substr(8, header.header_bytes - 8);
  const nlohmann::json value = parse_answer(text, where);
  if (!value.is_object()) fail(Errc::corrupt, "{}: the header is no JSON object", where);
  std::vector<Placed> placed;
  for (const auto& [name, entry] : value.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) continue;
      for (const auto& [key, text_value] : entry.items()) {
        if (text_value.is_string()) header.metadata.emplace(key, text_value.get<std::string>());
      }
    } else {
      placed.push_back(read_tensor(name, entry, file_size - header.header_bytes, where));
    }
  }
  std::ranges::sort(placed, {}, [](const Placed& tensor) { return std::pair(tensor.begin, tensor.end); });
  std::uint64_t last_end = 0;
  header.tensors.reserve(placed.size());
  for (Placed& item : placed) {
    if (item.begin < last_end) fail(Errc::corrupt, "{}: tensor {} overlaps another one", where, escaped_name(item.tensor.name));
    last_end = item.end;
    header.tensors.push_back(std::move(item.tensor));
  }
  return header;
}

SafetensorsHeader read_safetensors_header(const HubApi& api, const std::string& id, const std::string& commit,
                                          const TreeFile& file, const std::stop_token& stop) {
  const std::string where = id + "/" + file.path;
  std::uint64_t size = 0;
  std::string bytes = api.read_range(id, commit, file.path, 0, first_read, &size, stop);
  if (size != file.size) fail(Errc::corrupt, "{}: has {} bytes, and not {} as the hub lists", where, size, file.size);
  const std::uint64_t needed = safetensors_header_bytes(std::as_bytes(std::span(bytes)), size, where);
  if (needed > bytes.size()) {
    bytes += api.read_range(id, commit, file.path, bytes.size(), needed - bytes.size(), nullptr, stop);
  }
  return parse_safetensors_header(bytes, size, where);
}

}  // namespace etna::hub
