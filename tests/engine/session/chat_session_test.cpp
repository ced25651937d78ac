#include "engine/session/chat_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "engine/engine.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/session/scripted_model.h"

namespace etna {
namespace {

using test::Script;
using test::thinking_template;
using testing::ElementsAre;

/// Whole answers of a model that says what it is told to.
class ChatSessionTest : public testing::Test {
protected:
  struct Answered {
    std::string text, thinking;
    std::vector<std::string> calls, warnings;
    RunStatistics statistics;
    std::optional<Failure> failure;
  };

  ModelInfo load(const Script& script, const std::vector<std::string>& special = {}) {
    test::write_scripted_model(folder_ / "model", "[assistant]", script, thinking_template, special);
    std::promise<ModelInfo> info;
    engine_.load({.path = (folder_ / "model").string(), .device = "cpu", .activations = "f32", .context_length = 64},
                 {.progress = {},
                  .done = [&](ModelInfo loaded) { info.set_value(std::move(loaded)); },
                  .failed =
                      [&](const Failure& failure) {
                        info.set_exception(std::make_exception_ptr(Error(failure.code, failure.message)));
                      }});
    return info.get_future().get();
  }

  Answered chat(ChatRequest request) {
    request.sampling.temperature = 0;
    Answered result;
    std::promise<void> over;
    engine_.chat(std::move(request),
                 {.prompt_progress = {},
                  .text = [&](const std::string& text) { result.text += text; },
                  .thinking = [&](const std::string& text) { result.thinking += text; },
                  .tool_call = [&](const ToolCall& call) { result.calls.push_back(call.name + " " + call.arguments); },
                  .warning = [&](const std::string& sentence) { result.warnings.push_back(sentence); },
                  .done = [&](const RunStatistics& statistics) { result.statistics = statistics, over.set_value(); },
                  .failed = [&](Failure failure) { result.failure = std::move(failure), over.set_value(); }});
    over.get_future().wait();
    return result;
  }

  static ChatRequest question(const std::string& text) {
    ChatRequest request;
    request.messages = {{"user", text}};
    return request;
  }

  test::TemporaryFolder folder_;
  Engine engine_;
};

const Script thoughtful = {"<think>", "\n", "Two and", " two", ".\n", "</think>", "\n\n", "It is", " four."};

TEST_F(ChatSessionTest, ThoughtsAreNoPartOfTheAnswerAndAreCounted) {
  const ModelInfo info = load(thoughtful, {"<think>", "</think>"});
  EXPECT_TRUE(info.thinks);
  EXPECT_TRUE(info.can_switch_thinking);
  const Answered answer = chat(question("a"));
  ASSERT_FALSE(answer.failure) << answer.failure->message;
  EXPECT_EQ(answer.thinking, "Two and two.");
  EXPECT_EQ(answer.text, "It is four.");
  EXPECT_EQ(answer.statistics.stop_reason, StopReason::end_of_text);
  EXPECT_EQ(answer.statistics.generated_tokens, thoughtful.size());
  EXPECT_EQ(answer.statistics.thinking_tokens, 6u) << "the marks count";
  EXPECT_GT(answer.statistics.thinking_seconds, 0);
}

TEST_F(ChatSessionTest, AThoughtThatTheLengthCutsOffIsShown) {
  load(thoughtful);
  ChatRequest request = question("a");
  request.max_tokens = 4;
  const Answered answer = chat(request);
  EXPECT_EQ(answer.thinking, "Two and two");
  EXPECT_EQ(answer.text, "");
  EXPECT_EQ(answer.statistics.stop_reason, StopReason::length);
}

TEST_F(ChatSessionTest, ThePromptOfTheNextTurnIsReadFromTheCacheWithThoughtsInTheHistory) {
  load(thoughtful);
  ChatRequest request = question("[user]");
  const Answered first = chat(request);
  request.messages.push_back({"assistant", first.text, first.thinking});
  request.messages.push_back({"user", "[user]"});
  const Answered second = chat(request);
  ASSERT_FALSE(second.failure) << second.failure->message;
  EXPECT_GE(second.statistics.cached_tokens, first.statistics.prompt_tokens);
  EXPECT_EQ(second.text, first.text);
}

TEST_F(ChatSessionTest, ACallEndsAMessageForItsTool) {
  load({"I look.", "<tool_call>", "{\"name\": \"weather\", ", "\"arguments\": {}}", "</tool_call>"},
       {"<tool_call>", "</tool_call>"});
  ChatRequest request = question("a");
  request.tools = R"([{"type": "function", "function": {"name": "weather"}}])";
  const Answered answer = chat(request);
  ASSERT_FALSE(answer.failure) << answer.failure->message;
  EXPECT_EQ(answer.text, "I look.");
  EXPECT_THAT(answer.calls, ElementsAre("weather {}"));
  EXPECT_EQ(answer.statistics.stop_reason, StopReason::tool_call);
  EXPECT_EQ(answer.statistics.tool_calls, 1u);
}

TEST_F(ChatSessionTest, ExtraStopTokensEndAnAnswerAndUnknownOnesAreRefused) {
  load({"one", "two", "three", "four"});
  ChatRequest request = question("a");
  request.extra_stop_tokens = {"three"};
  EXPECT_EQ(chat(request).text, "onetwo");
  request.extra_stop_tokens = {"3"};
  EXPECT_EQ(chat(request).text, "one") << "an id: <eos> and the cue are 0 and 1";
  request.extra_stop_tokens = {"five"};
  const Answered refused = chat(request);
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.failure->code, Errc::invalid_argument);
}

TEST_F(ChatSessionTest, AnAnswerContinuesItsPrefill) {
  load({"one", "two", "three"});
  ChatRequest request = question("a");
  request.prefill_response = "one";
  EXPECT_EQ(chat(request).text, "twothree");
}

}  // namespace
}  // namespace etna
