#include "engine/session/memory_guard.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace etna {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

/// A guard over a fake computer: what it does is written down in order.
class MemoryGuardTest : public testing::Test {
protected:
  /// Lets time pass, with a look each two seconds, as the engine does.
  void pass(std::chrono::seconds time) {
    for (const auto end = now_ + time; now_ < end;) {
      now_ += 2s;
      guard_.look();
    }
  }

  std::string failure(MemoryGuard::Patience patience = MemoryGuard::Patience::as_long_as_possible) {
    try {
      guard_.check("The reply was stopped", patience);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::out_of_memory);
      return error.what();
    }
    return {};
  }

  MemoryGuard::Clock::time_point now_{};
  PressureSample sample_{.known = true, .available_bytes = 5000 * mebibyte};
  std::uint64_t kept_ = 0;   // bytes that dropping caches gives back
  int idle_models_ = 0;
  int spared_models_ = 0;    // idle, but used lately
  int samples_ = 0;
  std::vector<std::string> done_;
  PressureMonitor monitor_{[this] { return ++samples_, sample_; }, [this] { return now_; }};
  EventLog events_{[this] { return now_; }};
  MemoryGuard guard_{monitor_, events_,
                     {.drop_caches =
                          [this] {
                            if (kept_ > 0) done_.push_back("caches");
                            return std::exchange(kept_, 0);
                          },
                      .unload_idle =
                          [this](double least_idle_seconds, const std::string& why) {
                            int& models = idle_models_ > 0 ? idle_models_ : spared_models_;
                            if (models == 0 || (idle_models_ == 0 && least_idle_seconds > 0)) return false;
                            --models;
                            done_.push_back("model: " + why);
                            return true;
                          }},
                     [this] { return now_; }};
};

TEST_F(MemoryGuardTest, nothing_happens_while_memory_is_calm_or_busy) {
  kept_ = 10 * mebibyte, idle_models_ = 1;
  pass(60s);
  sample_.some_avg10 = 19;
  pass(60s);
  EXPECT_TRUE(done_.empty());
}

TEST_F(MemoryGuardTest, caches_go_first_then_idle_models_one_at_a_time_then_replies_end) {
  kept_ = 10 * mebibyte, idle_models_ = 2;
  sample_.some_avg10 = 55;
  pass(4s);
  ASSERT_EQ(done_.size(), 0u) << "a word needs three seconds to rise";
  pass(2s);
  ASSERT_EQ(done_.size(), 1u);
  EXPECT_EQ(done_[0], "caches");
  pass(2s);
  ASSERT_EQ(done_.size(), 2u);
  EXPECT_NE(done_[1].find("critical for 2 seconds (programs waited for memory in 55 % of the last 10 seconds"), std::string::npos) << done_[1];
  pass(2s);
  ASSERT_EQ(done_.size(), 3u);
  EXPECT_EQ(failure(), "");
  pass(2s);
  EXPECT_EQ(failure(), "") << "nothing is left to give since now";
  pass(10s);
  EXPECT_EQ(failure(), "");
  pass(2s);
  const std::string sentence = failure();
  EXPECT_TRUE(sentence.starts_with("The reply was stopped: memory pressure was critical for ")) << sentence;
  ASSERT_EQ(events_.after(0).size(), 1u);
  EXPECT_EQ(events_.after(0)[0].kind, MemoryEvent::Kind::cache_dropped);
}

TEST_F(MemoryGuardTest, what_helped_is_enough) {
  kept_ = 10 * mebibyte, idle_models_ = 2;
  sample_.some_avg10 = 55;
  pass(6s);
  ASSERT_EQ(done_.size(), 1u);
  sample_.some_avg10 = 3;
  pass(2s);
  EXPECT_EQ(guard_.look().level, PressureLevel::critical) << "the word falls late";
  pass(120s);
  EXPECT_EQ(done_.size(), 1u);
  EXPECT_EQ(idle_models_, 2);
}

TEST_F(MemoryGuardTest, tight_memory_takes_its_steps_slowly_and_spares_models_in_use) {
  kept_ = 10 * mebibyte, idle_models_ = 1, spared_models_ = 1;
  sample_.available_bytes = 100 * mebibyte;
  monitor_.set_reserve(1024 * mebibyte);
  pass(6s);
  ASSERT_EQ(done_.size(), 1u);
  pass(8s);
  ASSERT_EQ(done_.size(), 1u) << "each step has ten seconds to help";
  pass(2s);
  ASSERT_EQ(done_.size(), 2u);
  pass(120s);
  EXPECT_EQ(done_.size(), 2u) << "a model that was used lately stays";
  EXPECT_EQ(failure(), "") << "replies go on";
  sample_.some_avg10 = 80;
  pass(10s);
  EXPECT_EQ(spared_models_, 0);
}

TEST_F(MemoryGuardTest, another_shortage_begins_with_the_caches_again) {
  kept_ = 10 * mebibyte;
  sample_.some_avg10 = 30;
  pass(6s);
  sample_.some_avg10 = 0;
  pass(60s);
  kept_ = 20 * mebibyte;
  sample_.some_avg10 = 30;
  pass(6s);
  EXPECT_EQ(done_, (std::vector<std::string>{"caches", "caches"}));
}

TEST_F(MemoryGuardTest, nothing_new_starts_while_memory_is_critical) {
  guard_.check_start("Qwen3-8B");
  sample_.full_avg10 = 12;
  now_ += 3s;
  try {
    guard_.check_start("Qwen3-8B");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::out_of_memory);
    EXPECT_TRUE(std::string(error.what()).starts_with("Qwen3-8B is not loaded: ")) << error.what();
    EXPECT_NE(std::string(error.what()).find("4.88 GiB are available"), std::string::npos) << error.what();
  }
  sample_.full_avg10 = 0;
  now_ += 3s;
  guard_.check_start("Qwen3-8B");
}

TEST_F(MemoryGuardTest, a_load_beyond_limits_ends_as_soon_as_memory_is_critical) {
  sample_.some_avg10 = 70;
  idle_models_ = 5;
  pass(6s);
  EXPECT_EQ(failure(), "");
  EXPECT_NE(failure(MemoryGuard::Patience::none), "");
}

TEST_F(MemoryGuardTest, looking_often_costs_no_samples) {
  for (int i = 0; i < 1000; ++i) {
    now_ += 1ms;
    guard_.check("The reply was stopped");
  }
  EXPECT_EQ(samples_, 1);
}

}  // namespace
}  // namespace etna
