#include "engine/session/chat_batch.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/base/error.h"
#include "engine/devices.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/session/answers.h"
#include "tests/engine/session/scripted_model.h"

namespace etna {
namespace {

using test::question;

const test::Script words = {"one ", "two ", "three ", "four ", "five ", "six "};

class ChatBatchTest : public testing::Test {
protected:
  void SetUp() override {
    path_ = test::write_scripted_model(folder_ / "model", "[assistant]", words, test::thinking_template);
    test::load_model(engine_, {.path = path_.string(), .device = {}, .activations = {}, .context_length = 64});
  }

  struct Batch {
    std::map<std::size_t, test::Answered> answers;
    std::optional<Failure> failure;
  };

  Batch run(const std::vector<ChatRequest>& requests, int rows) {
    Batch batch;
    std::promise<void> over;
    engine_.chat_batch(requests, rows,
                       {.text = [&](std::size_t index, const std::string& text) { batch.answers[index].text += text; },
                        .answered = [&](std::size_t index, const RunStatistics& statistics) { batch.answers[index].statistics = statistics; },
                        .done = [&] { over.set_value(); },
                        .failed = [&](Failure failure) { batch.failure = std::move(failure), over.set_value(); }});
    over.get_future().wait();
    return batch;
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_;
  Engine engine_;
};

TEST_F(ChatBatchTest, EachAnswerIsWhatAChatWouldSay) {
  std::vector<ChatRequest> requests;
  for (int i = 0; i < 7; ++i) {
    requests.push_back(question(i % 2 == 0 ? "one two three [user]" : "[user]", i < 2 ? 0 : 4, 25));
    requests.back().sampling.seed = static_cast<std::uint64_t>(i);
    requests.back().sampling.top_k = i == 3 ? 15 : 0;
  }
  requests[4].stop_texts = {"two"};
  requests[5].max_tokens = 2;
  requests[6].extra_stop_tokens = {"four "};
  const Batch batch = run(requests, 3);
  ASSERT_FALSE(batch.failure) << batch.failure->message;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const test::Answered alone = test::answer(engine_, requests[i]);
    EXPECT_EQ(batch.answers.at(i).text, alone.text) << i;
    EXPECT_EQ(batch.answers.at(i).statistics.stop_reason, alone.statistics.stop_reason) << i;
    EXPECT_EQ(batch.answers.at(i).statistics.generated_tokens, alone.statistics.generated_tokens) << i;
    EXPECT_EQ(batch.answers.at(i).statistics.prompt_tokens, alone.statistics.prompt_tokens) << i;
  }
}

TEST_F(ChatBatchTest, AWrongRequestFailsAllBeforeTheFirst) {
  std::vector<ChatRequest> requests{question("a"), question("b")};
  for (const auto& break_it : {+[](ChatRequest& request) { request.messages[0].role = "nobody"; },
                               +[](ChatRequest& request) { request.sampling.logit_bias = {{64, 1}}; },
                               +[](ChatRequest& request) { request.sampling.top_p = 2; },
                               +[](ChatRequest& request) { request.extra_stop_tokens = {"nothing"}; }}) {
    requests[1] = question("b");
    break_it(requests[1]);
    const Batch batch = run(requests, 2);
    ASSERT_TRUE(batch.failure);
    EXPECT_EQ(batch.failure->code, Errc::invalid_argument);
    EXPECT_TRUE(batch.answers.empty());
  }
}

TEST_F(ChatBatchTest, WherePositionsDependOnTheLengthAnswersFollowEachOther) {
  nlohmann::json config = nlohmann::json::parse(std::ifstream(path_ / "config.json"));
  config["max_position_embeddings"] = 16;
  config["rope_scaling"] = {{"type", "dynamic"}, {"factor", 2.0}};
  std::ofstream(path_ / "config.json") << config;
  test::load_model(engine_, {.path = path_.string(), .device = {}, .activations = {}, .context_length = 64});
  const ChatRequest request = question("one two three four five six [user]");
  const Batch batch = run({request, question("a"), request}, 3);
  ASSERT_FALSE(batch.failure) << batch.failure->message;
  for (const std::size_t index : {0, 1, 2}) EXPECT_EQ(batch.answers.at(index).text, "one two three four five six ") << index;
}

TEST_F(ChatBatchTest, OneThatOverflowsItsContextEndsAlone) {
  std::vector<ChatRequest> requests{question("a"), question("a"), question("a"), question("a")};
  requests[1].sampling.logit_bias = {{0, -1000}};  // never ends on its own
  requests[1].max_tokens = 100000;
  std::string long_prompt;
  for (int i = 0; i < 80; ++i) long_prompt += "one ";
  requests.push_back(question(long_prompt));  // longer than the context from the beginning
  const Batch batch = run(requests, 4);
  ASSERT_FALSE(batch.failure) << batch.failure->message;
  for (const std::size_t index : {0, 2, 3}) {
    EXPECT_EQ(batch.answers.at(index).text, "one two three four five six ") << index;
    EXPECT_EQ(batch.answers.at(index).statistics.stop_reason, StopReason::end_of_text) << index;
  }
  EXPECT_EQ(batch.answers.at(1).statistics.stop_reason, StopReason::context_full);
  EXPECT_GT(batch.answers.at(1).statistics.generated_tokens, 40u);
  EXPECT_EQ(batch.answers.at(4).statistics.stop_reason, StopReason::context_full);
  EXPECT_EQ(batch.answers.at(4).statistics.generated_tokens, 0u);
}

TEST_F(ChatBatchTest, NoRequestsAreDoneAtOnce) { EXPECT_FALSE(run({}, 4).failure); }

TEST_F(ChatBatchTest, RequestsComeAndGoWhileOthersAreAnswered) {
  const auto host = ModelHost::load(path_, open_device("cpu"), {.activations = "f32", .context_length = 64}, {});
  ChatBatch batch(*host, {.rows = 2, .capacity = 40, .prompt_piece = 4});
  std::map<int, std::string> texts;
  std::map<int, RunStatistics> ended;
  const auto insert = [&](int index, const ChatRequest& request) {
    ChatSink sink;
    sink.text = [&texts, index](const std::string& text) { texts[index] += text; };
    return batch.insert(request, sink, [&ended, index](const RunStatistics& statistics) { ended[index] = statistics; });
  };
  ChatRequest endless = question("a");
  endless.sampling.logit_bias = {{0, -1000}};
  const BatchId first = insert(0, endless);
  while (texts[0].empty()) ASSERT_TRUE(batch.next());
  insert(1, question("a"));
  while (!ended.contains(1)) ASSERT_TRUE(batch.next());
  EXPECT_EQ(texts[1], "one two three four five six ");
  EXPECT_FALSE(ended.contains(0));
  batch.remove(first);
  EXPECT_EQ(ended.at(0).stop_reason, StopReason::stopped);
  insert(2, question("a"));
  while (batch.next()) {
  }
  EXPECT_EQ(texts[2], texts[1]);

  std::stop_source stop;
  insert(3, endless);
  insert(4, endless);
  insert(5, endless);  // waits for a row
  batch.next(stop.get_token());
  stop.request_stop();
  EXPECT_FALSE(batch.next(stop.get_token()));
  for (const int index : {3, 4, 5}) EXPECT_EQ(ended.at(index).stop_reason, StopReason::stopped);
}

}  // namespace
}  // namespace etna
