#include "engine/session/event_log.h"

#include <gtest/gtest.h>

namespace etna {
namespace {

TEST(EventLog, numbers_grow_by_one_and_times_are_monotonic_seconds) {
  EventLog::Clock::time_point now{std::chrono::milliseconds(1500)};
  EventLog log([&] { return now; });
  EXPECT_EQ(log.last(), 0u);
  log.add(MemoryEvent::Kind::loaded, "Loaded a");
  now += std::chrono::seconds(2);
  log.add(MemoryEvent::Kind::evicted, "Unloaded a");
  EXPECT_EQ(log.last(), 2u);
  const std::vector<MemoryEvent> all = log.after(0);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].number, 1u);
  EXPECT_DOUBLE_EQ(all[0].seconds, 1.5);
  EXPECT_EQ(all[0].sentence, "Loaded a");
  EXPECT_EQ(all[1].kind, MemoryEvent::Kind::evicted);
  EXPECT_DOUBLE_EQ(all[1].seconds, 3.5);
}

TEST(EventLog, those_after_a_number_are_given_and_the_last_200_are_kept) {
  EventLog log;
  for (int i = 1; i <= 450; ++i) log.add(MemoryEvent::Kind::refused, std::to_string(i));
  ASSERT_EQ(log.after(0).size(), 200u);
  EXPECT_EQ(log.after(0).front().sentence, "251");
  EXPECT_EQ(log.after(448).size(), 2u);
  EXPECT_EQ(log.after(449).front().number, 450u);
  EXPECT_TRUE(log.after(450).empty());
  EXPECT_TRUE(log.after(1000).empty());
}

}  // namespace
}  // namespace etna
