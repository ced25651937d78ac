#include "engine/generation/stream_decoder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "engine/base/utf8.h"
#include "tests/engine/tokenizer/tiny_tokenizers.h"

namespace etna {
namespace {

namespace fs = std::filesystem;

std::vector<std::shared_ptr<const Tokenizer>> tokenizers() {
  std::vector<std::shared_ptr<const Tokenizer>> all{test::byte_level({{"Ã", "©"}, {"Ġ", "a"}}), test::sentencepiece()};
  const char* folder = std::getenv("ETNA_SHARED_DIR");
  const fs::path shared = folder != nullptr ? fs::path(folder) : fs::path(ETNA_SOURCE_DIR) / ".." / "shared";
  for (const auto* name : {"starter/model", "conformance/real/stories260K", "conformance/real/TinyStories-656K"}) {
    if (fs::exists(shared / name)) all.push_back(Tokenizer::load(shared / name));
  }
  return all;
}

TEST(StreamDecoder, chunks_joined_are_the_whole_text_for_any_ids) {
  std::mt19937 random(3);
  for (const auto& tokenizer : tokenizers()) {
    for (int round = 0; round < 2000; ++round) {
      const auto skip = round % 2 == 0 ? SkipSpecialTokens::yes : SkipSpecialTokens::no;
      std::vector<std::int32_t> ids(random() % 12);
      for (auto& id : ids) id = static_cast<std::int32_t>(random() % static_cast<unsigned>(tokenizer->vocab_size()));
      StreamDecoder decoder(tokenizer, skip);
      std::string text;
      for (const auto id : ids) {
        const auto chunk = decoder.push(id);
        EXPECT_TRUE(utf8::is_valid(chunk));
        text += chunk;
      }
      text += decoder.finish();
      ASSERT_EQ(text, tokenizer->decode(ids, skip)) << testing::PrintToString(ids);
    }
  }
}

TEST(StreamDecoder, text_comes_with_its_token) {
  StreamDecoder decoder(test::sentencepiece(), SkipSpecialTokens::yes);
  const auto tokenizer = test::sentencepiece();
  std::vector<std::string> chunks;
  for (const auto id : tokenizer->encode("hello world", AddSpecialTokens::yes)) chunks.push_back(decoder.push(id));
  EXPECT_EQ(chunks, (std::vector<std::string>{"", "hello", " world"}));
}

TEST(StreamDecoder, ids_that_the_tokenizer_does_not_know_give_nothing) {
  StreamDecoder decoder(test::byte_level(), SkipSpecialTokens::yes);
  EXPECT_EQ(decoder.push(1'000'000), "");
  EXPECT_EQ(decoder.push(-1), "");
  EXPECT_EQ(decoder.finish(), "");
}

}  // namespace
}  // namespace etna
