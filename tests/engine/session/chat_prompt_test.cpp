#include "engine/session/chat_prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/session/scripted_model.h"
#include "tests/engine/tokenizer/tiny_tokenizers.h"

namespace etna {
namespace {

using test::thinking_template;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// A folder with a byte-level tokenizer, so that every text survives.
class ChatPromptTest : public testing::Test {
protected:
  void use(const std::string& chat_template, const std::string& parser = {}) {
    folder_.write("tokenizer.json", test::byte_level_json({}).dump());
    nlohmann::json settings = {{"eos_token", "<|end|>"}};
    if (!chat_template.empty()) settings["chat_template"] = chat_template;
    if (!parser.empty()) settings["tool_parser_type"] = parser;
    folder_.write("tokenizer_config.json", settings.dump());
    tokenizer_ = Tokenizer::load(folder_.path());
  }

  /// A model with a template of its own for chats with tools.
  void use_two(const std::string& chat_template, const std::string& tool_chat_template) {
    use({});
    const nlohmann::json list = {{{"name", "default"}, {"template", chat_template}},
                                 {{"name", "tool_use"}, {"template", tool_chat_template}}};
    folder_.write("tokenizer_config.json", nlohmann::json{{"chat_template", list}}.dump());
    tokenizer_ = Tokenizer::load(folder_.path());
  }

  ChatPrompt prompt(const ChatRequest& request) { return make_chat_prompt(*tokenizer_, folder_.path(), request); }

  std::string text(const ChatRequest& request) {
    return tokenizer_->decode(prompt(request).ids, SkipSpecialTokens::no);
  }

  /// The sentence with which a request is refused.
  std::string refusal(const ChatRequest& request) {
    try {
      prompt(request);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_argument) << error.what();
      return error.what();
    }
    return "not refused";
  }

  static ChatRequest question(const std::string& text) {
    ChatRequest request;
    request.messages = {{"user", text}};
    return request;
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

constexpr const char* weather = R"([{"type": "function", "function": {"name": "weather", "parameters": {}}}])";

TEST_F(ChatPromptTest, ThoughtsGoToTheTemplateAsAFieldOfTheirOwn) {
  use(thinking_template);
  ChatRequest request = question("a");
  request.messages.push_back({"assistant", "b", "because"});
  EXPECT_EQ(text(request), "[user]a[end][assistant]<think>because</think>b[end][assistant]");
  request.messages.push_back({"user", "c"});
  EXPECT_EQ(text(request), "[user]a[end][assistant]b[end][user]c[end][assistant]") << "earlier ones are the template's";
}

TEST_F(ChatPromptTest, TheFieldOfThoughtsIsTheOneThatTheTemplateReads) {
  const auto rendered = [&](const std::string& field) {
    use("{% for m in messages %}{{ m." + field + " }}{% endfor %}");
    ChatRequest request = question("a");
    request.messages.push_back({"assistant", "b", "because"});
    return text(request);
  };
  EXPECT_EQ(rendered("reasoning_content"), "because");
  EXPECT_EQ(rendered("thinking"), "because");
  EXPECT_EQ(rendered("reasoning"), "because");
}

TEST_F(ChatPromptTest, ThinkingCanBeSwitchedAndTheStartFollowsThePrompt) {
  use(thinking_template);
  ChatRequest request = question("a");
  EXPECT_EQ(text(request), "[user]a[end][assistant]");
  request.enable_thinking = false;
  EXPECT_EQ(text(request), "[user]a[end][assistant]<think></think>");
  EXPECT_EQ(prompt(request).start, OutputStart::answer);
  request.template_arguments = R"({"enable_thinking": true})";
  EXPECT_EQ(text(request), "[user]a[end][assistant]") << "free arguments come last";
  use("{{ messages[0].content }}<think>\n{# </think> #}");
  EXPECT_EQ(prompt(question("a")).start, OutputStart::thinking);
  EXPECT_EQ(prompt(question("a </think>")).start, OutputStart::thinking);
}

TEST_F(ChatPromptTest, TheModelIsDescribedByItsTemplate) {
  use(thinking_template);
  ModelInfo info;
  describe_thinking(*tokenizer_, info);
  EXPECT_TRUE(info.thinks);
  EXPECT_TRUE(info.can_switch_thinking);
  use("{{ messages[0].content }}");
  info = {};
  describe_thinking(*tokenizer_, info);
  EXPECT_FALSE(info.thinks);
  EXPECT_FALSE(info.can_switch_thinking);
}

TEST_F(ChatPromptTest, ChatsWithToolsTakeTheTemplateForThem) {
  use_two("plain: {{ messages[0].content }}",
          "{# tool_call.name #}<tool_call> {{ tools | length }}: {{ messages[0].content }}");
  ChatRequest request = question("a");
  EXPECT_EQ(text(request), "plain: a");
  request.tools = weather;
  EXPECT_EQ(text(request), "<tool_call> 1: a");
  EXPECT_NE(prompt(request).format.tools, nullptr) << "the form of calls is that of the same template";
}

TEST_F(ChatPromptTest, CallsAndTheirResultsAreRendered) {
  use(thinking_template);
  ChatRequest request = question("a");
  request.tools = weather;
  request.messages.push_back({"assistant", "", "", {{"weather", R"({"city": "Rome", "days": 2})", "call_0"}}});
  request.messages.push_back({.role = "tool", .content = "sunny", .tool_call_id = "call_0", .name = "weather"});
  const std::string rendered = text(request);
  EXPECT_THAT(rendered,
              HasSubstr(R"([assistant]<tool_call>{"name": "weather", "arguments": {"city": "Rome", "days": 2}})"));
  EXPECT_THAT(rendered, HasSubstr("[tool]sunny[end]"));
  EXPECT_THAT(rendered, StartsWith(R"([{"type": "function")"));
}

TEST_F(ChatPromptTest, CallsAreLookedForOnlyWhenToolsWereOffered) {
  use(thinking_template);
  ChatRequest request = question("a");
  EXPECT_EQ(prompt(request).format.tools, nullptr);
  request.tools = weather;
  ASSERT_NE(prompt(request).format.tools, nullptr);
  EXPECT_EQ(prompt(request).format.tools->name, "json_tools");
  use(thinking_template, "mistral");
  EXPECT_EQ(prompt(request).format.tools->name, "mistral") << "tool_parser_type is stronger";
  use("{{ messages[0].content }}<|channel|><|message|>");
  EXPECT_EQ(prompt(question("a")).format.tools->name, "harmony") << "its marks are more than those of calls";
  use("{{ messages[0].content }}");
  EXPECT_EQ(prompt(request).warnings.size(), 1u);
  use(thinking_template, "unknown");
  EXPECT_THROW(prompt(request), Error);
  EXPECT_NO_THROW(prompt(question("a")));
}

TEST_F(ChatPromptTest, HarmonysContentBeforeACallIsAMessageOfItsOwn) {
  use("{# <|channel|><|message|> #}{% for m in messages %}[{{ m.role }}]{{ m.thinking }}/{{ m.content }}"
      "{% if m.tool_calls %}!{% endif %}{% endfor %}");
  ChatRequest request = question("a");
  request.messages.push_back({"assistant", "I look.", "hm", {{"f"}}});
  EXPECT_EQ(text(request), "[user]/a[assistant]/I look.[assistant]hm/!");
}

TEST_F(ChatPromptTest, APrefilledAnswerIsContinued) {
  use(thinking_template);
  ChatRequest request = question("a");
  request.prefill_response = "Once upon";
  EXPECT_EQ(text(request), "[user]a[end][assistant]Once upon");
  EXPECT_EQ(prompt(request).start, OutputStart::continued_answer);
  request.prefill_response = "<think>I should";
  EXPECT_EQ(prompt(request).start, OutputStart::thinking);
  request.prefill_response = "<think>I should</think>Yes";
  EXPECT_EQ(prompt(request).start, OutputStart::continued_answer);
  request.messages.push_back({"assistant", "b"});
  EXPECT_THAT(refusal(request), HasSubstr("prefill_response"));
}

TEST_F(ChatPromptTest, DocumentsAndFreeArgumentsReachTheTemplate) {
  use("{{ documents[0].title }} {{ mood }}");
  ChatRequest request = question("a");
  request.documents = R"([{"title": "Moby-Dick"}])";
  request.template_arguments = R"({"mood": "calm"})";
  EXPECT_EQ(text(request), "Moby-Dick calm");
}

TEST_F(ChatPromptTest, ModelsWithoutATemplateContinueOrUseTheDefaultOne) {
  use("");
  ChatRequest request = question("a");
  EXPECT_EQ(text(request), "<|bos|>a");
  request.use_default_chat_template = true;
  EXPECT_EQ(text(request), "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_THAT(prompt(request).stop_texts, ElementsAre("<|im_end|>"));
  use(thinking_template);
  EXPECT_EQ(text(request), "[user]a[end][assistant]");
  EXPECT_THAT(prompt(request).stop_texts, IsEmpty());
  request.ignore_chat_template = true;
  EXPECT_EQ(text(request), "<|bos|>a");
}

TEST_F(ChatPromptTest, StopTokensAreIdsOrTokens) {
  use(thinking_template);
  ChatRequest request = question("a");
  request.extra_stop_tokens = {"<|end|>", "12", "-1", "99999999999"};
  const ExtraStopTokens tokens = prompt(request).extra_stop_tokens;
  EXPECT_THAT(tokens.ids, ElementsAre(12, -1));
  EXPECT_THAT(tokens.tokens, ElementsAre("<|end|>", "99999999999"));
}

TEST_F(ChatPromptTest, WhatIsNotARequestIsRefusedWithItsPlace) {
  use(thinking_template);
  ChatRequest request = question("a");
  request.tools = "[{]";
  EXPECT_THAT(refusal(request), HasSubstr("tools: not valid JSON: parse error at line 1"));
  request.tools = "{}";
  EXPECT_THAT(refusal(request), HasSubstr("tools: must be a JSON list"));
  request.tools = "[1]";
  EXPECT_THAT(refusal(request), HasSubstr("tools[0]"));
  request = question("a");
  request.documents = "1";
  EXPECT_THAT(refusal(request), HasSubstr("documents"));
  request = question("a");
  request.template_arguments = "[]";
  EXPECT_THAT(refusal(request), HasSubstr("template_arguments: must be a JSON object"));
  request.template_arguments = std::string(100'000, '[');
  EXPECT_THAT(refusal(request), HasSubstr("template_arguments"));
  std::string many = "{\"k0\":0";
  for (int i = 1; i < 2000; ++i) many += ",\"k" + std::to_string(i) + "\":0";
  request.template_arguments = many + "}";
  EXPECT_THAT(refusal(request), HasSubstr("keys"));
}

TEST_F(ChatPromptTest, MessagesThatMakeNoSenseAreRefusedWithTheirNumber) {
  use(thinking_template);
  EXPECT_THAT(refusal({}), HasSubstr("no messages"));
  const auto refused = [&](ChatMessage message) {
    ChatRequest request = question("a");
    request.messages.push_back(std::move(message));
    return refusal(request);
  };
  EXPECT_THAT(refused({"wizard", "b"}), HasSubstr("messages[1]: the role 'wizard'"));
  EXPECT_THAT(refused({"user", "b", "because"}), HasSubstr("messages[1]"));
  EXPECT_THAT(refused({"user", "b", "", {{"f"}}}), HasSubstr("messages[1]"));
  EXPECT_THAT(refused({.role = "user", .content = "b", .tool_call_id = "1"}), HasSubstr("messages[1]"));
  EXPECT_THAT(refused({"assistant", "b", "", {{"f", "{"}}}),
              HasSubstr("messages[1].tool_calls[0].arguments: not valid JSON"));
  EXPECT_THAT(refused({"assistant", "b", "", {{"f", "[]"}}}), HasSubstr("must be a JSON object"));
  EXPECT_THAT(refused({"assistant", "b", "", {{""}}}), HasSubstr("has no name"));
}

TEST_F(ChatPromptTest, BrokenTextIsRepairedNotRefused) {
  use("{{ messages[0].content | tojson }}");
  EXPECT_EQ(text(question("a\xff")), "\"a\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace etna
