#include "engine/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>

namespace etna {
namespace {

/// Runs requests on the processor and waits for their ends.
class EngineTest : public testing::Test {
protected:
  struct Loaded {
    std::optional<ModelInfo> info;
    std::optional<Failure> failure;
    int progress_calls = 0;
  };

  struct Answered {
    std::string text;
    std::optional<RunStatistics> statistics;
    std::optional<Failure> failure;
  };

  Loaded load(const std::string& path) {
    Loaded result;
    std::promise<void> over;
    engine_.load({.path = path, .device = "cpu", .activations = "", .context_length = 0},
                 {.progress = [&](LoadProgress) { ++result.progress_calls; },
                  .done = [&](ModelInfo info) { result.info = std::move(info), over.set_value(); },
                  .failed = [&](Failure failure) { result.failure = std::move(failure), over.set_value(); }});
    over.get_future().wait();
    return result;
  }

  Answered chat(ChatRequest request, std::function<void(Engine::RequestId, const std::string&)> on_text = {}) {
    Answered result;
    std::promise<void> over;
    std::atomic<Engine::RequestId> id{0};
    id = engine_.chat(std::move(request), {.prompt_progress = {},
                                           .text = [&](std::string text) {
                                             result.text += text;
                                             if (on_text) {
                                               while (id == 0) std::this_thread::yield();
                                               on_text(id, text);
                                             }
                                           },
                                           .done = [&](RunStatistics statistics) { result.statistics = statistics, over.set_value(); },
                                           .failed = [&](Failure failure) { result.failure = std::move(failure), over.set_value(); }});
    over.get_future().wait();
    return result;
  }

  void unload(ModelId model) {
    std::promise<void> over;
    engine_.unload(model, [&] { over.set_value(); });
    over.get_future().wait();
  }

  /// What belongs to no model.
  static std::uint64_t bytes_of_engine(const MemoryStatus& memory) {
    std::uint64_t bytes = 0;
    for (const MemoryPoolStatus& pool : memory.pools) {
      for (const MemoryUse& use : pool.uses) bytes += use.model == 0 ? use.bytes : 0;
    }
    return bytes;
  }

  static ChatRequest question(const std::string& text) {
    ChatRequest request;
    request.messages = {{"user", text}};
    request.sampling.temperature = 0;
    return request;
  }

  Engine engine_;
};

TEST_F(EngineTest, the_starter_model_answers_and_says_how_it_went) {
  const Loaded loaded = load("");
  ASSERT_TRUE(loaded.info) << loaded.failure->message;
  EXPECT_TRUE(loaded.info->is_starter);
  EXPECT_TRUE(loaded.info->has_chat_template);
  EXPECT_EQ(loaded.info->format, "8-bit, groups of 64");
  EXPECT_EQ(loaded.info->parameters, 19931648u);
  EXPECT_GT(loaded.progress_calls, 0);
  const Answered answer = chat(question("Hello!"));
  ASSERT_TRUE(answer.statistics) << answer.failure->message;
  EXPECT_EQ(answer.statistics->stop_reason, StopReason::end_of_text);
  EXPECT_FALSE(answer.text.empty());
  EXPECT_GT(answer.statistics->prompt_tokens, 0u);
  EXPECT_GT(answer.statistics->decode_tokens_per_second(), 0);
  EXPECT_GT(answer.statistics->peak_memory_bytes, 0u);
}

TEST_F(EngineTest, a_second_turn_evaluates_only_what_is_new) {
  ASSERT_TRUE(load("").info);
  ChatRequest request = question("My name is Ada.");
  const Answered first = chat(request);
  ASSERT_TRUE(first.statistics);
  EXPECT_EQ(first.statistics->cached_tokens, 0u);
  request.messages.push_back({"assistant", first.text});
  request.messages.push_back({"user", "What is my name?"});
  const Answered second = chat(request);
  ASSERT_TRUE(second.statistics);
  EXPECT_GE(second.statistics->cached_tokens, first.statistics->prompt_tokens);
  EXPECT_NE(second.text.find("Ada"), std::string::npos) << second.text;
}

TEST_F(EngineTest, the_cache_does_not_change_an_answer) {
  ASSERT_TRUE(load("").info);
  const std::string fresh = chat(question("Tell me a story about a cat.")).text;
  chat(question("Tell me a story about a dog."));
  EXPECT_EQ(chat(question("Tell me a story about a cat.")).text, fresh);
}

TEST_F(EngineTest, a_seed_repeats_a_drawn_answer) {
  ASSERT_TRUE(load("").info);
  for (const double top_p : {1.0, 0.9}) {  // drawn on the device, and on the host
    ChatRequest request = question("Tell me a story.");
    request.sampling = {.temperature = 0.7, .top_p = top_p, .top_k = 0, .min_p = 0, .repetition_penalty = 0, .seed = 11};
    const std::string first = chat(request).text;
    EXPECT_EQ(chat(request).text, first);
  }
}

TEST_F(EngineTest, cancel_stops_at_once_and_the_engine_goes_on) {
  ASSERT_TRUE(load("").info);
  int pieces = 0;
  const Answered stopped = chat(question("Tell me a long story."), [&](Engine::RequestId id, const std::string&) {
    if (++pieces == 3) engine_.cancel(id);
  });
  ASSERT_TRUE(stopped.statistics);
  EXPECT_EQ(stopped.statistics->stop_reason, StopReason::stopped);
  EXPECT_LT(stopped.statistics->generated_tokens, 8u);
  EXPECT_TRUE(chat(question("Hello!")).statistics);
}

TEST_F(EngineTest, limits_and_stop_texts_end_an_answer_in_their_own_way) {
  ASSERT_TRUE(load("").info);
  ChatRequest request = question("Tell me a story about a cat.");
  request.max_tokens = 5;
  const Answered short_answer = chat(request);
  EXPECT_EQ(short_answer.statistics->stop_reason, StopReason::length);
  EXPECT_EQ(short_answer.statistics->generated_tokens, 5u);
  request.max_tokens = 200;
  const std::string whole = chat(request).text;
  request.stop_texts = {whole.substr(10, 6)};
  const Answered cut = chat(request);
  EXPECT_EQ(cut.statistics->stop_reason, StopReason::stop_text);
  EXPECT_EQ(cut.text, whole.substr(0, whole.find(request.stop_texts[0])));
}

TEST_F(EngineTest, a_full_context_is_said_not_hidden) {
  std::promise<void> over;
  engine_.load({.path = "", .device = "cpu", .activations = "", .context_length = 40},
               {.progress = {}, .done = [&](ModelInfo) { over.set_value(); }, .failed = [&](Failure) { over.set_value(); }});
  over.get_future().wait();
  const Answered running = chat(question("Tell me a story about a cat."));
  ASSERT_TRUE(running.statistics);
  EXPECT_EQ(running.statistics->stop_reason, StopReason::context_full);
  EXPECT_EQ(running.statistics->prompt_tokens + running.statistics->generated_tokens, 41u) << "the last token is never fed";
  ChatRequest too_long = question(std::string(400, 'a'));
  EXPECT_EQ(chat(too_long).statistics->stop_reason, StopReason::context_full);
}

TEST_F(EngineTest, failures_are_values_and_what_is_loaded_stays) {
  const Answered nothing = chat(question("Hello!"));
  ASSERT_TRUE(nothing.failure);
  EXPECT_EQ(nothing.failure->code, Errc::invalid_argument);
  ASSERT_TRUE(load("").info);
  const Loaded missing = load("/no/such/model");
  ASSERT_TRUE(missing.failure);
  EXPECT_EQ(missing.failure->code, Errc::not_found);
  EXPECT_NE(missing.failure->message.find("/no/such/model"), std::string::npos);
  EXPECT_TRUE(chat(question("Hello!")).statistics);
}

TEST_F(EngineTest, tokens_are_counted_from_any_thread_while_a_model_is_loaded) {
  EXPECT_FALSE(engine_.count_tokens("Hello!"));
  ASSERT_TRUE(load("").info);
  const auto here = engine_.count_tokens("Tell me a story about a cat.");
  ASSERT_TRUE(here);
  EXPECT_GT(*here, 4u);
  EXPECT_LT(*here, 29u);
  EXPECT_EQ(std::async(std::launch::async, [&] { return engine_.count_tokens("Tell me a story about a cat."); }).get(), here);
  EXPECT_EQ(engine_.count_tokens(""), 0u);
  unload(0);
  EXPECT_FALSE(engine_.count_tokens("Hello!"));
}

TEST_F(EngineTest, memory_is_the_exact_sum_of_its_uses) {
  ASSERT_TRUE(load("").info);
  chat(question("Hello!"));
  const MemoryStatus memory = engine_.memory();
  std::uint64_t sum = 0;
  for (const MemoryPoolStatus& pool : memory.pools) {
    for (const MemoryUse& use : pool.uses) sum += use.bytes;
  }
  EXPECT_EQ(sum, memory.live_bytes());
  EXPECT_GT(sum, 0u);
  EXPECT_GT(memory.limit_bytes, sum);
  ASSERT_EQ(memory.models.size(), 1u);
  EXPECT_EQ(memory.models[0].name, "Etna Starter");
  EXPECT_EQ(memory.models[0].bytes, sum - bytes_of_engine(memory));
  EXPECT_FALSE(memory.models[0].busy);
  EXPECT_GT(memory.last_event, 0u);
  EXPECT_EQ(engine_.memory_events(0).at(0).kind, MemoryEvent::Kind::loaded);
}

TEST_F(EngineTest, of_two_queued_loads_that_fit_one_at_a_time_one_is_refused) {
  const Loaded alone = load("");
  ASSERT_TRUE(alone.info);
  const std::uint64_t one = engine_.memory().live_bytes();
  unload(0);
  MemoryPolicy policy = engine_.memory_policy();
  policy.limit_bytes = one * 17 / 10;
  engine_.set_memory_policy(policy);
  for (int i = 0; i < 5; ++i) {
    std::promise<Loaded> first, second;
    for (std::promise<Loaded>* result : {&first, &second}) {
      engine_.load({.path = "", .device = "cpu", .activations = "", .context_length = 0},
                   {.progress = {},
                    .done = [result](ModelInfo info) { result->set_value({.info = std::move(info), .failure = {}}); },
                    .failed = [result](Failure failure) { result->set_value({.info = {}, .failure = std::move(failure)}); }});
    }
    EXPECT_TRUE(first.get_future().get().info);
    const Loaded refused = second.get_future().get();
    ASSERT_TRUE(refused.failure);
    EXPECT_EQ(refused.failure->code, Errc::out_of_memory);
    EXPECT_NE(refused.failure->message.find("Unloading Etna Starter would free"), std::string::npos) << refused.failure->message;
    EXPECT_LE(engine_.memory().live_bytes(), policy.limit_bytes);
    unload(0);
  }
}

TEST_F(EngineTest, models_that_idle_are_unloaded_by_a_timer_of_the_worker) {
  LoadRequest request{.path = "", .device = "cpu", .activations = "", .context_length = 0};
  request.idle_unload_seconds = 0.05;
  std::promise<void> over;
  engine_.load(std::move(request), {.progress = {}, .done = [&](ModelInfo) { over.set_value(); }, .failed = [&](Failure) { over.set_value(); }});
  over.get_future().wait();
  while (!engine_.memory().models.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(engine_.memory_events(0).back().sentence.starts_with("Unloaded Etna Starter (")) << engine_.memory_events(0).back().sentence;
}

TEST_F(EngineTest, closing_while_it_answers_is_quick_and_quiet) {
  ASSERT_TRUE(load("").info);
  engine_.chat(question("Tell me a long story."), {});
  engine_.chat(question("Tell me another."), {});
}

TEST(Devices, the_processor_is_always_there_and_ids_are_unique) {
  const std::vector<DeviceInfo> devices = Engine::devices();
  int processors = 0;
  std::vector<std::string> ids;
  for (const DeviceInfo& device : devices) {
    processors += device.id == "cpu";
    EXPECT_FALSE(device.name.empty());
    EXPECT_EQ(std::ranges::count(ids, device.id), 0);
    ids.push_back(device.id);
  }
  EXPECT_EQ(processors, 1);
}

}  // namespace
}  // namespace etna
