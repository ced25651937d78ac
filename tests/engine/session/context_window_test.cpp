#include "engine/session/context_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "engine/base/error.h"
#include "engine/engine.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/session/scripted_model.h"

namespace etna {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A message takes as many tokens as its content has letters, and two around it; the question's answer needs one more.
std::uint64_t letters(const std::vector<ChatMessage>& messages) {
  std::uint64_t tokens = 0;
  for (const ChatMessage& message : messages) tokens += message.content.size() + 2;
  return tokens + (!messages.empty() && messages.back().role == "user" ? 1 : 0);
}

std::uint64_t count(const std::string& text) {
  return text.size();
}

ChatRequest talk(int turns, OverflowPolicy policy, std::size_t length = 8) {
  ChatRequest request;
  request.overflow = policy;
  request.messages.push_back({"system", std::string(length, 's')});
  for (int turn = 0; turn < turns; ++turn) {
    request.messages.push_back({"user", std::string(length, 'q')});
    if (turn + 1 < turns) request.messages.push_back({"assistant", std::string(length, 'a')});
  }
  return request;
}

ContextFit fit(const ChatRequest& request, std::uint64_t size) {
  return fit_context(request, size, letters(request.messages), letters);
}

TEST(ContextWindow, AConversationThatFitsLosesNothing) {
  const ContextFit found = fit(talk(3, OverflowPolicy::drop_oldest), 1000);
  EXPECT_TRUE(found.fits);
  EXPECT_EQ(found.left_out, LeftOut{});
  EXPECT_EQ(found.needed, 62u) << "six messages of ten tokens, the answer's beginning and one token of it";
}

TEST(ContextWindow, ItFitsToTheLastTokenAndNotBeyond) {
  EXPECT_TRUE(fit(talk(3, OverflowPolicy::stop), 62).fits);
  EXPECT_FALSE(fit(talk(3, OverflowPolicy::stop), 61).fits);
  ChatRequest request = talk(3, OverflowPolicy::stop);
  request.reply_reserve = 10;
  EXPECT_TRUE(fit(request, 71).fits);
  EXPECT_FALSE(fit(request, 70).fits);
}

TEST(ContextWindow, WhoWantsToBeAskedLosesNothing) {
  const ContextFit found = fit(talk(9, OverflowPolicy::stop), 100);
  EXPECT_FALSE(found.fits);
  EXPECT_EQ(found.left_out, LeftOut{});
  EXPECT_EQ(found.needed, 182u);
}

TEST(ContextWindow, TheOldestTurnsGoBehindTheInstructionsAndTheFirstTurnAndNoMoreThanMust) {
  const ChatRequest request = talk(9, OverflowPolicy::drop_oldest);
  const ContextFit found = fit(request, 140);
  EXPECT_TRUE(found.fits);
  EXPECT_EQ(found.left_out, (LeftOut{.first = 3, .messages = 6, .turns = 3}));
  const std::vector<ChatMessage> shown = shown_to_model(request.messages, found.left_out);
  EXPECT_LE(letters(shown) + 1, 140u);
  EXPECT_EQ(shown.front().role, "system");
  EXPECT_GT(letters(shown) + 1 + 20, 140u) << "one turn more would not fit";
  EXPECT_EQ(found.needed, 182u) << "of the whole";
}

TEST(ContextWindow, OfTheMiddleAsManyTurnsStayInFrontAsBehind) {
  const ContextFit found = fit(talk(9, OverflowPolicy::drop_middle), 140);
  EXPECT_EQ(found.left_out, (LeftOut{.first = 7, .messages = 6, .turns = 3}))
      << "three turns stay in front, three behind";
  EXPECT_EQ(fit(talk(9, OverflowPolicy::drop_middle), 61).left_out, (LeftOut{.first = 3, .messages = 14, .turns = 7}));
}

TEST(ContextWindow, TurnsOfEveryLengthLeaveTheFewestOut) {
  for (std::uint64_t size = 150; size < 1200; size += 37) {
    ChatRequest request = talk(12, OverflowPolicy::drop_oldest);
    for (std::size_t i = 1; i + 1 < request.messages.size(); ++i) {
      request.messages[i].content = std::string(i * 37 % 101, 'x');
    }
    const ContextFit found = fit(request, size);
    if (!found.fits) continue;
    EXPECT_LE(letters(shown_to_model(request.messages, found.left_out)) + 1, size);
    if (found.left_out.turns == 0) continue;
    LeftOut fewer = found.left_out;
    fewer.messages -= 2;
    EXPECT_GT(letters(shown_to_model(request.messages, fewer)) + 1, size) << "at " << size;
  }
}

TEST(ContextWindow, AVeryLongConversationIsRenderedAHandfulOfTimes) {
  const ChatRequest request = talk(20'000, OverflowPolicy::drop_oldest);
  int rendered = 0;
  const ContextFit found = fit_context(request, 8192, letters(request.messages), [&](const auto& messages) {
    ++rendered;
    return letters(messages);
  });
  EXPECT_TRUE(found.fits);
  EXPECT_LE(rendered, 20);
}

TEST(ContextWindow, WhereTheFirstTurnAndTheLastAreTooLongNothingIsLeftOut) {
  for (const OverflowPolicy policy : {OverflowPolicy::drop_oldest, OverflowPolicy::drop_middle}) {
    EXPECT_TRUE(fit(talk(9, policy), 42).fits) << "the instructions, the first turn and the last";
    EXPECT_FALSE(fit(talk(9, policy), 41).fits);
    EXPECT_EQ(fit(talk(9, policy), 41).left_out, LeftOut{});
    EXPECT_FALSE(fit(talk(2, policy), 30).fits) << "there is nothing between the first turn and the last";
    EXPECT_FALSE(fit(talk(1, policy), 5).fits);
  }
}

TEST(ContextWindow, MessagesInARowOfOneRoleAndOnesOfToolsBelongToTheirTurn) {
  ChatRequest request;
  request.overflow = OverflowPolicy::drop_oldest;
  for (const char* role :
       {"assistant", "user", "assistant", "user", "assistant", "tool", "assistant", "user", "user"}) {
    request.messages.push_back({role, "12345678"});
  }
  const ContextFit found = fit(request, 60);
  ASSERT_TRUE(found.fits);
  EXPECT_EQ(found.left_out, (LeftOut{.first = 1, .messages = 6, .turns = 2})) << "a greeting is the first turn";
}

TEST(ContextWindow, TextWithoutMessagesIsNeverShortened) {
  ChatRequest request = talk(9, OverflowPolicy::drop_oldest);
  request.raw_prompt = "text";
  EXPECT_FALSE(fit(request, 100).fits);
  request.raw_prompt.clear();
  request.prompt_cache_file = "file";
  EXPECT_FALSE(fit(request, 100).fits);
}

TEST(ContextWindow, ThePartsOfAConversationAddUpToIt) {
  ChatRequest request = talk(3, OverflowPolicy::stop);
  request.reply_reserve = 20;
  const std::vector<AttachedText> files = {{.message = 1, .text = "qqqqq"}, {.message = 5, .text = "qqq"}};
  const ContextUse use = measure_context(request, files, 100, letters, count);
  EXPECT_EQ(use.system, 10u);
  EXPECT_EQ(use.message, 8u) << "eleven with its mark and the answer's beginning, without the file";
  EXPECT_EQ(use.attachments, 8u);
  EXPECT_EQ(use.history, 35u);
  EXPECT_EQ(use.reserve, 20u);
  EXPECT_EQ(use.used(), letters(request.messages));
  EXPECT_EQ(use.size, 100u);
  EXPECT_TRUE(use.fit.fits);
}

TEST(ContextWindow, AConversationThatEndsWithAnAnswerHasNoMessage) {
  ChatRequest request = talk(3, OverflowPolicy::stop);
  request.messages.pop_back();
  const ContextUse use = measure_context(request, {}, 100, letters, count);
  EXPECT_EQ(use.message, 0u);
  EXPECT_EQ(use.history, 40u);
  EXPECT_EQ(use.used(), 50u);
}

TEST(ContextWindow, NothingAndInstructionsAloneAreMeasuredToo) {
  ChatRequest request;
  EXPECT_EQ(measure_context(request, {}, 100, letters, count).used(), 0u);
  request.messages = {{"system", "12345678"}};
  const ContextUse use = measure_context(request, {}, 100, letters, count);
  EXPECT_EQ(use.system, 10u);
  EXPECT_EQ(use.used(), 10u);
  request.messages.push_back({"user", "1234"});
  EXPECT_EQ(measure_context(request, {}, 100, letters, count).message, 7u);
}

TEST(ContextWindow, AnEighthIsKeptForTheReplyAndNoMoreThanItMayHave) {
  EXPECT_EQ(usual_reply_reserve(8192, 100'000), 1024u);
  EXPECT_EQ(usual_reply_reserve(8192, 200), 200u);
  EXPECT_EQ(usual_reply_reserve(4, 100), 1u);
  EXPECT_EQ(usual_reply_reserve(0, 0), 1u);
}

/// A real model, with a context of 64 tokens; letters are tokens.
class OverflowTest : public testing::Test {
protected:
  static constexpr const char* plain_template =
      "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
      "{% if add_generation_prompt %}[assistant]{% endif %}";

  void SetUp() override {
    test::write_scripted_model(folder_ / "model", "[assistant]", {"A", "B", "[user]", "[system]", "x", "y", "z"},
                               plain_template);
    std::promise<void> loaded;
    engine_.load({.path = (folder_ / "model").string(), .device = "cpu", .activations = "f32", .context_length = 64},
                 {.progress = {},
                  .done = [&](const ModelInfo& info) { capacity_ = info.context_length, loaded.set_value(); },
                  .failed =
                      [&](const Failure& failure) {
                        loaded.set_exception(std::make_exception_ptr(Error(failure.code, failure.message)));
                      }});
    loaded.get_future().get();
  }

  static ChatRequest talk(int turns, OverflowPolicy policy) {
    ChatRequest request;
    request.overflow = policy;
    request.sampling.temperature = 0;
    request.max_tokens = 2;
    request.messages.push_back({"system", "xxx"});
    for (int turn = 0; turn < turns; ++turn) {
      request.messages.push_back({"user", "yyyyyyyy"});
      if (turn + 1 < turns) request.messages.push_back({"assistant", "zzzzzzz"});
    }
    return request;
  }

  struct Answered {
    std::string text;
    RunStatistics statistics;
    std::uint64_t evaluated = 0;
  };

  Answered chat(const ChatRequest& request) {
    Answered result;
    std::promise<void> over;
    engine_.chat(request,
                 {.prompt_progress = [&](std::uint64_t, std::uint64_t total) { result.evaluated = total; },
                  .text = [&](const std::string& text) { result.text += text; },
                  .done = [&](const RunStatistics& statistics) { result.statistics = statistics, over.set_value(); },
                  .failed =
                      [&](const Failure& failure) {
                        ADD_FAILURE() << failure.message;
                        over.set_value();
                      }});
    over.get_future().wait();
    return result;
  }

  test::TemporaryFolder folder_;
  std::uint64_t capacity_ = 0;
  Engine engine_;
};

TEST_F(OverflowTest, WhoStopsEvaluatesNothingAndSaysWhatIsNeeded) {
  const Answered answer = chat(talk(30, OverflowPolicy::stop));
  EXPECT_EQ(answer.statistics.stop_reason, StopReason::context_full);
  EXPECT_EQ(answer.statistics.generated_tokens, 0u);
  EXPECT_EQ(answer.evaluated, 0u);
  EXPECT_FALSE(answer.statistics.context.fits);
  EXPECT_EQ(answer.statistics.context.size, capacity_);
  EXPECT_EQ(answer.statistics.context.needed, answer.statistics.prompt_tokens + 1);
}

TEST_F(OverflowTest, WhatIsLeftOutIsToldAndTheRestIsAnswered) {
  for (const OverflowPolicy policy : {OverflowPolicy::drop_oldest, OverflowPolicy::drop_middle}) {
    ChatRequest request = talk(30, policy);
    request.reply_reserve = 4;
    const Answered answer = chat(request);
    EXPECT_EQ(answer.text, "AB");
    EXPECT_GT(answer.statistics.context.left_out.turns, 0u);
    EXPECT_LE(answer.statistics.prompt_tokens + 4, capacity_);
    EXPECT_GT(answer.statistics.context.needed, capacity_);

    ChatRequest shorter = request;
    shorter.messages = shown_to_model(request.messages, answer.statistics.context.left_out);
    const Answered same = chat(shorter);
    EXPECT_EQ(same.statistics.prompt_tokens, answer.statistics.prompt_tokens) << "nothing else was changed";
    EXPECT_EQ(same.statistics.context.left_out, LeftOut{});
  }
}

TEST_F(OverflowTest, ABatchDoesAsASingleChatDoes) {
  const std::vector<ChatRequest> requests = {talk(30, OverflowPolicy::drop_oldest), talk(30, OverflowPolicy::stop),
                                             talk(2, OverflowPolicy::stop)};
  std::map<std::size_t, RunStatistics> statistics;
  std::promise<void> over;
  engine_.chat_batch(requests, 2,
                     {.answered = [&](std::size_t index, const RunStatistics& one) { statistics[index] = one; },
                      .done = [&] { over.set_value(); },
                      .failed =
                          [&](const Failure& failure) {
                            ADD_FAILURE() << failure.message;
                            over.set_value();
                          }});
  over.get_future().wait();
  ASSERT_EQ(statistics.size(), 3u);
  EXPECT_EQ(statistics[0].context.left_out, chat(requests[0]).statistics.context.left_out);
  EXPECT_GT(statistics[0].context.left_out.turns, 0u);
  EXPECT_EQ(statistics[0].stop_reason, StopReason::length);
  EXPECT_EQ(statistics[1].stop_reason, StopReason::context_full);
  EXPECT_EQ(statistics[1].generated_tokens, 0u);
  EXPECT_EQ(statistics[2].stop_reason, StopReason::length);
}

TEST_F(OverflowTest, ItsUseIsMeasuredFromAnyThreadWithoutTheModel) {
  const ChatRequest request = talk(3, OverflowPolicy::drop_oldest);
  const auto use = std::async(std::launch::async, [&] { return engine_.context_use(request); }).get();
  ASSERT_TRUE(use);
  EXPECT_EQ(use->size, capacity_);
  EXPECT_EQ(use->used(), chat(request).statistics.prompt_tokens);
  EXPECT_EQ(use->system, 4u) << "[system]xxx";
  EXPECT_EQ(use->message, 10u) << "[user]yyyyyyyy[assistant]";
  ChatRequest longer = talk(30, OverflowPolicy::drop_oldest);
  EXPECT_EQ(engine_.context_use(longer)->fit, chat(longer).statistics.context) << "what is told before is what is done";
  longer.model = 99;
  EXPECT_FALSE(engine_.context_use(longer));
}

}  // namespace
}  // namespace etna
