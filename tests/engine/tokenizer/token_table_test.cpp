#include "engine/tokenizer/token_table.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace etna {
namespace {

using Ids = std::vector<std::int32_t>;

Tokenizer make(const TokenTable& table) {
  return Tokenizer(parts_of(table, "test.gguf"));
}

/// <unk> 0, <s> 1, </s> 2, then pieces.
TokenTable llama() {
  TokenTable table;
  table.kind = TokenTable::Kind::sentencepiece_bpe;
  table.tokens = {"<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁a", "<0xC3>", "<0xA9>", "bb"};
  table.scores = {0, 0, 0, -9, -9, -9, -2, -1, 0, 0, -2};
  table.types = {2, 3, 3, 1, 1, 1, 1, 1, 6, 6, 1};
  table.bos = 1;
  table.eos = 2;
  table.unknown_token = 0;
  return table;
}

TEST(TokenTable, sentencepiece_joins_by_score_then_leftmost) {
  auto table = llama();
  EXPECT_EQ(make(table).encode("ab", AddSpecialTokens::yes), (Ids{1, 7, 5})) << "▁a scores above ab";
  table.add_space_prefix = false;
  EXPECT_EQ(make(table).encode("abb", AddSpecialTokens::no), (Ids{6, 5})) << "equal scores: leftmost";
  EXPECT_EQ(make(table).encode("bbb", AddSpecialTokens::no), (Ids{10, 5}));
}

TEST(TokenTable, sentencepiece_falls_back_to_bytes_and_finds_special_tokens) {
  const auto tokenizer = make(llama());
  EXPECT_EQ(tokenizer.encode("é</s>a", AddSpecialTokens::no), (Ids{3, 8, 9, 2, 7}))
      << "a space after each special token";
  EXPECT_EQ(tokenizer.decode(Ids{1, 3, 8, 9, 7}, SkipSpecialTokens::yes), "é a");
}

TEST(TokenTable, byte_level_tables_use_their_named_rules) {
  TokenTable table;
  table.tokens = {"1", "2", "12", "a", "Ġ", "Ġa", "<|end|>", "111"};
  table.merges = {"1 2", "Ġ a"};
  table.types = {1, 1, 1, 1, 1, 1, 3, 1};
  table.bos = 6;
  table.pre_tokenizer = "qwen2";
  EXPECT_EQ(make(table).encode("12 a<|end|>", AddSpecialTokens::yes), (Ids{0, 1, 5, 6})) << "single digits";
  table.pre_tokenizer = "llama-bpe";
  EXPECT_EQ(make(table).encode("12111", AddSpecialTokens::yes), (Ids{6, 2, 0, 0, 0}))
      << "threes from the left, and BOS";
  EXPECT_EQ(make(table).encode("111", AddSpecialTokens::no), (Ids{7})) << "a whole piece comes before merges";
  EXPECT_EQ(make(table).decode(Ids{5, 2, 6}, SkipSpecialTokens::yes), " a12");
}

TEST(TokenTable, unigram_tables_take_the_best_cut) {
  TokenTable table;
  table.kind = TokenTable::Kind::unigram;
  table.tokens = {"<pad>", "</s>", "<unk>", "▁", "▁a", "b", "▁ab"};
  table.scores = {0, 0, 0, -2, -2, -3, -4};
  table.types = {3, 3, 2, 1, 1, 1, 1};
  table.eos = 1;
  table.unknown_token = 2;
  table.remove_extra_whitespaces = true;
  EXPECT_EQ(make(table).encode(" ab  b ", AddSpecialTokens::yes), (Ids{6, 3, 5, 1}));
  EXPECT_EQ(make(table).decode(Ids{6, 3, 5}, SkipSpecialTokens::yes), "ab b");
}

TEST(TokenTable, wordpiece_tables_mark_the_beginnings_of_words) {
  TokenTable table;
  table.kind = TokenTable::Kind::wordpiece;
  table.tokens = {"[UNK]", "[CLS]", "[SEP]", "▁play", "ing", "▁!"};
  table.types = {2, 3, 3, 1, 1, 1};
  table.bos = 1;
  table.eos = 2;
  table.unknown_token = 0;
  EXPECT_EQ(make(table).encode("Playing!", AddSpecialTokens::yes), (Ids{1, 3, 4, 5, 2}));
  EXPECT_EQ(make(table).encode("sing", AddSpecialTokens::no), (Ids{0}));
}

TEST(TokenTable, bad_tables_are_refused_by_name) {
  const auto refuses = [](const TokenTable& table, const char* expected) {
    try {
      make(table);
      ADD_FAILURE() << "made; should say: " << expected;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what();
    }
  };
  refuses({}, "tokenizer.ggml.tokens");
  auto table = llama();
  table.scores.pop_back();
  refuses(table, "tokenizer.ggml.scores");
  table = llama();
  table.types.pop_back();
  refuses(table, "tokenizer.ggml.token_type");
  table = llama();
  table.bos = 99;
  refuses(table, "bos_token_id 99");
  table = {};
  table.tokens = {"a"};
  table.pre_tokenizer = "nobody's";
  refuses(table, "tokenizer.ggml.pre");
  table.pre_tokenizer = "default";
  table.merges = {"ab"};
  refuses(table, "tokenizer.ggml.merges");
}

TEST(TokenTable, long_pieces_are_joined_but_not_any_number_of_them) {
  auto table = llama();
  std::vector<std::string> texts;
  for (std::size_t size = 2; size <= 2048; size *= 2) texts.emplace_back(size, 'a');
  double score = -3;
  const auto add = [&](std::string_view text) {
    table.tokens.push_back(text);
    table.scores.push_back(score -= 1);
    table.types.push_back(TokenTable::normal);
  };
  add("");  // has no cuts
  for (const auto& text : texts) add(text);
  table.add_space_prefix = false;
  const auto last = static_cast<std::int32_t>(table.tokens.size()) - 1;
  EXPECT_EQ(make(table).encode(texts.back(), AddSpecialTokens::no), (Ids{last}));

  std::vector<std::string> many;
  for (int i = 0; i < 1200; ++i) many.push_back(std::string(1000, 'a') + std::to_string(i));
  for (const auto& text : many) add(text);
  try {
    make(table);
    ADD_FAILURE() << "a vocabulary that takes minutes is taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::unsupported);
    EXPECT_NE(std::string(error.what()).find("tokenizer.ggml.tokens"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace etna
