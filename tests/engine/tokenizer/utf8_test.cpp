#include "engine/base/utf8.h"

#include <gtest/gtest.h>

namespace etna {
namespace {

TEST(Utf8, reads_one_to_four_bytes) {
  EXPECT_EQ(utf8::to_utf32("aé€😀"), U"aé€😀");
  EXPECT_EQ(utf8::from_utf32(U"aé€😀"), "aé€😀");
}

TEST(Utf8, replaces_each_maximal_subpart_once) {
  // The table of the Unicode standard, section 3.9: truncated sequences are one, impossible bytes each their own.
  EXPECT_EQ(utf8::make_valid("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd");
  EXPECT_EQ(utf8::make_valid("\xC0\xAF"), "\uFFFD\uFFFD");
  EXPECT_EQ(utf8::make_valid("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
}

TEST(Utf8, tells_which_bytes_may_still_become_a_character) {
  EXPECT_EQ(utf8::incomplete_tail("a\xE2\x96"), 2U);
  EXPECT_EQ(utf8::incomplete_tail("a\xF0\x9F\x98"), 3U);
  EXPECT_EQ(utf8::incomplete_tail("é"), 0U);
  EXPECT_EQ(utf8::incomplete_tail("\xE0\x80"), 0U) << "an overlong form never becomes one";
  EXPECT_EQ(utf8::incomplete_tail("\x80"), 0U);
}

TEST(Utf8, writes_no_surrogates) {
  std::string out;
  utf8::append(out, 0xD800);
  utf8::append(out, 0x110000);
  EXPECT_EQ(out, "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace etna
