#include "engine/tokenizer/bpe.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>

#include "engine/base/error.h"

namespace etna {
namespace {

struct Model {
  std::shared_ptr<Vocabulary> vocabulary = std::make_shared<Vocabulary>();
  std::vector<std::pair<std::string, std::string>> merges;

  std::int32_t add(const std::string& token) {
    vocabulary->add(token, vocabulary->size(), "test");
    return *vocabulary->id(token);
  }

  Bpe bpe(BpeOptions options = {}) const {
    return {vocabulary, {merges.begin(), merges.end()}, std::move(options), "test"};
  }
};

std::vector<std::int32_t> encode(const Bpe& bpe, std::string_view text) {
  std::vector<std::int32_t> ids;
  bpe.encode(text, ids);
  return ids;
}

/// The definition: again and again join the pair of lowest rank, leftmost first.
std::vector<std::string> naive(const Model& model, std::vector<std::string> parts) {
  std::map<std::pair<std::string, std::string>, std::size_t> ranks;
  for (std::size_t i = 0; i < model.merges.size(); ++i) ranks[model.merges[i]] = i;
  for (;;) {
    std::size_t best = model.merges.size(), place = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = ranks.find({parts[i], parts[i + 1]});
      if (found != ranks.end() && found->second < best) best = found->second, place = i;
    }
    if (best == model.merges.size()) return parts;
    parts[place] += parts[place + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

TEST(Bpe, gives_the_tokens_of_the_definition_for_random_merges_and_texts) {
  std::mt19937 random(7);
  const auto below = [&random](std::size_t n) { return random() % n; };
  for (int round = 0; round < 300; ++round) {
    Model model;
    std::vector<std::string> tokens{"a", "b", "c"};
    for (const auto& token : tokens) model.add(token);
    for (int i = 0; i < 12; ++i) {
      const auto left = tokens[below(tokens.size())], right = tokens[below(tokens.size())];
      if (model.vocabulary->id(left + right)) continue;
      model.add(left + right);
      tokens.push_back(left + right);
      model.merges.emplace_back(left, right);
    }
    std::vector<std::string> letters;
    std::string text;
    for (std::size_t i = 0, n = below(60) + 1; i < n; ++i) text += letters.emplace_back(tokens[below(3)]);
    std::vector<std::string> got;
    for (const auto id : encode(model.bpe(), text)) got.emplace_back(model.vocabulary->token(id));
    ASSERT_EQ(got, naive(model, letters)) << text;
  }
}

TEST(Bpe, one_word_of_a_megabyte_takes_no_quadratic_time) {
  Model model;
  for (const auto* token : {"a", "b", "aa", "aaaa", "ab"}) model.add(token);
  model.merges = {{"a", "a"}, {"aa", "aa"}, {"a", "b"}};
  const auto bpe = model.bpe();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(encode(bpe, std::string(1 << 20, 'a')).size(), std::size_t{1} << 18);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Bpe, unknown_characters_become_bytes_or_the_unknown_token_or_nothing) {
  Model model;
  const auto a = model.add("a"), unknown = model.add("<unk>");
  EXPECT_EQ(encode(model.bpe(), "aéa"), (std::vector{a, a}));
  EXPECT_EQ(encode(model.bpe({.unknown_token = "<unk>"}), "aéüa"), (std::vector{a, unknown, unknown, a}));
  EXPECT_EQ(encode(model.bpe({.unknown_token = "<unk>", .unknown = Unknown::fused}), "aéüa"),
            (std::vector{a, unknown, a}));
  const auto c3 = model.add("<0xC3>"), a9 = model.add("<0xA9>");
  const auto bytes = model.bpe({.unknown_token = "<unk>", .byte_fallback = ByteFallback::yes});
  EXPECT_EQ(encode(bytes, "aé"), (std::vector{a, c3, a9}));
  EXPECT_EQ(encode(bytes, "ü"), (std::vector{unknown})) << "not all of its bytes are tokens";
}

TEST(Bpe, a_whole_word_can_come_before_merges) {
  Model model;
  for (const auto* token : {"a", "b", "c", "ab", "bc", "abc"}) model.add(token);
  model.merges = {{"b", "c"}};
  EXPECT_EQ(encode(model.bpe(), "abc"), (std::vector{*model.vocabulary->id("a"), *model.vocabulary->id("bc")}));
  EXPECT_EQ(encode(model.bpe({.merging = Merging::whole_words_first}), "abc"),
            (std::vector{*model.vocabulary->id("abc")}));
}

TEST(Bpe, marks_of_words_are_part_of_tokens) {
  Model model;
  for (const auto* token : {"a", "b</w>", "a</w>", "ab</w>", "##b"}) model.add(token);
  model.merges = {{"a", "b</w>"}};
  EXPECT_EQ(encode(model.bpe({.end_of_word_suffix = "</w>"}), "ab"), (std::vector{*model.vocabulary->id("ab</w>")}));
}

TEST(Bpe, refuses_merges_of_tokens_that_do_not_exist) {
  Model model;
  model.add("a");
  model.merges = {{"a", "a"}};
  EXPECT_THROW(model.bpe(), Error);
}

}  // namespace
}  // namespace etna
