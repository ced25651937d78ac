#include <gtest/gtest.h>

#include <thread>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/normal_form.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/tokenizer/random_text.h"
#include "tests/engine/tokenizer/real_files.h"
#include "tests/engine/tokenizer/tiny_tokenizers.h"

namespace etna {
namespace {

using test::RandomText;
using Ids = std::vector<std::int32_t>;
constexpr auto bare = AddSpecialTokens::no;
constexpr const char* llama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

test::Merges merges() {
  return {{"a", "a"}, {"aa", "aa"}, {"t", "h"}, {"Ġ", "th"}, {"Ġth", "e"}, {"Ġ", "Ġ"},       {"1", "2"},   {"12", "3"},
          {"Ã", "©"}, {"Ì", "ģ"},   {"Ċ", "Ċ"}, {"'", "s"},  {"l", "l"},   {"aaaa", "aaaa"}, {"ĠĠ", "ĠĠ"}, {"č", "Ċ"}};
}

nlohmann::json split_json(const std::string& expression, bool whole_words_first) {
  auto file = test::byte_level_json(merges());
  file["model"]["ignore_merges"] = whole_words_first;
  file["pre_tokenizer"] = {{"type", "Sequence"},
                           {"pretokenizers",
                            {{{"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", "Isolated"}},
                             {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
  return file;
}

std::shared_ptr<const Tokenizer> unigram() {
  nlohmann::json vocabulary = nlohmann::json::array({{"<unk>", 0.0}});
  double score = -1.0;
  for (const char* token : {"▁", "a", "aa", "▁the", "t", "h", "e", "▁t", "s", "'", "1", "2", "123", ".", "語"}) {
    vocabulary.push_back({token, score -= 0.37});
  }
  return test::make({{"pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}}},
                     {"decoder", {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}}},
                     {"model", {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", vocabulary}}}});
}

std::shared_ptr<const Tokenizer> word_piece() {
  nlohmann::json vocabulary = {{"[UNK]", 0}, {"the", 1}, {"##s", 2}, {"a", 3},
                               {"##a", 4},   {"!", 5},   {"'", 6},   {"語", 7}};
  return test::make({{"normalizer", {{"type", "BertNormalizer"}}},
                     {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                     {"decoder", {{"type", "WordPiece"}}},
                     {"added_tokens", {test::added_token("[SEP]", 8)}},
                     {"model", {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"vocab", vocabulary}}}});
}

/// The kinds of tokenizers there are, small.
std::vector<std::pair<std::string, std::shared_ptr<const Tokenizer>>> all_kinds() {
  return {{"byte level", test::byte_level(merges())},
          {"split", test::make(split_json(llama3, false))},
          {"sentencepiece", test::sentencepiece()},
          {"unigram", unigram()},
          {"word piece", word_piece()}};
}

std::string streamed(const Tokenizer& tokenizer, const Ids& ids, SkipSpecialTokens skip) {
  TextDecoder decoder(tokenizer.decoder(), Patience::stream);
  std::string text;
  for (const auto id : ids) {
    if (!tokenizer.contains(id) || (skip == SkipSpecialTokens::yes && tokenizer.is_special(id))) continue;
    const std::string chunk = decoder.push(tokenizer.token(id));
    EXPECT_TRUE(utf8::is_valid(chunk));
    text += chunk;
  }
  return text + decoder.finish();
}

void expect_streams_as_it_decodes(const Tokenizer& tokenizer, const std::string& name, RandomText& random, int rounds) {
  const auto size = static_cast<std::size_t>(tokenizer.vocab_size());
  for (int round = 0; round < rounds; ++round) {
    Ids ids;
    for (std::size_t i = 0, n = random.below(30); i < n; ++i) {
      // The last ids are the special ones, and the first 512 the bytes; both are rare in a large vocabulary.
      const std::size_t range = random.below(3) == 0 ? std::min<std::size_t>(size, 512) : size;
      ids.push_back(static_cast<std::int32_t>(
          random.below(4) == 0 ? size - 1 - random.below(std::min<std::size_t>(size, 8)) : random.below(range)));
    }
    for (const auto skip : {SkipSpecialTokens::no, SkipSpecialTokens::yes}) {
      ASSERT_EQ(streamed(tokenizer, ids, skip), tokenizer.decode(ids, skip)) << name << testing::PrintToString(ids);
    }
  }
}

TEST(TokenizerProperty, byte_level_text_comes_back) {
  RandomText random(1);
  const auto plain = test::byte_level(merges());
  auto composing_file = split_json(llama3, true);
  composing_file["normalizer"] = {{"type", "NFC"}};
  const auto composing = test::make(composing_file);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = round % 2 == 0 ? random.valid(12) : random.broken(12);
    const std::string valid = utf8::make_valid(text);
    ASSERT_EQ(plain->decode(plain->encode(text, bare), SkipSpecialTokens::no), valid);
    ASSERT_EQ(composing->decode(composing->encode(text, bare), SkipSpecialTokens::no),
              unicode::normalize(valid, unicode::Form::nfc));
  }
}

TEST(TokenizerProperty, streamed_text_is_the_decoded_text_for_any_ids) {
  RandomText random(2);
  for (const auto& [name, tokenizer] : all_kinds()) expect_streams_as_it_decodes(*tokenizer, name, random, 500);
}

TEST(TokenizerProperty, streamed_text_is_the_decoded_text_for_what_was_encoded) {
  RandomText random(3);
  for (const auto& [name, tokenizer] : all_kinds()) {
    for (int round = 0; round < 200; ++round) {
      const Ids ids = tokenizer->encode(random.broken(10), AddSpecialTokens::yes);
      ASSERT_EQ(streamed(*tokenizer, ids, SkipSpecialTokens::no), tokenizer->decode(ids, SkipSpecialTokens::no))
          << name;
    }
  }
}

TEST(TokenizerProperty, ids_that_are_no_tokens_are_refused_by_decoding) {
  for (const auto& [name, tokenizer] : all_kinds()) {
    for (const std::int32_t id : {-1, tokenizer->vocab_size(), std::numeric_limits<std::int32_t>::max()}) {
      EXPECT_THROW(tokenizer->decode(Ids{id}, SkipSpecialTokens::no), Error) << name;
    }
  }
}

/// A comment that says nothing is unknown to the fast scanner, so the library runs the same expression.
TEST(TokenizerProperty, both_ways_of_cutting_give_the_same_ids) {
  for (const bool whole_words_first : {false, true}) {
    const auto fast = test::make(split_json(llama3, whole_words_first));
    const auto slow = test::make(split_json(std::string("(?#slow)") + llama3, whole_words_first));
    RandomText random(4);
    for (int round = 0; round < 1000; ++round) {
      const std::string text = random.broken(12);
      ASSERT_EQ(fast->encode(text, bare), slow->encode(text, bare)) << text;
    }
  }
}

/// The first time a word is met its merges are done, later its token is known.
TEST(TokenizerProperty, a_text_gives_the_same_ids_every_time) {
  const auto used = test::make(split_json(llama3, false));
  RandomText random(5);
  for (int round = 0; round < 200; ++round) {
    const std::string text = random.valid(20);
    const Ids first = used->encode(text, bare);
    ASSERT_EQ(used->encode(text, bare), first);
    ASSERT_EQ(test::make(split_json(llama3, false))->encode(text, bare), first);
  }
}

TEST(TokenizerProperty, threads_share_a_tokenizer) {
  std::vector<std::string> texts;
  RandomText random(6);
  for (int i = 0; i < 200; ++i) texts.push_back(random.broken(12));
  for (const auto& [name, tokenizer] : all_kinds()) {
    std::vector<std::vector<Ids>> results(4);
    std::vector<std::thread> threads;
    for (auto& result : results) {
      threads.emplace_back([&texts, &result, &shared = *tokenizer] {
        for (const auto& text : texts) {
          result.push_back(shared.encode(text, bare));
          shared.decode(result.back(), SkipSpecialTokens::no);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const Ids alone = tokenizer->encode(texts[i], bare);
      for (const auto& result : results) ASSERT_EQ(result[i], alone) << name;
    }
  }
}

TEST(TokenizerProperty, a_word_of_megabytes_is_cut) {
  std::string word;
  while (word.size() < (std::size_t{2} << 20)) word += "aaaaaaaaaaat";
  const auto tokenizer = test::byte_level(merges());
  EXPECT_EQ(tokenizer->decode(tokenizer->encode(word, bare), SkipSpecialTokens::no), word);
}

bool is_byte_level(const Tokenizer& tokenizer) {
  TextDecoder decoder(tokenizer.decoder(), Patience::stream);
  const std::string first = decoder.push("aĠb");
  return first + decoder.finish() == "a b";
}

TEST(TokenizerProperty, trained_tokenizers_hold_to_it_too) {
  const auto files = test::real_tokenizer_files();
  if (files.empty()) GTEST_SKIP() << "no tokenizer.json beside the source tree";
  int byte_level = 0;
  for (const auto& file : files) {
    const auto tokenizer = Tokenizer::parse(test::read_maybe_packed(file), file.string());
    const bool keeps_bytes = is_byte_level(*tokenizer);
    byte_level += keeps_bytes ? 1 : 0;
    RandomText random(7);
    expect_streams_as_it_decodes(*tokenizer, file.string(), random, 100);
    for (int round = 0; round < 100; ++round) {
      const std::string text = random.broken(12), valid = utf8::make_valid(text);
      const Ids ids = tokenizer->encode(text, bare);
      const std::string decoded = tokenizer->decode(ids, SkipSpecialTokens::no);
      ASSERT_EQ(streamed(*tokenizer, ids, SkipSpecialTokens::no), decoded) << file;
      if (keeps_bytes && decoded != valid) {
        ASSERT_EQ(decoded, unicode::normalize(valid, unicode::Form::nfc)) << file;
      }
    }
  }
  EXPECT_GT(byte_level, 0);
}

}  // namespace
}  // namespace etna
