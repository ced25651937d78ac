#include "engine/tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "tests/engine/tokenizer/tiny_tokenizers.h"

namespace etna {
namespace {

using Strings = std::vector<std::string>;
using test::added_token;
using test::spell;
constexpr auto bare = AddSpecialTokens::no;

TEST(Tokenizer, byte_level_text_comes_back_whatever_its_bytes_are) {
  const auto tokenizer = test::byte_level({{"h", "e"}, {"Ġ", "t"}, {"Ġt", "he"}});
  for (const std::string text : {"the the", "ünïcödé 😀\r\n\t", " ", "", "a\0b"}) {
    const auto ids = tokenizer->encode(text, bare);
    EXPECT_EQ(tokenizer->decode(ids, SkipSpecialTokens::no), text);
  }
  EXPECT_EQ(spell(*tokenizer, tokenizer->encode("the the", bare)), (Strings{"t", "he", "Ġthe"}));
}

TEST(Tokenizer, special_tokens_are_added_recognized_and_skipped) {
  const auto tokenizer = test::byte_level();
  const auto ids = tokenizer->encode("a<|end|>b", AddSpecialTokens::yes);
  EXPECT_EQ(spell(*tokenizer, ids), (Strings{"<|bos|>", "a", "<|end|>", "b"}));
  EXPECT_EQ(tokenizer->decode(ids, SkipSpecialTokens::yes), "ab");
  EXPECT_EQ(tokenizer->decode(ids, SkipSpecialTokens::no), "<|bos|>a<|end|>b");
  EXPECT_TRUE(tokenizer->is_special(ids[0]));
  EXPECT_FALSE(tokenizer->is_special(ids[1]));
}

TEST(Tokenizer, spaces_become_marks_and_unknown_letters_bytes) {
  const auto tokenizer = test::sentencepiece();
  EXPECT_EQ(spell(*tokenizer, tokenizer->encode("hello world", AddSpecialTokens::yes)),
            (Strings{"<s>", "▁hello", "▁world"}));
  EXPECT_EQ(spell(*tokenizer, tokenizer->encode("é", bare)), (Strings{"▁", "<0xC3>", "<0xA9>"}));
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("hello é world", bare), SkipSpecialTokens::yes), "hello é world");
  EXPECT_TRUE(tokenizer->encode("", bare).empty());
}

TEST(Tokenizer, the_longest_added_token_wins_and_the_leftmost_comes_first) {
  auto json = test::byte_level_json({});
  json["added_tokens"].push_back(added_token("<|", 300));
  json["added_tokens"].push_back(added_token("<|end", 301));
  const auto tokenizer = test::make(json);
  EXPECT_EQ(spell(*tokenizer, tokenizer->encode("<|<|end<|end|>", bare)), (Strings{"<|", "<|end", "<|end|>"}));
}

TEST(Tokenizer, added_tokens_swallow_white_space_and_respect_words) {
  auto json = test::byte_level_json({});
  json["added_tokens"].push_back(added_token("<r>", 300));
  json["added_tokens"].back()["rstrip"] = true;
  json["added_tokens"].push_back(added_token("<l>", 301));
  json["added_tokens"].back()["lstrip"] = true;
  json["added_tokens"].push_back(added_token("cat", 302));
  json["added_tokens"].back()["single_word"] = true;
  const auto tokenizer = test::make(json);
  EXPECT_EQ(spell(*tokenizer, tokenizer->encode("a <r> \n b", bare)), (Strings{"a", "Ġ", "<r>", "b"}));
  EXPECT_EQ(spell(*tokenizer, tokenizer->encode("a <l> b", bare)), (Strings{"a", "<l>", "Ġ", "b"}));
  EXPECT_EQ(spell(*tokenizer, tokenizer->encode("cat-cats", bare)), (Strings{"cat", "-", "c", "a", "t", "s"}));
}

TEST(Tokenizer, normalized_added_tokens_are_found_in_normalized_text) {
  auto json = test::sentencepiece_json({"▁", "a", "b"}, {});
  for (auto& token : json["added_tokens"]) token["normalized"] = true;
  const auto tokenizer = test::make(json);
  EXPECT_EQ(spell(*tokenizer, tokenizer->encode("<s>a <s>b", bare)), (Strings{"<s>", "a", "<s>", "b"}));
  EXPECT_EQ(tokenizer->encode("a<s>", bare).size(), 5U) << "without the mark it is text: the space belongs to it";
}

TEST(Tokenizer, broken_input_counts_as_replacement_characters) {
  const auto tokenizer = test::byte_level();
  EXPECT_EQ(tokenizer->encode("a\xFF", bare), tokenizer->encode("a\uFFFD", bare));
}

TEST(Tokenizer, ids_outside_the_vocabulary_are_refused) {
  const auto tokenizer = test::byte_level();
  for (const std::int32_t id : {-1, tokenizer->vocab_size(), 2'000'000'000}) {
    const std::vector ids{id};
    EXPECT_THROW(tokenizer->decode(ids, SkipSpecialTokens::no), Error) << id;
    EXPECT_EQ(tokenizer->token(id), "");
  }
}

TEST(Tokenizer, normal_forms_are_applied) {
  auto json = test::byte_level_json({});
  json["normalizer"] = {{"type", "NFC"}};
  EXPECT_EQ(test::make(json)->encode("e\u0301", bare), test::make(json)->encode("é", bare));
  json["normalizer"] = {{"type", "Sequence"},
                        {"normalizers",
                         {{{"type", "NFKD"}},
                          {{"type", "StripAccents"}},
                          {{"type", "Lowercase"}},
                          {{"type", "Strip"}},
                          {{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", " "}}}}};
  EXPECT_EQ(test::make(json)->encode(" \uFB01  É ", bare), test::make(json)->encode("fi e", bare));
}

TEST(Tokenizer, word_pieces_cover_a_word_greedily_or_not_at_all) {
  const auto tokenizer =
      test::make({{"normalizer", {{"type", "BertNormalizer"}}},
                  {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                  {"decoder", {{"type", "WordPiece"}}},
                  {"model",
                   {{"type", "WordPiece"},
                    {"unk_token", "[UNK]"},
                    {"vocab", {{"[UNK]", 0}, {"un", 1}, {"##do", 2}, {"##d", 3}, {"!", 4}, {"und", 5}, {"##o", 6}}}}}});
  EXPECT_EQ(spell(*tokenizer, tokenizer->encode("Ündo! xyz", bare)), (Strings{"und", "##o", "!", "[UNK]"}));
}

}  // namespace
}  // namespace etna
