#include "engine/tokenizer/decoder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace etna {
namespace {

using Strings = std::vector<std::string>;

/// One chunk for each token, then what is left.
Strings chunks(const nlohmann::json& section, const Strings& tokens, Patience patience = Patience::stream) {
  const auto decoder = Decoder::parse(section, "test");
  TextDecoder text(decoder, patience);
  Strings result;
  for (const auto& token : tokens) result.push_back(text.push(token));
  result.push_back(text.finish());
  return result;
}

const nlohmann::json llama = nlohmann::json::parse(R"({"type":"Sequence","decoders":[
  {"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},
  {"type":"Strip","content":" ","start":1,"stop":0}]})");

TEST(Decoder, byte_level_holds_back_incomplete_characters) {
  EXPECT_EQ(chunks({{"type", "ByteLevel"}}, {"Ġa", "Ã", "©", "Ã"}), (Strings{" a", "", "é", "", "\uFFFD"}));
  EXPECT_EQ(chunks({{"type", "ByteLevel"}}, {"Ã", "a"}), (Strings{"", "\uFFFDa", ""}));
}

TEST(Decoder, a_token_outside_the_byte_alphabet_is_its_own_text) {
  EXPECT_EQ(chunks({{"type", "ByteLevel"}}, {"▁x y"}), (Strings{"▁x y", ""}));
}

TEST(Decoder, only_the_first_space_is_stripped) {
  EXPECT_EQ(chunks(llama, {"▁", "▁a", "▁▁b"}), (Strings{"", " a", "  b", ""}));
}

TEST(Decoder, a_run_of_bytes_is_shown_when_it_has_ended) {
  EXPECT_EQ(chunks(llama, {"x", "<0xC3>", "<0xA9>", "y"}), (Strings{"x", "", "", "éy", ""}));
  EXPECT_EQ(chunks(llama, {"x", "<0xC3>", "<0xA9>"}), (Strings{"x", "", "", "é"}));
}

TEST(Decoder, a_broken_run_of_bytes_is_one_replacement_for_each_byte) {
  EXPECT_EQ(chunks(llama, {"<0xC3>", "<0xA9>", "<0xC3>", "y"}).back(), "");
  EXPECT_EQ(chunks(llama, {"<0xC3>", "<0xA9>", "<0xC3>", "y"})[3], "\uFFFD\uFFFD\uFFFDy");
}

TEST(Decoder, a_very_long_run_of_bytes_is_shown_before_it_ends) {
  const Strings tokens(40, "<0x61>");
  std::size_t shown = 0;
  const auto stream = chunks(llama, tokens), whole = chunks(llama, tokens, Patience::whole);
  for (std::size_t i = 0; i < tokens.size(); ++i) shown += stream[i].size();
  EXPECT_EQ(shown, tokens.size() - static_cast<std::size_t>(Patience::stream));
  EXPECT_EQ(whole.back(), std::string(40, 'a'));
}

TEST(Decoder, metaspace_and_wordpiece_and_word_suffixes) {
  EXPECT_EQ(chunks({{"type", "Metaspace"}}, {"▁a", "▁b"}), (Strings{"a", " b", ""}));
  EXPECT_EQ(chunks({{"type", "WordPiece"}}, {"un", "##do", "it", "."}), (Strings{"un", "do", " it", ".", ""}));
  EXPECT_EQ(chunks({{"type", "BPEDecoder"}}, {"a</w>", "b</w>"}), (Strings{"", "a ", "b"}));
}

TEST(Decoder, without_a_decoder_tokens_are_words) {
  EXPECT_EQ(chunks(nullptr, {"a", "b"}), (Strings{"a", " b", ""}));
}

TEST(Decoder, trailing_characters_are_stripped_at_the_very_end) {
  const auto section = nlohmann::json::parse(
      R"({"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Strip","content":"_","start":0,"stop":1}]})");
  EXPECT_EQ(chunks(section, {"a_", "b_"}), (Strings{"a", "_b", ""}));
}

}  // namespace
}  // namespace etna
