#include "engine/session/gguf_tokenizer.h"

#include <gtest/gtest.h>

#include "engine/io/gguf_header.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/gguf_builder.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using test::GgufBuilder;
using test::raw;
using Ids = std::vector<std::int32_t>;

std::shared_ptr<const Tokenizer> make(const GgufBuilder& builder) {
  const std::string bytes = builder.bytes();
  return gguf_tokenizer(parse_gguf_header(std::as_bytes(std::span(bytes)), "m.gguf").metadata);
}

void refuses(const GgufBuilder& builder, Errc code, std::initializer_list<const char*> parts) {
  test::expect_failure([&] { make(builder); }, code, parts);
}

/// <unk> 0, <s> 1, </s> 2, pieces from 3, <|user|> 6.
GgufBuilder llama() {
  GgufBuilder builder;
  builder.text("tokenizer.ggml.model", "llama")
      .texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "▁", "a", "▁a", "<|user|>"})
      .floats("tokenizer.ggml.scores", {0, 0, 0, -2, -3, -1, 0})
      .integers("tokenizer.ggml.token_type", {2, 3, 3, 1, 1, 1, 3});
  return builder;
}

TEST(GgufTokenizer, settings_of_the_file_decide_what_is_put_around_a_text) {
  EXPECT_EQ(make(llama())->encode("a", AddSpecialTokens::yes), (Ids{1, 5})) << "the kind's own rule";
  EXPECT_EQ(make(llama().boolean("tokenizer.ggml.add_bos_token", false).boolean("tokenizer.ggml.add_eos_token", true))
                ->encode("a", AddSpecialTokens::yes),
            (Ids{5, 2}));
  EXPECT_EQ(make(llama().boolean("tokenizer.ggml.add_space_prefix", false))->encode("a", AddSpecialTokens::no),
            (Ids{4}));
}

TEST(GgufTokenizer, templates_see_the_special_tokens_and_the_named_templates) {
  const auto builder = llama()
                           .integer("tokenizer.ggml.bos_token_id", 1)
                           .integer("tokenizer.ggml.eos_token_id", 6)
                           .integer("tokenizer.ggml.padding_token_id", 0xFFFFFFFF)
                           .text("tokenizer.chat_template", "D")
                           .text("tokenizer.chat_template.tool_use", "T");
  const auto tokenizer = make(builder);
  EXPECT_EQ(tokenizer->special_tokens(), (std::map<std::string, std::string>{
                                             {"bos_token", "<s>"}, {"eos_token", "<|user|>"}, {"unk_token", "<unk>"}}))
      << "an id beyond all others says that there is none";
  EXPECT_EQ(tokenizer->chat_template(), "D");
  EXPECT_EQ(tokenizer->tool_chat_template(), "T");
  const std::string bytes = builder.bytes();
  const auto metadata = parse_gguf_header(std::as_bytes(std::span(bytes)), "m.gguf").metadata;
  EXPECT_EQ(gguf_chat_template(metadata, "tool_use"), "T");
  EXPECT_EQ(gguf_chat_template(metadata, "rag"), "D");
}

TEST(GgufTokenizer, special_tokens_of_phi3_swallow_white_space_behind_them) {
  const auto plain = make(llama())->encode("<|user|> \n a", AddSpecialTokens::no);
  EXPECT_NE(plain, (Ids{6, 5}));
  for (const auto& [key, value] : {std::pair{"general.architecture", "phi3"}, {"general.name", "My Phi-3 Mini"}}) {
    const auto tokenizer = make(llama().text(key, value));
    EXPECT_EQ(tokenizer->encode("<|user|> \n a", AddSpecialTokens::no), (Ids{6, 5})) << value;
    EXPECT_EQ(tokenizer->encode("</s>  a", AddSpecialTokens::no), (Ids{2, 5})) << value;
    EXPECT_EQ(tokenizer->encode("<s> a", AddSpecialTokens::no), (Ids{1, 3, 5})) << "not behind <s>";
  }
}

TEST(GgufTokenizer, qwen_composes_characters_before_it_cuts) {
  const auto make_bpe = [](const char* pre) {
    return make(GgufBuilder()
                    .text("tokenizer.ggml.model", "gpt2")
                    .text("tokenizer.ggml.pre", pre)
                    .texts("tokenizer.ggml.tokens", {"Ã", "©", "e", "Ì", "ģ"})
                    .texts("tokenizer.ggml.merges", {}));
  };
  EXPECT_EQ(make_bpe("qwen2")->encode("e\u0301", AddSpecialTokens::yes), (Ids{0, 1}));
  EXPECT_EQ(make_bpe("gpt-2")->encode("e\u0301", AddSpecialTokens::yes), (Ids{2, 3, 4}));
}

TEST(GgufTokenizer, unigram_vocabularies_follow_their_switches) {
  const auto t5 = [] {
    GgufBuilder builder;
    builder.text("tokenizer.ggml.model", "t5")
        .texts("tokenizer.ggml.tokens", {"<pad>", "</s>", "<unk>", "▁", "a", "▁a"})
        .floats("tokenizer.ggml.scores", {0, 0, 0, -2, -3, -1})
        .integers("tokenizer.ggml.token_type", {3, 3, 2, 1, 1, 1});
    return builder;
  };
  EXPECT_EQ(make(t5().boolean("tokenizer.ggml.add_space_prefix", true))->encode("a  a", AddSpecialTokens::yes),
            (Ids{5, 3, 5, 1}));
  EXPECT_EQ(make(t5().boolean("tokenizer.ggml.add_space_prefix", true)
                     .boolean("tokenizer.ggml.remove_extra_whitespaces", true))
                ->encode(" a  a ", AddSpecialTokens::yes),
            (Ids{5, 5, 1}));
  EXPECT_EQ(make(t5())->encode("a", AddSpecialTokens::no), (Ids{4})) << "no prefix where the file asks for none";
  refuses(t5().text("tokenizer.ggml.precompiled_charsmap", "x"), Errc::corrupt, {"precompiled_charsmap"});
  refuses(t5().integers("tokenizer.ggml.precompiled_charsmap", {1}), Errc::corrupt, {"precompiled_charsmap", "bytes"});
  refuses(t5().array("tokenizer.ggml.precompiled_charsmap", 0, 4, raw(0xFFFFFFF0U)), Errc::corrupt,
          {"precompiled_charsmap"});
}

TEST(GgufTokenizer, what_cannot_be_read_is_refused_by_key) {
  refuses(GgufBuilder(), Errc::corrupt, {"m.gguf", "tokenizer.ggml.model", "missing"});
  refuses(GgufBuilder().text("tokenizer.ggml.model", "rwkv"), Errc::unsupported, {"tokenizer.ggml.model", "\"rwkv\""});
  refuses(GgufBuilder().integer("tokenizer.ggml.model", 1), Errc::corrupt, {"tokenizer.ggml.model", "string"});
  refuses(GgufBuilder().text("tokenizer.ggml.model", "gpt2"), Errc::corrupt, {"tokenizer.ggml.tokens", "missing"});
  refuses(GgufBuilder()
              .text("tokenizer.ggml.model", "gpt2")
              .text("tokenizer.ggml.pre", "nobody's")
              .texts("tokenizer.ggml.tokens", {"a"}),
          Errc::unsupported, {"tokenizer.ggml.pre", "nobody's"});
  refuses(llama().integer("tokenizer.ggml.add_bos_token", 1), Errc::corrupt, {"add_bos_token", "true or false"});
  refuses(llama().integer("tokenizer.ggml.bos_token_id", 99), Errc::corrupt, {"bos_token_id", "99"});
}

TEST(GgufTokenizer, a_file_is_read_and_closed) {
  const test::TemporaryFolder folder;
  const auto tokenizer = load_gguf_tokenizer(folder.write("m.gguf", llama().bytes()));
  EXPECT_EQ(tokenizer->decode(Ids{1, 5, 5}, SkipSpecialTokens::yes), "a a") << "nothing points into the file any more";
}

}  // namespace
}  // namespace etna
