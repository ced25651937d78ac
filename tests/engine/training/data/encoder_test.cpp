#include "engine/training/data/encoder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/io/starter_model.h"
#include "tests/engine/io/fails_with.h"

namespace etna::training {
namespace {

using Json = nlohmann::ordered_json;

class EncoderTest : public testing::Test {
protected:
  static Conversation conversation(const char* messages) {
    return {std::make_shared<const Json>(Json::parse(messages)), nullptr, {}};
  }

  std::vector<std::int32_t> tokens(const std::string& text) const {
    return tokenizer_->encode(text, AddSpecialTokens::no);
  }

  /// The learned stretches as text.
  std::vector<std::string> learned(Learn learn, const Conversation& conversation) const {
    const Example example = ExampleEncoder(tokenizer_, learn).encode(conversation);
    std::vector<std::string> result;
    for (const Example::Span& span : example.learned) {
      const auto part =
          std::span(example.tokens)
              .subspan(static_cast<std::size_t>(span.first), static_cast<std::size_t>(span.end - span.first));
      result.push_back(tokenizer_->decode(part, SkipSpecialTokens::no));
    }
    return result;
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = Tokenizer::load(starter_model_folder());
  const Conversation two_turns_ =
      conversation(R"([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"},
                                                   {"role": "user", "content": "bye"}, {"role": "assistant", "content": "see you"}])");
};

TEST_F(EncoderTest, messages_go_through_the_template_and_nothing_is_put_around_them) {
  const Example example =
      ExampleEncoder(tokenizer_, Learn::everything)
          .encode(conversation(R"([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}])"));
  EXPECT_EQ(example.tokens, tokens("<|bos|><|user|>\nhi<|end|>\n<|assistant|>\nhello<|end|>\n"));
  EXPECT_TRUE(example.learned.empty()) << "all of it";
}

TEST_F(EncoderTest, of_several_turns_mlx_learns_the_last_answer) {
  EXPECT_EQ(learned(Learn::last_answer, two_turns_), std::vector<std::string>{"see you<|end|>\n"});
}

TEST_F(EncoderTest, a_last_message_of_the_user_is_learned_with_its_mark_as_mlx_does) {
  const auto learned_of_user = learned(
      Learn::last_answer,
      conversation(
          R"([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}, {"role": "user", "content": "bye"}])"));
  EXPECT_EQ(learned_of_user, std::vector<std::string>{"<|user|>\nbye<|end|>\n"});
}

TEST_F(EncoderTest, all_answers_can_be_learned) {
  EXPECT_EQ(learned(Learn::all_answers, two_turns_), (std::vector<std::string>{"hello<|end|>\n", "see you<|end|>\n"}));
}

TEST_F(EncoderTest, a_plain_text_ends_with_the_end_token_once) {
  const ExampleEncoder encoder(tokenizer_, Learn::everything);
  const std::int32_t end = *tokenizer_->special_token_id("eos_token");
  std::vector<std::int32_t> wanted = tokenizer_->encode("once upon a time", AddSpecialTokens::yes);
  wanted.push_back(end);
  EXPECT_EQ(encoder.encode({nullptr, nullptr, "once upon a time"}).tokens, wanted);
  EXPECT_EQ(encoder.encode({nullptr, nullptr, "once upon a time<|end|>"}).tokens, wanted);
}

TEST_F(EncoderTest, answers_of_a_plain_text_cannot_be_told_apart) {
  test::expect_failure(
      [&] {
        ExampleEncoder(tokenizer_, Learn::last_answer).encode({nullptr, nullptr, "text"});
      },
      Errc::invalid_argument, {"plain text", "mask_prompt"});
}

TEST_F(EncoderTest, how_much_is_learned_has_names) {
  EXPECT_EQ(learn_named("all_answers"), Learn::all_answers);
  EXPECT_STREQ(name(Learn::last_answer), "last_answer");
  test::expect_failure([] { learn_named("some"); }, Errc::invalid_argument, {"some", "last_answer"});
}

}  // namespace
}  // namespace etna::training
