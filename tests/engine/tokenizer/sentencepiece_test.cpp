#include "engine/tokenizer/sentencepiece.h"

#include <gtest/gtest.h>

#include <bit>
#include <filesystem>
#include <fstream>

#include "engine/base/error.h"

namespace etna {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  return out + static_cast<char>(value);
}

std::string bytes_field(int number, const std::string& bytes) {
  return varint(static_cast<std::uint64_t>(number) << 3 | 2) + varint(bytes.size()) + bytes;
}

std::string number_field(int number, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(number) << 3) + varint(value);
}

std::string piece(const std::string& text, float score, int type) {
  std::string fixed;
  for (int i = 0; i < 4; ++i) fixed += static_cast<char>(std::bit_cast<std::uint32_t>(score) >> (8 * i));
  return bytes_field(1,
                     bytes_field(1, text) + varint(2 << 3 | 5) + fixed + number_field(3, static_cast<unsigned>(type)));
}

enum Type { normal = 1, unknown = 2, control = 3, byte = 6 };

/// Llama's form: BPE with bytes, ids <unk> 0, <s> 1, </s> 2, bytes from 3, then the pieces; no removed spaces.
std::string llama_model(const std::string& normalizer = {}) {
  std::string model = piece("<unk>", 0, unknown) + piece("<s>", 0, control) + piece("</s>", 0, control);
  for (int i = 0; i < 256; ++i) model += piece(fmt::format("<0x{:02X}>", i), 0, byte);
  float score = 0;
  for (const char* text : {"▁h", "▁hi", "▁", "h", "i"}) model += piece(text, score -= 1, normal);
  return model + bytes_field(2, number_field(3, 2) + number_field(35, 1)) +
         bytes_field(3, bytes_field(1, "identity") + number_field(3, 1) + number_field(4, 0) + normalizer);
}

Tokenizer load(const std::string& model) {
  auto read = parse_sentencepiece(model, "test.model", ControlTokens::hidden);
  return Tokenizer(std::move(read.parts), std::move(read.settings));
}

TEST(SentencePiece, encodes_and_decodes_as_the_library_does) {
  const auto tokenizer = load(llama_model());
  EXPECT_EQ(tokenizer.encode("hi hi", AddSpecialTokens::yes), (Ids{260, 260})) << "nothing is put around a text";
  EXPECT_EQ(tokenizer.encode("hié", AddSpecialTokens::no), (Ids{260, 3 + 0xC3, 3 + 0xA9}));
  EXPECT_EQ(tokenizer.decode(Ids{260, 260}, SkipSpecialTokens::yes), "hi hi");
  EXPECT_EQ(tokenizer.decode(Ids{1, 260, 261, 260, 2}, SkipSpecialTokens::no), "hi  hi")
      << "control tokens give nothing";
  EXPECT_EQ(tokenizer.decode(Ids{0, 260}, SkipSpecialTokens::no), " ⁇  hi");
}

TEST(SentencePiece, a_byte_that_is_part_of_no_character_becomes_one_replacement) {
  const auto tokenizer = load(llama_model());
  EXPECT_EQ(tokenizer.decode(Ids{3 + 0xE6, 3 + 0x97, 262}, SkipSpecialTokens::no), "\uFFFD\uFFFDh");
  EXPECT_EQ(tokenizer.decode(Ids{3 + 0xFF, 3 + 0xC3, 3 + 0xA9}, SkipSpecialTokens::no), "\uFFFDé");
}

TEST(SentencePiece, a_model_that_rewrites_decoded_text_is_refused) {
  try {
    load(llama_model() + bytes_field(5, bytes_field(1, "custom") + bytes_field(2, std::string(2000, 'x'))));
    FAIL() << "loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::unsupported);
    EXPECT_NE(std::string(error.what()).find("test.model: denormalizer_spec"), std::string::npos) << error.what();
  }
  EXPECT_NO_THROW(load(llama_model() + bytes_field(5, bytes_field(1, "identity")))) << "rules that change nothing";
}

TEST(SentencePiece, texts_do_not_spell_control_tokens) {
  const auto tokenizer = load(llama_model());
  for (const auto id : tokenizer.encode("</s>", AddSpecialTokens::no)) EXPECT_NE(id, 2);
  EXPECT_EQ(tokenizer.special_token_id("eos_token"), 2);
}

TEST(SentencePiece, a_folder_with_nothing_else_adds_bos_and_finds_control_tokens) {
  const fs::path folder = fs::path(testing::TempDir()) / "etna-sentencepiece";
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream(folder / "tokenizer.model", std::ios::binary) << llama_model();
  const auto plain = Tokenizer::load(folder);
  EXPECT_EQ(plain->encode("hi</s>", AddSpecialTokens::yes), (Ids{1, 260, 2}));
  EXPECT_EQ(plain->decode(Ids{1, 260, 2}, SkipSpecialTokens::no), "<s> hi</s>");
  EXPECT_EQ(plain->decode(Ids{1, 260, 2}, SkipSpecialTokens::yes), "hi");

  std::ofstream(folder / "tokenizer_config.json")
      << R"({"tokenizer_class":"LlamaTokenizer","add_bos_token":false,"add_eos_token":true,"eos_token":"</s>",
             "added_tokens_decoder":{"264":{"content":"<|user|>","special":true}}})";
  const auto configured = Tokenizer::load(folder);
  EXPECT_EQ(configured->encode("<|user|>hi", AddSpecialTokens::yes), (Ids{264, 260, 2}));
  fs::remove_all(folder);
}

void refuses(const std::string& model, const char* expected) {
  try {
    load(model);
    ADD_FAILURE() << "loaded; should say: " << expected;
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what();
    EXPECT_TRUE(std::string(error.what()).starts_with("test.model")) << error.what();
  }
}

TEST(SentencePiece, hostile_models_are_refused_in_one_sentence) {
  const auto good = llama_model();
  refuses("", "no pieces");
  refuses("{\"model\": 1}", "test.model");
  refuses(good.substr(0, good.size() / 2), "left");
  refuses(good + piece("", 0, normal), "0 bytes");
  refuses(good + piece("x", std::numeric_limits<float>::quiet_NaN(), normal), "not finite");
  refuses(good + piece("h", 0, normal), "h");
  // A normalization table that sends its reader outside: one block whose root points far away.
  std::string table(4 + 1024, '\0');
  table[1] = 4;
  table[4 + 2] = table[4 + 3] = 0x7F;
  refuses(llama_model(bytes_field(2, table + std::string("x\0", 2))), "outside its table");
  refuses(llama_model(bytes_field(2, std::string("\xFF\xFF\xFF\x7F", 4))), "precompiled_charsmap");
}

}  // namespace
}  // namespace etna
