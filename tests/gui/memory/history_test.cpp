#include "gui/memory/memory_history.h"

#include <gtest/gtest.h>

#include <QSignalSpy>

namespace etna::gui {
namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

MemoryStatus at(double seconds, std::uint64_t weights, std::uint64_t context = 0) {
  MemoryPoolStatus pool;
  pool.total_bytes = 16 * gib;
  pool.uses = {{"model", "weights", weights, weights, 1}, {"model", "kv_cache", context, context, 1}};
  MemoryStatus status;
  status.seconds = seconds;
  status.pools = {pool};
  return status;
}

TEST(MemoryHistory, StacksEachKindOverTheLastMinute) {
  MemoryHistory history;
  for (int i = 0; i < 40; ++i) history.take(at(1000 + 0.5 * i, 2 * gib, i < 20 ? 0 : gib), {});
  const PlotData& data = history.plot();
  ASSERT_EQ(data.series.size(), 2) << "kinds that were never used have no place";
  EXPECT_EQ(data.series[0].style, PlotSeries::Style::area);
  EXPECT_EQ(data.x_min, -60);
  EXPECT_EQ(data.series[0].points.back(), QPointF(0, 2.0 * gib));
  EXPECT_EQ(data.series[1].points.front().y(), 0);
  EXPECT_EQ(data.series[1].points.back().y(), 1.0 * gib);
  EXPECT_GT(data.y_max, 3.0 * gib);
}

TEST(MemoryHistory, KeepsNoMoreThanTheScreenCanShow) {
  MemoryHistory history;
  for (int i = 0; i < 20'000; ++i) history.take(at(0.5 * i, static_cast<std::uint64_t>(1 + i) << 20), {});
  for (const auto range : {MemoryHistory::Minute, MemoryHistory::TenMinutes, MemoryHistory::Hour}) {
    history.set_range(range);
    const PlotData& data = history.plot();
    EXPECT_LE(data.series[0].points.size(), 364) << range;
    EXPECT_GE(data.series[0].points.size(), 120) << range;
    EXPECT_EQ(data.series[0].points.front().x(), data.x_min);
  }
}

TEST(MemoryHistory, ShowsTheLargestOfWhatFallsOnOnePlace) {
  MemoryHistory history;
  history.set_range(MemoryHistory::Hour);
  for (int i = 0; i < 100; ++i) history.take(at(0.5 * i, i == 50 ? 8 * gib : gib), {});
  double most = 0;
  for (const QPointF& point : history.plot().series[0].points) most = std::max(most, point.y());
  EXPECT_EQ(most, 8.0 * gib);
}

TEST(MemoryHistory, WhatDoesNotChangeLooksTheSame) {
  MemoryHistory history;
  for (int i = 0; i < 200; ++i) history.take(at(0.5 * i, gib), {});
  const PlotData before = history.plot();
  EXPECT_EQ(before.series[0].points.size(), 2) << "points between equal ones say nothing";
  history.take(at(100, gib), {});
  EXPECT_EQ(history.plot(), before);
}

TEST(MemoryHistory, MarksEventsAndForgetsThemWithTheirTime) {
  MemoryHistory history;
  MemoryEvent loaded{1, 100, MemoryEvent::Kind::loaded, "Loaded Qwen3-4B (3.9 GiB)"};
  MemoryEvent evicted{2, 110, MemoryEvent::Kind::evicted, "Unloaded Qwen3-4B"};
  history.take(at(112, gib), {loaded, evicted});
  ASSERT_EQ(history.plot().marks.size(), 2);
  EXPECT_EQ(history.plot().marks[0].text, QStringLiteral("Loaded Qwen3-4B (3.9 GiB)"));
  EXPECT_FALSE(history.plot().marks[0].bad);
  EXPECT_TRUE(history.plot().marks[1].bad);
  EXPECT_EQ(history.plot().marks[1].x, -2);
  history.take(at(165, gib), {});
  EXPECT_EQ(history.plot().marks.size(), 1);
}

TEST(MemoryHistory, ReadsItselfInWords) {
  MemoryHistory history;
  EXPECT_TRUE(history.describe(0).isEmpty());
  history.take(at(100, 2 * gib), {});
  history.take(at(110, 2 * gib, gib), {});
  EXPECT_EQ(history.describe(0), QStringLiteral("now: 3 GiB\nWeights 2 GiB\nContext 1 GiB"));
  EXPECT_EQ(history.describe(-5), QStringLiteral("5 s ago: 2 GiB\nWeights 2 GiB"))
      << "between two samples the former holds";
  EXPECT_EQ(history.summary(), QStringLiteral("Models held 2 GiB at the beginning, 3 GiB now, 3 GiB at most."));
}

TEST(MemoryHistory, AnotherClockBeginsAnew) {
  MemoryHistory history;
  history.take(at(1e6, gib), {});
  history.take(at(5, 2 * gib), {});
  EXPECT_EQ(history.summary(), QStringLiteral("Models held 2 GiB at the beginning, 2 GiB now, 2 GiB at most."));
  history.take(at(std::nan(""), 9 * gib), {});
  EXPECT_EQ(history.describe(0), QStringLiteral("now: 2 GiB\nWeights 2 GiB"));
}

}  // namespace
}  // namespace etna::gui
