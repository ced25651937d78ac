#include "engine/tokenizer/regex.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/error.h"

namespace etna {
namespace {

std::vector<std::string> matches(std::string_view pattern, std::string_view text) {
  std::vector<std::string> found;
  for (const auto& [begin, end] : Regex(pattern, "test").find_all(text))
    found.emplace_back(text.substr(begin, end - begin));
  return found;
}

using Strings = std::vector<std::string>;

TEST(Regex, cuts_text_as_gpt2_does) {
  EXPECT_EQ(matches(R"('s|'t| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", "It's  12 ok!\n"),
            (Strings{"It", "'s", " ", " 12", " ok", "!", "\n"}));
}

TEST(Regex, white_space_is_unicodes_and_nothing_else) {
  EXPECT_EQ(matches(R"(\s)", "\u0085\u00A0\u3000").size(), 3U);
  EXPECT_TRUE(matches(R"(\s)", "\u180E\u200B\uFEFF\x1C").empty());
  EXPECT_EQ(matches(R"([^\s])", "a\u00A0b"), (Strings{"a", "b"}));
  EXPECT_EQ(matches(R"(\S+)", "a b"), (Strings{"a", "b"}));
}

TEST(Regex, knows_letters_that_are_newer_than_the_librarys_tables) {
  EXPECT_EQ(matches(R"(\p{L})", "\u1C89").size(), 1U);
  EXPECT_EQ(matches(R"([^\s\p{L}\p{N}])", "\u1C89").size(), 0U);
  EXPECT_EQ(matches(R"(\p{L})", "\uA7CE").size(), 0U);
}

TEST(Regex, ignores_case_beyond_ascii) {
  EXPECT_EQ(matches("(?i:'s)", "'S'\u017F").size(), 2U);
}

TEST(Regex, finds_empty_matches_once_for_each_character) {
  EXPECT_EQ(matches("x*", "aé").size(), 3U);
}

TEST(Regex, refuses_what_it_would_misread) {
  for (const auto* pattern : {"[a[bc]]", "[a-z&&[^b]]", "(", "\\"}) {
    try {
      const Regex regex(pattern, "file");
      ADD_FAILURE() << pattern;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::unsupported);
      EXPECT_TRUE(std::string(error.what()).starts_with("file: ")) << error.what();
    }
  }
}

TEST(Regex, gives_up_on_patterns_that_never_end) {
  EXPECT_THROW(matches("(?:a|aa)+$", std::string(200, 'a') + "!"), Error);
}

}  // namespace
}  // namespace etna
