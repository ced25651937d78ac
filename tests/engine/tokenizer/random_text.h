#pragma once

#include <random>
#include <string>

#include "engine/base/utf8.h"

namespace etna::test {

/// Texts as no one writes them: all planes, marks without letters, characters that do not exist, runs, broken bytes.
class RandomText {
public:
  explicit RandomText(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }

  /// Valid UTF-8 of about `parts` stretches.
  std::string valid(std::size_t parts) {
    std::string text;
    for (std::size_t i = 0; i < parts; ++i) append_stretch(text);
    return text;
  }

  /// The same with bytes put in, taken out and changed.
  std::string broken(std::size_t parts) {
    std::string text = valid(parts);
    for (std::size_t i = 0; i < parts / 2 + 1 && !text.empty(); ++i) {
      const std::size_t at = below(text.size());
      const auto byte = static_cast<char>(static_cast<unsigned char>(below(256)));
      const std::size_t kind = below(3);
      if (kind == 0) text.insert(text.begin() + static_cast<std::ptrdiff_t>(at), byte);
      if (kind == 1) text.erase(at, 1);
      if (kind == 2) text[at] = byte;
    }
    return text;
  }

private:
  char32_t scalar(char32_t first, char32_t last) {
    const char32_t c = first + static_cast<char32_t>(below(last - first + 1));
    return c >= 0xD800 && c < 0xE000 ? U'\uFFFD' : c;
  }

  void append_stretch(std::string& text) {
    static constexpr const char* phrases[] = {"'s", "'LL",     "don't", " the", "  ",        "\r\n", "\n",
                                              "\r", " \n ",    "123",   "1.5",  "//",        "<s>",  "\t",
                                              "'ſ", "e\u0301", "▁",     "語",   "\u0130 İi", "..."};
    switch (below(9)) {
      case 0: text += phrases[below(std::size(phrases))]; break;
      case 1: utf8::append(text, scalar(0, 0x7F)); break;
      case 2: utf8::append(text, scalar(0x80, 0x7FF)); break;
      case 3: utf8::append(text, scalar(0x800, 0xFFFF)); break;
      case 4: utf8::append(text, scalar(0x10000, 0x10FFFF)); break;
      case 5: utf8::append(text, scalar(0x300, 0x36F)); break;
      case 6: utf8::append(text, scalar(0x1100, 0x11FF)); break;  // parts of Korean syllables
      case 7: {
        const std::string word = below(2) == 0 ? "a" : phrases[below(std::size(phrases))];
        for (std::size_t i = 0, n = below(40); i < n; ++i) text += word;
        break;
      }
      default:
        for (std::size_t i = 0, n = below(8); i < n; ++i) text += static_cast<char>('a' + below(26));
    }
  }

  std::mt19937 random_;
};

}  // namespace etna::test
