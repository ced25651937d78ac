#include "engine/memory/pressure.h"

#include <gtest/gtest.h>

namespace etna {
namespace {

using namespace std::chrono_literals;
using Level = PressureLevel;

constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;

TEST(Pressure, the_kernels_text_is_read) {
  const auto sample = parse_pressure(
      "some avg10=12.34 avg60=3.00 avg300=0.50 total=123456\nfull avg10=5.60 avg60=1.00 avg300=0.10 total=23456\n");
  ASSERT_TRUE(sample);
  EXPECT_TRUE(sample->known);
  EXPECT_DOUBLE_EQ(sample->some_avg10, 12.34);
  EXPECT_DOUBLE_EQ(sample->full_avg10, 5.6);
}

TEST(Pressure, text_of_another_form_is_no_pressure) {
  for (const char* text : {"", "some", "some avg10=", "some avg10=x\n", "some avg10=-1\n", "some avg10=101\n", "some avg10=nan\n", "full avg10=3.0\n"}) {
    EXPECT_FALSE(parse_pressure(text)) << text;
  }
}

TEST(Pressure, this_computer_says_how_much_is_available) { EXPECT_GT(read_pressure().available_bytes, 0u); }

TEST(Pressure, words_follow_the_time_that_programs_waited) {
  struct Case {
    double some, full;
    Level level;
  };
  for (const Case& each : {Case{0, 0, Level::calm}, Case{4.9, 0, Level::calm}, Case{5, 0, Level::busy}, Case{19.9, 9.9, Level::busy},
                           Case{20, 0, Level::tight}, Case{39.9, 0, Level::tight}, Case{40, 0, Level::critical}, Case{12, 10, Level::critical}}) {
    const PressureSample sample{.known = true, .some_avg10 = each.some, .full_avg10 = each.full, .available_bytes = 8 * gibibyte};
    EXPECT_EQ(level_of(sample, gibibyte), each.level) << each.some << " " << each.full;
  }
}

TEST(Pressure, less_than_the_reserve_is_tight) {
  const PressureSample sample{.known = true, .available_bytes = gibibyte - 1};
  EXPECT_EQ(level_of(sample, gibibyte), Level::tight);
  EXPECT_EQ(level_of(sample, gibibyte - 1), Level::calm);
}

TEST(Pressure, without_stall_information_available_memory_decides) {
  const auto level = [](std::uint64_t available) { return level_of({.known = false, .available_bytes = available}, gibibyte); };
  EXPECT_EQ(level(3 * gibibyte), Level::calm);
  EXPECT_EQ(level(2 * gibibyte - 2), Level::busy);
  EXPECT_EQ(level(gibibyte - 1), Level::tight);
  EXPECT_EQ(level(gibibyte / 4 - 1), Level::critical);
}

class PressureGaugeTest : public testing::Test {
protected:
  Level at(std::chrono::milliseconds time, Level sampled) { return gauge_.update(sampled, PressureGauge::Clock::time_point(time)); }
  PressureGauge gauge_;
};

TEST_F(PressureGaugeTest, a_word_rises_after_three_seconds_and_falls_after_ten) {
  EXPECT_EQ(at(0s, Level::critical), Level::calm);
  EXPECT_EQ(at(2900ms, Level::critical), Level::calm);
  EXPECT_EQ(at(3s, Level::critical), Level::critical);
  EXPECT_EQ(at(4s, Level::calm), Level::critical);
  EXPECT_EQ(at(13900ms, Level::calm), Level::critical);
  EXPECT_EQ(at(14s, Level::calm), Level::calm);
}

TEST_F(PressureGaugeTest, what_flickers_changes_nothing) {
  for (int second = 0; second < 60; second += 2) EXPECT_EQ(at(std::chrono::seconds(second), second % 4 == 0 ? Level::critical : Level::calm), Level::calm);
  at(60s, Level::tight);
  EXPECT_EQ(at(63s, Level::tight), Level::tight);
  for (int second = 64; second < 120; second += 2) EXPECT_EQ(at(std::chrono::seconds(second), second % 4 == 0 ? Level::calm : Level::tight), Level::tight);
}

TEST_F(PressureGaugeTest, it_rises_to_what_held_all_the_time) {
  at(0s, Level::critical);
  at(1s, Level::busy);
  EXPECT_EQ(at(3s, Level::tight), Level::busy) << "all samples were at least busy, the last alone tight";
  EXPECT_EQ(at(6s, Level::critical), Level::tight);
  EXPECT_EQ(at(9s, Level::critical), Level::critical);
}

TEST_F(PressureGaugeTest, it_falls_step_by_step) {
  at(0s, Level::critical);
  at(3s, Level::critical);
  at(4s, Level::busy);
  EXPECT_EQ(at(14s, Level::busy), Level::busy);
  EXPECT_EQ(at(100s, Level::busy), Level::busy);
}

TEST(PressureMonitor, looks_only_when_asked_and_not_too_often) {
  PressureMonitor::Clock::time_point now{};
  int samples = 0;
  PressureSample sample{.known = true, .some_avg10 = 50, .available_bytes = gibibyte};
  PressureMonitor monitor([&] { return ++samples, sample; }, [&] { return now; });
  EXPECT_EQ(monitor.read().sampled, Level::critical);
  monitor.read();
  EXPECT_EQ(samples, 1);
  now += 4s;
  EXPECT_EQ(monitor.read().level, Level::critical);
  EXPECT_EQ(samples, 2);
  sample.some_avg10 = 0;
  now += 1s;
  monitor.set_reserve(2 * gibibyte);
  EXPECT_EQ(monitor.read().sampled, Level::tight) << "less than the reserve is available";
}

}  // namespace
}  // namespace etna
