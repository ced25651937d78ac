#include "engine/tokenizer/pretokenize.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/error.h"

namespace etna {
namespace {

using Strings = std::vector<std::string>;

Strings cut(const char* section, const char* text, Pieces::Start start = Pieces::Start::begin_of_text) {
  Pieces pieces(text, start);
  parse_pre_tokenizer(nlohmann::json::parse(section), "test")->apply(pieces);
  Strings result;
  for (std::size_t i = 0; i < pieces.size(); ++i) result.emplace_back(pieces[i]);
  return result;
}

std::string split(const char* behavior, bool invert = false) {
  return nlohmann::json{{"type", "Split"}, {"pattern", {{"String", "-"}}}, {"behavior", behavior}, {"invert", invert}}
      .dump();
}

TEST(Pretokenize, split_treats_matches_in_five_ways) {
  const auto* text = "a--b-c-";
  EXPECT_EQ(cut(split("Removed").c_str(), text), (Strings{"a", "b", "c"}));
  EXPECT_EQ(cut(split("Isolated").c_str(), text), (Strings{"a", "-", "-", "b", "-", "c", "-"}));
  EXPECT_EQ(cut(split("MergedWithPrevious").c_str(), text), (Strings{"a-", "-", "b-", "c-"}));
  EXPECT_EQ(cut(split("MergedWithNext").c_str(), text), (Strings{"a", "-", "-b", "-c", "-"}));
  EXPECT_EQ(cut(split("Contiguous").c_str(), text), (Strings{"a", "--", "b", "-", "c", "-"}));
  EXPECT_EQ(cut(split("Removed", true).c_str(), text), (Strings{"-", "-", "-", "-"}));
}

TEST(Pretokenize, byte_level_spells_bytes_visibly) {
  EXPECT_EQ(cut(R"({"type":"ByteLevel","add_prefix_space":false})", "a b é"), (Strings{"a", "Ġb", "ĠÃ©"}));
  EXPECT_EQ(cut(R"({"type":"ByteLevel","use_regex":false})", "a b"), (Strings{"ĠaĠb"}));
}

TEST(Pretokenize, digits_are_taken_one_by_one_or_together) {
  EXPECT_EQ(cut(R"({"type":"Digits","individual_digits":true})", "a12b"), (Strings{"a", "1", "2", "b"}));
  EXPECT_EQ(cut(R"({"type":"Digits"})", "a12½b"), (Strings{"a", "12½", "b"}));
}

TEST(Pretokenize, metaspace_marks_the_beginning_of_the_text_only) {
  const auto* first = R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false})";
  EXPECT_EQ(cut(first, "a b"), (Strings{"▁a▁b"}));
  EXPECT_EQ(cut(first, " a"), (Strings{"▁a"})) << "a space is there already";
  EXPECT_EQ(cut(first, "a b", Pieces::Start::inside), (Strings{"a▁b"}));
  EXPECT_EQ(cut(R"({"type":"Metaspace","add_prefix_space":true})", "a  b"), (Strings{"▁a", "▁", "▁b"}));
}

TEST(Pretokenize, steps_follow_each_other) {
  EXPECT_EQ(cut(R"({"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Punctuation"}]})", "a, b "),
            (Strings{"a", ",", "b"}));
  EXPECT_EQ(cut(R"({"type":"Whitespace"})", "it's 3_4"), (Strings{"it", "'", "s", "3_4"}));
}

TEST(Pretokenize, unknown_kinds_are_named) {
  try {
    parse_pre_tokenizer(nlohmann::json{{"type", "Runes"}}, "t.json: pre_tokenizer");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::unsupported);
    EXPECT_STREQ(error.what(), "t.json: pre_tokenizer: Etna does not know the kind \"Runes\"");
  }
}

}  // namespace
}  // namespace etna
