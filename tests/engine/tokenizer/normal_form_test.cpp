#include "engine/tokenizer/normal_form.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/utf8.h"
#include "tests/engine/tokenizer/random_text.h"

namespace etna::unicode {
namespace {

constexpr Form forms[] = {Form::nfc, Form::nfd, Form::nfkc, Form::nfkd};

/// The library's result for a text at once.
std::string mapped(std::string_view text, Form form) {
  const bool composes = form == Form::nfc || form == Form::nfkc;
  const bool compatible = form == Form::nfkc || form == Form::nfkd;
  const int options =
      UTF8PROC_STABLE | (composes ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) | (compatible ? UTF8PROC_COMPAT : 0);
  utf8proc_uint8_t* raw = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &raw, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(raw, &std::free);
  EXPECT_GE(size, 0) << utf8proc_errmsg(size);
  return {reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size)};
}

/// The same without the library's one mistake: version 2.8 swallows U+11A7 behind a Korean syllable, as though it were
/// the first of the final consonants, while it stands before them and is changed by nothing.
std::string plain(std::string_view text, Form form) {
  constexpr std::string_view no_consonant = "\u11A7";
  std::string out;
  for (auto at = text.find(no_consonant); at != text.npos; at = text.find(no_consonant)) {
    out += mapped(text.substr(0, at), form).append(no_consonant);
    text.remove_prefix(at + no_consonant.size());
  }
  return out + mapped(text, form);
}

void expect_plain(const std::string& text) {
  for (const Form form : forms) {
    ASSERT_EQ(normalize(text, form), plain(text, form)) << "form " << static_cast<int>(form) << " of " << text;
  }
}

TEST(NormalForm, composes_and_decomposes) {
  EXPECT_EQ(normalize("", Form::nfc), "");
  EXPECT_EQ(normalize("plain", Form::nfc), "plain");
  EXPECT_EQ(normalize("e\u0301", Form::nfc), "é");
  EXPECT_EQ(normalize("é", Form::nfd), "e\u0301");
  EXPECT_EQ(normalize("a\u0301\u0323b", Form::nfc), "\u1EA1\u0301b") << "marks are put in order first";
  EXPECT_EQ(normalize("\u1100\u1161\u11A8", Form::nfc), "각");
  EXPECT_EQ(normalize("각", Form::nfd), "\u1100\u1161\u11A8");
  EXPECT_EQ(normalize("가\u11A7", Form::nfc), "가\u11A7") << "no final consonant";
  EXPECT_EQ(normalize("\u212B", Form::nfc), "Å") << "a singleton";
  EXPECT_EQ(normalize("\u0915\u093C", Form::nfc), "\u0915\u093C") << "excluded from composition";
  EXPECT_EQ(normalize("\uFB01", Form::nfc), "\uFB01");
  EXPECT_EQ(normalize("\uFB01", Form::nfkc), "fi");
  const std::string zero("e\0\u0301", 4);
  EXPECT_EQ(normalize(zero, Form::nfc), zero) << "U+0000 is a character like others";
}

/// Alone, and between characters that it might change or be changed by.
TEST(NormalForm, does_what_the_library_does_for_every_character) {
  for (const std::string_view before : {"", "e", "\u1100", "가", "\u09C7", "\u0323\u0301", "\u4E00"}) {
    std::string text;
    for (char32_t c = 0; c < 0x110000; ++c) {
      if (c >= 0x32000 && c < 0xE0000) c = 0xE0000;
      if (c >= 0xE0200 && c < 0x10FF00) c = 0x10FF00;
      if (c >= 0xD800 && c < 0xE000) continue;
      text += before;
      utf8::append(text, c);
    }
    for (const Form form : forms) {
      // No message that holds the texts: they are megabytes.
      ASSERT_TRUE(normalize(text, form) == plain(text, form)) << "form " << static_cast<int>(form) << ", " << before;
    }
  }
}

TEST(NormalForm, does_what_the_library_does_for_any_text) {
  test::RandomText random(21);
  for (int round = 0; round < 3000; ++round) ASSERT_NO_FATAL_FAILURE(expect_plain(random.valid(12)));
}

/// Characters that compose with each other, are composed or have a class, far denser than in RandomText.
TEST(NormalForm, does_what_the_library_does_where_much_happens) {
  static constexpr std::u32string_view actors =
      U"aeoAq\u00E9\u00C5\u1EA1\u1EA5\u212B\u2126\u0300\u0301\u0323\u0327\u0338\u0345\u0308\u0344\u0340\u0374\u1100"
      U"\u1112\u1161\u1175\u11A7\u11A8\u11C2\u11C3\uAC00\uAC01\uD7A3\u09C7\u09BE\u09D7\u0915\u093C\u0958\u0DD9\u0DCF"
      U"\u0DCA\u0DDD\u1025\u102E\u3046\u3099\u309A\u304B\u30AB\uFF76\uFF9E\u2ADD\u2ADC\uFB1D\u05B4\uFA1D\u4E00\u4E8C"
      U"\U0002F800\U0001D15E\U0001D157\U0001D165\U000110A5\U000110BA\U00011131\U00011127\U00011347\U0001133E\U0003134A"
      U"\U000E0100\u034F\u200D\uFDFA\u03D2\u03D3\u1E9B\u0F71\u0F72\u0F73\u0F80\u0F81 .";
  test::RandomText random(22);
  for (int round = 0; round < 20'000; ++round) {
    std::u32string text;
    for (std::size_t i = 0, n = random.below(12); i < n; ++i) text += actors[random.below(actors.size())];
    ASSERT_NO_FATAL_FAILURE(expect_plain(utf8::from_utf32(text)));
  }
}

/// The library itself would take minutes: it sorts by swapping neighbours.
TEST(NormalForm, a_megabyte_of_marks_out_of_order_is_put_in_order) {
  constexpr std::size_t pairs = 250'000;
  std::string text = "q", above, below;  // q composes with no mark
  for (std::size_t i = 0; i < pairs; ++i) {
    text += "\u0301\u0323";  // above (230), below (220)
    above += "\u0301";
    below += "\u0323";
  }
  for (const Form form : {Form::nfc, Form::nfd}) {
    EXPECT_TRUE(normalize(text, form) == "q" + below + above) << "form " << static_cast<int>(form);
  }
}

}  // namespace
}  // namespace etna::unicode
