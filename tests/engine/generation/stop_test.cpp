#include "engine/generation/stop.h"

#include <gtest/gtest.h>

namespace etna {
namespace {

/// What is shown when a text arrives in chunks of a size.
std::string shown(const std::vector<std::string>& stops, const std::string& text, std::size_t size, bool& stopped) {
  StopTexts stop(stops);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += size) out += stop.push(text.substr(at, size));
  stopped = stop.stopped();
  return out + stop.finish();
}

TEST(StopTexts, ends_at_the_first_stop_text_however_the_text_is_cut) {
  struct Case {
    std::vector<std::string> stops;
    std::string text, expected;
    bool stopped;
  };

  const Case cases[] = {{{"END"}, "abcENDdef", "abc", true},   {{"END"}, "abcEN", "abcEN", false},
                        {{"aab"}, "aaab", "a", true},          {{"x", "cd"}, "abcdx", "ab", true},
                        {{"abcd", "c"}, "abcd", "ab", true},   {{}, "abc", "abc", false},
                        {{""}, "abc", "abc", false},           {{"é"}, "aéb", "a", true},
                        {{"\n\n"}, "a\nb\n\nc", "a\nb", true}, {{"b", "ab"}, "ab", "", true}};
  for (const auto& item : cases) {
    for (std::size_t size = 1; size <= item.text.size(); ++size) {
      bool stopped = false;
      EXPECT_EQ(shown(item.stops, item.text, size, stopped), item.expected) << item.text << " by " << size;
      EXPECT_EQ(stopped, item.stopped);
    }
  }
}

TEST(StopTexts, holds_back_only_what_may_be_a_beginning) {
  StopTexts stop({"END"});
  EXPECT_EQ(stop.push("abE"), "ab");
  EXPECT_EQ(stop.push("x"), "Ex");
  EXPECT_EQ(stop.push("EN"), "");
  EXPECT_EQ(stop.finish(), "EN");
}

}  // namespace
}  // namespace etna
