#include "engine/tokenizer/split_scanner.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "engine/base/files.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/pre_tokenizer_names.h"
#include "engine/tokenizer/regex.h"
#include "tests/engine/tokenizer/random_text.h"
#include "tests/engine/tokenizer/real_files.h"

namespace etna {

bool operator==(const TextRange& a, const TextRange& b) {
  return a.begin == b.begin && a.end == b.end;
}

std::ostream& operator<<(std::ostream& out, const TextRange& range) {
  return out << range.begin << ".." << range.end;
}

namespace {

/// The expressions of all names that GGUF files use, and of the files of real models.
std::vector<std::string> expressions() {
  std::vector<std::string> list = {
      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
      R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      R"( {2,}|a{2}b?|\P{L}\S)"};
  for (const char* name : {"default", "gpt-2", "smollm", "llama-bpe", "qwen2", "qwen35", "gpt-4o", "tekken",
                           "deepseek-v3", "deepseek-llm", "deepseek-coder", "falcon", "bloom", "viking"}) {
    const auto& patterns = pre_tokenizer_rules(name, "test").patterns;
    list.insert(list.end(), patterns.begin(), patterns.end());
  }
  return list;
}

TEST(SplitScanner, finds_what_the_library_finds_in_any_text) {
  std::size_t scanned = 0;
  for (const auto& expression : expressions()) {
    const Regex fast(expression, "fast"), slow(expression, "slow", Regex::Engine::pcre2);
    ASSERT_FALSE(slow.is_scanned());
    if (!fast.is_scanned()) continue;
    ++scanned;
    test::RandomText random(11);
    for (int round = 0; round < 300; ++round) {
      const std::string text = random.valid(20);
      ASSERT_EQ(fast.find_all(text), slow.find_all(text)) << expression << "\nin " << text;
    }
  }
  EXPECT_GE(scanned, 20U);
}

/// A megabyte of real text; it lies beside the source tree and is not part of it.
TEST(SplitScanner, finds_what_the_library_finds_in_real_text) {
  const auto file = test::shared_folder() / "conformance/tokenizers/perf.txt";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  const std::string text = read_text_file(file);
  for (const auto& expression : expressions()) {
    const Regex fast(expression, "fast"), slow(expression, "slow", Regex::Engine::pcre2);
    if (fast.is_scanned()) {
      EXPECT_EQ(fast.find_all(text) == slow.find_all(text), true) << expression;
    }
  }
}

/// The expressions in a tokenizer.json, whose vocabulary takes too long to read here: the texts behind the key "Regex".
std::vector<std::string> expressions_of(std::string_view json) {
  constexpr std::string_view key = "\"Regex\"", between = " \t\r\n:";
  std::vector<std::string> list;
  for (auto at = json.find(key); at != json.npos; at = json.find(key, at + key.size())) {
    const auto begin = json.find_first_not_of(between, at + key.size());
    if (begin == json.npos || json[begin] != '"') continue;  // "Regex" is a token of many vocabularies
    auto end = begin + 1;
    while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
    list.push_back(nlohmann::json::parse(json.substr(begin, end + 1 - begin)).get<std::string>());
  }
  return list;
}

TEST(SplitScanner, finds_what_the_library_finds_with_the_expressions_of_trained_tokenizers) {
  const auto files = test::real_tokenizer_files();
  if (files.empty()) GTEST_SKIP() << "no tokenizer.json beside the source tree";
  std::set<std::string> seen;
  for (const auto& file : files) {
    for (const auto& expression : expressions_of(test::read_maybe_packed(file))) {
      if (!seen.insert(expression).second) continue;
      const Regex fast(expression, "fast"), slow(expression, "slow", Regex::Engine::pcre2);
      if (!fast.is_scanned()) continue;
      test::RandomText random(12);
      for (int round = 0; round < 300; ++round) {
        const std::string text = random.valid(20);
        ASSERT_EQ(fast.find_all(text), slow.find_all(text)) << file << ": " << expression << "\nin " << text;
      }
    }
  }
  EXPECT_FALSE(seen.empty());
}

/// Every character alone: the sets are the library's.
TEST(SplitScanner, has_the_sets_of_the_library) {
  std::string all;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    utf8::append(all, c);
  }
  for (const char* set :
       {R"(\s)", R"(\S)", R"(\p{L})", R"(\p{N})", R"(\p{M})", R"(\p{P})", R"(\p{S})", R"(\p{Lu})", R"(\p{Ll})",
        R"(\p{Lt})", R"(\p{Lm})", R"(\p{Lo})", R"(\P{N})", R"([^\s\p{L}\p{N}])", "[一-龥ࠀ-一]", "(?i:s|k|i)"}) {
    const Regex fast(set, "fast"), slow(set, "slow", Regex::Engine::pcre2);
    ASSERT_TRUE(fast.is_scanned()) << set;
    const auto found = fast.find_all(all), wanted = slow.find_all(all);
    std::vector<TextRange> differ;
    std::set_symmetric_difference(found.begin(), found.end(), wanted.begin(), wanted.end(), std::back_inserter(differ),
                                  [](const TextRange& a, const TextRange& b) { return a.begin < b.begin; });
    std::string which;
    for (const auto& range : differ) {
      which += fmt::format(" {:X}", static_cast<unsigned>(utf8::decode(all, range.begin).value));
    }
    EXPECT_EQ(which, "") << set;
  }
}

TEST(SplitScanner, leaves_alone_what_it_does_not_know) {
  for (const char* pattern : {"a*?",     "a++",       "(a)",     "(?=a)",       "^a",       "a$",         ".",
                              R"(\d)",   R"(\w+)",    R"(\bx)",  "[[:alpha:]]", "[a-z&&b]", R"(\p{Han})", R"(\p{^L})",
                              R"([\S])", R"(\uD800)", R"(\u12)", "(?i:[a-z])",  "(?i:é)",   "x*",         "",
                              "a|",      "(",         "[",       "[]a]",        "a{3,2}",   "a{,2}",      "(?:ab)+",
                              R"(\)",    R"(\1)",     "[z-a]",   "a{0}",        "\xFF"}) {
    EXPECT_FALSE(SplitScanner::compile(pattern).has_value()) << pattern;
  }
}

TEST(SplitScanner, gives_up_on_expressions_that_take_too_long) {
  const Regex regex(R"(\s*\s*\s*\s*\s*x)", "test");
  ASSERT_TRUE(regex.is_scanned());
  EXPECT_ANY_THROW(regex.find_all(std::string(20'000, ' ')));
}

TEST(SplitScanner, long_runs_take_linear_time) {
  for (const auto& expression : expressions()) {
    const Regex regex(expression, "test");
    if (!regex.is_scanned()) continue;
    for (const std::string part : {"a", "A", " ", "1", "!", "\n", "\u0301", "語", " \n"}) {
      std::string text;
      while (text.size() < (1U << 17)) text += part;
      EXPECT_NO_THROW(regex.find_all(text)) << expression << " and " << part;
    }
  }
}

}  // namespace
}  // namespace etna
