#include "engine/model_service.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/error.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/session/answers.h"
#include "tests/engine/session/scripted_model.h"
#include "tests/support/losable_backend.h"

namespace etna {
namespace {

using namespace std::chrono_literals;
using test::question;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
const test::Script words = {"one ", "two ", "three ", "four ", "five ", "six "};

/// The engine without its thread, on the processor, with a fake clock and a fake computer around it.
class ModelServiceTest : public testing::Test {
protected:
  void SetUp() override {
    for (const char* name : {"a", "b", "c", "d"}) test::write_scripted_model(folder_ / name, "[assistant]", words, test::thinking_template);
  }

  /// Its cache decides how much a model takes: 512 bytes a token.
  LoadRequest request(const std::string& name, std::uint64_t context = 16384) {
    LoadRequest result;
    result.path = (folder_ / name).string();
    result.device = "cpu";
    result.activations = "f32";
    result.context_length = context;
    return result;
  }

  ModelId load(const LoadRequest& request) {
    const ModelId id = service_.load(request, {}, {}).id;
    now_ += 100s;
    return id;
  }

  std::string failure(const LoadRequest& request) {
    try {
      service_.load(request, on_progress_, {});
    } catch (const Error& error) {
      return std::string(name(error.code())) + ": " + error.what();
    }
    return "loaded";
  }

  std::vector<std::string> loaded() const {
    std::vector<std::string> names;
    for (const LoadedModelStatus& model : service_.memory().models) names.push_back(model.name);
    return names;
  }

  std::uint64_t bytes(ModelId model) const {
    for (const LoadedModelStatus& status : service_.memory().models) {
      if (status.id == model) return status.bytes;
    }
    return 0;
  }

  void set_limit(std::uint64_t bytes) {
    MemoryPolicy policy = service_.memory_policy();
    policy.limit_bytes = bytes;
    policy.reuse_cache_bytes = 0;
    service_.set_memory_policy(policy);
  }

  std::string chat(ModelId model, ChatRequest request = question("a")) {
    request.model = model;
    std::string text;
    service_.chat(request, {.text = [&](const std::string& piece) { text += piece; }}, {});
    return text;
  }

  std::vector<MemoryEvent::Kind> event_kinds() const {
    std::vector<MemoryEvent::Kind> kinds;
    for (const MemoryEvent& event : service_.memory_events(0)) kinds.push_back(event.kind);
    return kinds;
  }

  std::string last_event() const { return service_.memory_events(0).back().sentence; }

  test::TemporaryFolder folder_;
  ModelService::Clock::time_point now_{1000s};
  PressureSample sample_{.known = true, .available_bytes = std::uint64_t{1} << 40};
  std::function<void(LoadProgress)> on_progress_;
  int opened_ = 0;
  std::shared_ptr<bool> lost_;  // the latest device "fake:0", which the processor plays
  ModelService service_{{.open = [this](const std::string& id, const std::shared_ptr<MemoryLedger>& ledger) -> std::shared_ptr<Backend> {
                           ++opened_;
                           if (id == "cpu") return open_device(id, ledger);
                           lost_ = std::make_shared<bool>(false);
                           return std::make_shared<test::LosableBackend>(open_device("cpu", ledger), lost_);
                         },
                         .pressure = [this] { return sample_; },
                         .now = [this] { return now_; }}};
};

using Kind = MemoryEvent::Kind;

TEST_F(ModelServiceTest, several_models_answer_by_their_number) {
  const ModelId a = load(request("a")), b = load(request("b"));
  EXPECT_NE(a, b);
  EXPECT_EQ(loaded(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(opened_, 1) << "a device is opened once";
  EXPECT_EQ(chat(a), "one two three four five six ");
  EXPECT_EQ(service_.count_tokens("one two ", b), 2u);
  EXPECT_EQ(service_.count_tokens("one two ", 0), 2u);
  EXPECT_FALSE(service_.count_tokens("one", 99));
  service_.unload(a);
  EXPECT_EQ(loaded(), (std::vector<std::string>{"b"}));
  EXPECT_EQ(chat(0), "one two three four five six ") << "0 is the one used last, of those that are there";
  try {
    chat(a);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_argument);
    EXPECT_TRUE(std::string(error.what()).starts_with("a is not loaded any more")) << error.what();
  }
}

TEST_F(ModelServiceTest, unloading_gives_everything_back) {
  const std::uint64_t before = service_.memory().live_bytes();
  const ModelId a = load(request("a"));
  load(request("b"));
  chat(a);
  EXPECT_GT(bytes(a), 8 * mebibyte);
  EXPECT_GE(service_.memory().live_bytes(), before + 16 * mebibyte);
  service_.unload(0);
  service_.unload(77);
  EXPECT_TRUE(loaded().empty());
  service_.drop_caches();  // kept prompts outlive their models
  EXPECT_EQ(service_.memory().live_bytes(), before);
  EXPECT_EQ(service_.memory().pools.at(0).cached_bytes, 0u);
  EXPECT_EQ(event_kinds(), (std::vector<Kind>{Kind::loaded, Kind::loaded, Kind::unloaded, Kind::unloaded}));
  EXPECT_TRUE(last_event().starts_with("Unloaded b (9.")) << last_event();
}

TEST_F(ModelServiceTest, a_load_that_fails_leaves_the_others) {
  const ModelId a = load(request("a"));
  LoadRequest missing = request("nothing");
  missing.replaces = a;
  EXPECT_TRUE(failure(missing).starts_with("not_found")) << failure(missing);
  LoadRequest broken = request("b");
  broken.activations = "f8";
  EXPECT_TRUE(failure(broken).starts_with("invalid_argument"));
  EXPECT_EQ(loaded(), (std::vector<std::string>{"a"}));
  EXPECT_EQ(chat(a), "one two three four five six ");
}

TEST_F(ModelServiceTest, a_load_that_does_not_fit_is_refused_with_numbers_and_what_would_help) {
  const ModelId a = load(request("a"));
  set_limit(service_.memory().live_bytes() + bytes(a) / 2);
  const std::string refused = failure(request("b"));
  EXPECT_TRUE(refused.starts_with("out_of_memory: b needs ")) << refused;
  EXPECT_NE(refused.find(" may be used. Unloading a would free 9."), std::string::npos) << refused;
  EXPECT_EQ(loaded(), (std::vector<std::string>{"a"}));
  EXPECT_EQ(event_kinds().back(), Kind::refused);
  service_.unload(a);
  EXPECT_EQ(failure(request("b")), "loaded");
}

TEST_F(ModelServiceTest, room_is_made_by_idle_models_longest_unused_first_and_no_more_than_needed) {
  const ModelId a = load(request("a")), b = load(request("b")), c = load(request("c"));
  chat(a);  // now b is the one that is unused longest
  now_ += 100s;
  set_limit(service_.memory().live_bytes() + 3 * mebibyte);
  LoadRequest more = request("d");
  more.admission = Admission::make_room;
  ASSERT_EQ(failure(more), "loaded");
  EXPECT_EQ(loaded(), (std::vector<std::string>{"a", "c", "d"}));
  EXPECT_EQ(bytes(b), 0u);
  EXPECT_GT(bytes(c), 0u);
  const std::vector<MemoryEvent> events = service_.memory_events(3);
  EXPECT_EQ(events.at(0).kind, Kind::evicted);
  EXPECT_TRUE(events[0].sentence.ends_with("to make room for d")) << events[0].sentence;
  EXPECT_EQ(events.at(1).kind, Kind::loaded);
}

TEST_F(ModelServiceTest, nothing_is_unloaded_when_that_would_not_be_enough) {
  const ModelId a = load(request("a"));
  const ModelId b = load(request("b"));
  load(request("c"));
  set_limit(service_.memory().live_bytes() + 3 * mebibyte);
  LoadRequest more = request("d", 3 * 16384);
  more.admission = Admission::make_room;
  service_.set_idle_policy(a, IdlePolicy::keep);
  EXPECT_TRUE(failure(more).starts_with("out_of_memory: d needs 2")) << "pinned models stay";
  EXPECT_EQ(loaded().size(), 3u);
  service_.set_idle_policy(a, IdlePolicy::after_idle_time);
  {
    const auto busy = service_.keep_busy(b);
    EXPECT_TRUE(failure(more).starts_with("out_of_memory: d needs 2")) << "busy models stay";
  }
  EXPECT_EQ(loaded().size(), 3u);
  EXPECT_EQ(failure(more), "loaded");
  EXPECT_EQ(loaded(), (std::vector<std::string>{"d"}));
}

TEST_F(ModelServiceTest, what_is_replaced_counts_as_free_and_stays_when_the_load_is_refused) {
  const ModelId a = load(request("a"));
  set_limit(service_.memory().live_bytes() + 3 * mebibyte);
  LoadRequest larger = request("b", 3 * 16384);
  larger.replaces = a;
  EXPECT_TRUE(failure(larger).starts_with("out_of_memory"));
  EXPECT_EQ(loaded(), (std::vector<std::string>{"a"}));
  LoadRequest same = request("b");
  same.replaces = a;
  EXPECT_EQ(failure(same), "loaded");
  EXPECT_EQ(loaded(), (std::vector<std::string>{"b"}));
}

TEST_F(ModelServiceTest, a_load_that_was_cancelled_while_it_waited_touches_nothing) {
  LoadRequest next = request("b");
  next.replaces = load(request("a"));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(service_.load(next, {}, stop.get_token()), Error);
  EXPECT_EQ(loaded(), (std::vector<std::string>{"a"}));
}

TEST_F(ModelServiceTest, estimates_count_what_unloading_frees) {
  const ModelId a = load(request("a"));
  const LoadEstimate before = service_.estimate(request("b"));
  EXPECT_EQ(before.device, "cpu");
  EXPECT_EQ(before.missing_bytes, 0u);
  set_limit(service_.memory().live_bytes() + 3 * mebibyte);
  LoadRequest more = request("b");
  const LoadEstimate beside = service_.estimate(more);
  EXPECT_EQ(beside.fit, Fit::too_big);
  EXPECT_GT(beside.missing_bytes, 0u);
  ASSERT_EQ(beside.unloading.size(), 1u);
  EXPECT_EQ(beside.unloading[0].model, a);
  EXPECT_EQ(beside.unloading[0].name, "a");
  EXPECT_EQ(beside.unloading[0].frees_bytes, bytes(a));
  EXPECT_NE(beside.unloading[0].fit_after, Fit::too_big);
  more.replaces = a;
  const LoadEstimate instead = service_.estimate(more);
  EXPECT_NE(instead.fit, Fit::too_big);
  EXPECT_TRUE(instead.unloading.empty()) << "it goes anyway";
  EXPECT_EQ(instead.usable_bytes, beside.usable_bytes + bytes(a));
}

TEST_F(ModelServiceTest, a_forced_load_goes_beyond_limits_but_not_into_critical_memory) {
  load(request("a"));
  set_limit(service_.memory().live_bytes() + 3 * mebibyte);
  LoadRequest anyway = request("b");
  anyway.admission = Admission::force;
  EXPECT_EQ(failure(anyway), "loaded");
  sample_.some_avg10 = 60;
  now_ += 5s;
  EXPECT_NE(failure(anyway).find("is not loaded: memory pressure"), std::string::npos);
  EXPECT_EQ(event_kinds().back(), Kind::refused);
  sample_.some_avg10 = 0;
  now_ += 60s;
  on_progress_ = [&](LoadProgress) { sample_.some_avg10 = 60, now_ += 5s; };
  LoadRequest starter = request("");
  starter.path = "";
  starter.admission = Admission::force;
  const std::size_t models = loaded().size();
  const std::string stopped = failure(starter);
  EXPECT_NE(stopped.find("Loading was stopped: memory pressure is critical"), std::string::npos) << stopped;
  EXPECT_LE(loaded().size(), models);
  EXPECT_EQ(event_kinds().back(), Kind::out_of_memory);
}

TEST_F(ModelServiceTest, models_that_nobody_uses_are_unloaded_when_their_time_has_come) {
  EXPECT_FALSE(service_.tick()) << "no timer without a model";
  const ModelId a = load(request("a"));
  LoadRequest short_lived = request("b");
  short_lived.idle_unload_seconds = 400;
  load(short_lived);
  ASSERT_TRUE(service_.tick());
  EXPECT_LE(*service_.tick(), 2001ms);
  now_ += 299s;
  service_.tick();
  EXPECT_EQ(loaded(), (std::vector<std::string>{"a", "b"}));
  EXPECT_LE(*service_.tick(), 1001ms);
  now_ += 1s;
  service_.tick();
  EXPECT_EQ(loaded(), (std::vector<std::string>{"a"})) << "by itself a model stays";
  EXPECT_TRUE(last_event().ends_with("after 7 minutes without use")) << last_event();
  MemoryPolicy policy;
  policy.idle_unload_seconds = 60;
  service_.set_idle_policy(a, IdlePolicy::keep);
  service_.set_memory_policy(policy);
  service_.tick();
  EXPECT_EQ(loaded().size(), 1u) << "pinned";
  service_.set_idle_policy(a, IdlePolicy::after_idle_time);
  {
    const auto busy = service_.keep_busy(a);
    service_.tick();
    EXPECT_EQ(loaded().size(), 1u);
  }
  service_.tick();
  EXPECT_EQ(loaded().size(), 1u) << "it was busy until now";
  now_ += 60s;
  EXPECT_FALSE(service_.tick());
  EXPECT_TRUE(loaded().empty());
}

TEST_F(ModelServiceTest, under_pressure_saved_prompts_go_then_idle_models_then_loads_are_refused) {
  std::vector<std::size_t> models_left;
  std::uint64_t prompts = 100 * mebibyte;
  service_.set_other_cache([&] {
    if (prompts > 0) models_left.push_back(loaded().size());
    return std::exchange(prompts, 0);
  });
  const ModelId a = load(request("a"));
  load(request("b"));
  service_.set_idle_policy(load(request("c")), IdlePolicy::keep);
  chat(a);
  sample_.some_avg10 = 90;
  for (int i = 0; i < 3; ++i) now_ += 2s, service_.tick();
  EXPECT_EQ(models_left, (std::vector<std::size_t>{3}));
  now_ += 2s, service_.tick();
  EXPECT_EQ(loaded(), (std::vector<std::string>{"a", "c"})) << "b was unused longest";
  now_ += 2s, service_.tick();
  EXPECT_EQ(loaded(), (std::vector<std::string>{"c"})) << "pinned models stay";
  EXPECT_TRUE(failure(request("d")).starts_with("out_of_memory: d is not loaded: memory pressure was critical"));
  const std::vector<MemoryEvent> events = service_.memory_events(3);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].kind, Kind::cache_dropped);
  EXPECT_EQ(events[1].kind, Kind::evicted);
  EXPECT_NE(events[1].sentence.find("to keep the system responsive: memory pressure was critical for"), std::string::npos) << events[1].sentence;
  EXPECT_EQ(events[3].kind, Kind::refused);
}

TEST_F(ModelServiceTest, kept_prompts_go_under_pressure_and_no_new_ones_come_until_it_ends) {
  const ModelId a = load(request("a"));
  service_.set_idle_policy(a, IdlePolicy::keep);
  chat(a);
  EXPECT_GT(service_.prompts().memory_bytes(), 0u);
  sample_.some_avg10 = 90;
  for (int i = 0; i < 3; ++i) now_ += 2s, service_.tick();
  EXPECT_EQ(service_.prompts().memory_bytes(), 0u);
  const auto kept = [&] {
    std::uint64_t bytes = 0;
    for (const MemoryPoolStatus& pool : service_.memory().pools) {  // it throws where uses and totals disagree
      for (const MemoryUse& use : pool.uses) bytes += use.tag == "prompt_cache" ? use.bytes : 0;
    }
    return bytes;
  };
  EXPECT_EQ(kept(), 0u);
  chat(a, question("b"));
  EXPECT_EQ(kept(), 0u) << "memory is still short";
  sample_.some_avg10 = 0;
  for (int i = 0; i < 10; ++i) now_ += 2s, service_.tick();
  chat(a, question("c"));
  EXPECT_GT(kept(), 0u);
}

TEST_F(ModelServiceTest, kept_prompts_make_room_for_a_load) {
  const ModelId a = load(request("a"));
  chat(a);
  const std::uint64_t kept = service_.prompts().memory_bytes();
  EXPECT_GT(kept, 0u);
  const std::uint64_t needed = service_.estimate(request("b")).total();
  set_limit(bytes(a) + needed + kept / 2);
  EXPECT_EQ(failure(request("b")), "loaded");
  EXPECT_EQ(service_.prompts().memory_bytes(), 0u);
}

TEST_F(ModelServiceTest, a_reply_ends_when_memory_stays_critical_and_its_text_is_kept) {
  const ModelId a = load(request("a"));
  load(request("b"));
  ChatRequest endless = question("a");
  endless.model = a;
  endless.sampling.logit_bias = {{0, -1000}};
  std::string text;
  std::string sentence;
  try {
    service_.chat(endless, {.text = [&](const std::string& piece) { text += piece, sample_.some_avg10 = 90, now_ += 2s; }}, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::out_of_memory);
    sentence = error.what();
  }
  EXPECT_TRUE(sentence.starts_with("The reply was stopped: memory pressure was critical for")) << sentence;
  EXPECT_TRUE(text.starts_with("one two three four five six")) << text;
  EXPECT_EQ(event_kinds().back(), Kind::out_of_memory);
  EXPECT_EQ(loaded(), (std::vector<std::string>{"a"})) << "b went first";
  sample_.some_avg10 = 0;
  now_ += 60s;
  EXPECT_EQ(chat(a), "one two three four five six ");
}

TEST_F(ModelServiceTest, every_status_adds_up_while_a_model_loads_and_answers) {
  const auto check = [&] {
    for (const MemoryPoolStatus& pool : service_.memory().pools) {
      std::uint64_t sum = 0;
      for (const MemoryUse& use : pool.uses) sum += use.bytes;
      ASSERT_EQ(sum, pool.live_bytes);
      ASSERT_LE(pool.free_bytes, pool.total_bytes);
    }
  };
  check();
  EXPECT_EQ(service_.memory().pools.at(0).id, system_pool_id) << "known before anything is loaded";
  on_progress_ = [&](LoadProgress) { check(); };
  ASSERT_EQ(failure(request("a")), "loaded");
  ChatRequest answer = question("one two three [user]");
  service_.chat(answer, {.prompt_progress = [&](std::uint64_t, std::uint64_t) { check(); }, .text = [&](const std::string&) { check(); }}, {});
  check();
  const MemoryStatus status = service_.memory();
  for (const std::size_t phase : {0, 1, 2}) EXPECT_GT(status.peaks.at(phase).bytes, 0u) << status.peaks.at(phase).phase;
  EXPECT_EQ(status.seconds, seconds_of(now_));
}

TEST_F(ModelServiceTest, policies_become_limits_at_once) {
  const std::uint64_t capacity = service_.memory().pools.at(0).total_bytes;
  MemoryPolicy policy;
  policy.guardrail = Guardrail::off;
  service_.set_memory_policy(policy);
  const std::uint64_t off = service_.memory().limit_bytes;
  policy.guardrail = Guardrail::careful;
  service_.set_memory_policy(policy);
  const std::uint64_t careful = service_.memory().limit_bytes;
  EXPECT_LT(careful, off);
  EXPECT_LE(careful, capacity - capacity / 5);
  policy.limit_bytes = 64 * mebibyte;
  service_.set_memory_policy(policy);
  EXPECT_EQ(service_.memory().limit_bytes, 64 * mebibyte);
  EXPECT_GT(service_.memory().recommended_limit_bytes, 64 * mebibyte);
  policy.idle_unload_seconds = -1;
  EXPECT_THROW(service_.set_memory_policy(policy), Error);
  EXPECT_EQ(service_.memory_policy().idle_unload_seconds, 0);
}

TEST_F(ModelServiceTest, a_lost_device_is_opened_anew_and_its_models_are_loaded_again_once) {
  LoadRequest on_device = request("a");
  on_device.device = "fake:0";
  const ModelId a = load(on_device);
  on_device.path = request("b").path;
  const ModelId b = load(on_device);
  const ModelId c = load(request("c"));
  service_.set_idle_policy(b, IdlePolicy::keep);
  EXPECT_EQ(opened_, 2);
  const auto lose = [&] {
    *lost_ = true;
    try {
      chat(a);
      ADD_FAILURE() << "answered on a lost device";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::device_lost);
    }
    return service_.recover_device();
  };
  const std::string said = lose();
  EXPECT_NE(said.find("started again and its models are loaded"), std::string::npos) << said;
  EXPECT_EQ(opened_, 3);
  EXPECT_EQ(loaded(), (std::vector<std::string>{"c", "a", "b"})) << "each keeps its number, others their place";
  EXPECT_EQ(chat(a), "one two three four five six ");
  EXPECT_EQ(chat(b), "one two three four five six ");
  EXPECT_TRUE(service_.memory().models.at(2).pinned);
  now_ += 60s;
  const std::string again = lose();
  EXPECT_NE(again.find("The processor can be used instead"), std::string::npos) << again;
  EXPECT_EQ(loaded(), (std::vector<std::string>{"c"})) << "what fails twice in ten minutes is left alone";
  EXPECT_EQ(chat(c), "one two three four five six ");
  EXPECT_EQ(event_kinds().back(), Kind::device_lost);
  EXPECT_NE(load(on_device), 0u) << "but the user may try it";
}

TEST_F(ModelServiceTest, requests_of_a_batch_are_for_one_model) {
  const ModelId a = load(request("a")), b = load(request("b"));
  std::vector<ChatRequest> requests{question("a"), question("a")};
  requests[0].model = a;
  requests[1].model = b;
  EXPECT_THROW(service_.chat_batch(requests, 2, [](std::size_t) { return ChatSink{}; }, [](std::size_t, const RunStatistics&) {}, {}), Error);
}

}  // namespace
}  // namespace etna
