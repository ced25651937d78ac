#include "engine/tokenizer/byte_level.h"

#include <array>

#include "engine/base/utf8.h"

namespace etna::byte_level {

namespace {

struct Alphabet {
  std::array<std::string, 256> character;
  std::array<int, 0x144> byte;  // by code point, -1: not of the alphabet

  Alphabet() {
    byte.fill(-1);
    char32_t next = 0x100;
    for (unsigned value = 0; value < 256; ++value) {
      const bool visible = (value >= 0x21 && value <= 0x7E) || (value >= 0xA1 && value <= 0xAC) || value >= 0xAE;
      const char32_t point = visible ? value : next++;
      utf8::append(character[value], point);
      byte[point] = static_cast<int>(value);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

void append_encoded(std::string& out, std::string_view bytes) {
  const auto& characters = alphabet().character;
  for (const char byte : bytes) out += characters[static_cast<unsigned char>(byte)];
}

std::string encode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 4);
  append_encoded(out, bytes);
  return out;
}

std::optional<std::string> decode(std::string_view token) {
  const auto& bytes = alphabet().byte;
  std::string out;
  for (std::size_t at = 0; at < token.size();) {
    const auto point = utf8::decode(token, at);
    if (point.value >= bytes.size() || bytes[point.value] < 0) return std::nullopt;
    out += static_cast<char>(static_cast<unsigned char>(bytes[point.value]));
    at += point.size;
  }
  return out;
}

}  // namespace etna::byte_level
