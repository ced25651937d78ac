#include "engine/tokenizer/precompiled.h"

#include <utf8proc.h>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace etna {

namespace {

std::string decode_base64(std::string_view text, std::string_view where) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto digit = digits.find(c);
    if (digit == digits.npos) fail(Errc::corrupt, "{}: precompiled_charsmap is not base64", where);
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(static_cast<unsigned char>((bits >> count) & 0xFF));
    }
  }
  return out;
}

std::uint32_t little_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// A unit of the double array (the layout of darts-clone).
bool has_leaf(std::uint32_t unit) {
  return ((unit >> 8) & 1) != 0;
}

std::uint32_t leaf_value(std::uint32_t unit) {
  return unit & 0x7FFFFFFF;
}

std::uint32_t label(std::uint32_t unit) {
  return unit & 0x800000FF;
}

std::uint32_t offset(std::uint32_t unit) {
  return (unit >> 10) << ((unit & 0x200) >> 6);
}

/// End of the grapheme cluster that begins at `at`.
std::size_t cluster_end(std::string_view text, std::size_t at) {
  auto point = utf8::decode(text, at);
  utf8proc_int32_t state = 0;
  for (at += point.size; at < text.size();) {
    const auto next = utf8::decode(text, at);
    if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(point.value),
                                         static_cast<utf8proc_int32_t>(next.value), &state)) {
      break;
    }
    point = next;
    at += next.size;
  }
  return at;
}

}  // namespace

PrecompiledMap::PrecompiledMap(std::string_view base64, std::string_view where) {
  const auto bytes = decode_base64(base64, where);
  const std::size_t size = bytes.size() < 4 ? 0 : little_endian(bytes, 0);
  if (bytes.size() < 4 || size % 4 != 0 || size > bytes.size() - 4) {
    fail(Errc::corrupt, "{}: precompiled_charsmap claims a table of {} bytes and has {}", where, size, bytes.size());
  }
  for (std::size_t at = 4; at < 4 + size; at += 4) trie_.push_back(little_endian(bytes, at));
  results_ = bytes.substr(4 + size);
  if (!utf8::is_valid(results_)) fail(Errc::corrupt, "{}: precompiled_charsmap holds broken UTF-8", where);
}

std::string PrecompiledMap::apply(std::string_view text) const {
  constexpr std::size_t short_cluster = 6;  // bytes; longer ones are never looked up as a whole
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = cluster_end(text, at);
    const auto cluster = text.substr(at, end - at);
    const auto whole = cluster.size() < short_cluster ? find(cluster) : std::nullopt;
    if (whole) {
      out += *whole;
    } else {
      for (std::size_t i = 0; i < cluster.size();) {
        const auto character = cluster.substr(i, utf8::decode(cluster, i).size);
        out += find(character).value_or(character);
        i += character.size();
      }
    }
    at = end;
  }
  return out;
}

std::optional<std::string_view> PrecompiledMap::find(std::string_view text) const {
  if (trie_.empty()) return std::nullopt;
  std::size_t node = offset(trie_[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    if (byte == 0 || node >= trie_.size() || label(trie_[node]) != byte) return std::nullopt;
    const bool leaf = has_leaf(trie_[node]);
    node ^= offset(trie_[node]);
    if (!leaf) continue;
    if (node >= trie_.size()) return std::nullopt;
    const std::size_t start = leaf_value(trie_[node]);
    if (start >= results_.size()) return std::nullopt;
    const std::size_t end = results_.find('\0', start);
    if (end == results_.npos) return std::nullopt;
    return std::string_view(results_).substr(start, end - start);
  }
  return std::nullopt;
}

}  // namespace etna
