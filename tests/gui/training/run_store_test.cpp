#include "gui/training/run_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "engine/base/error.h"
#include "tests/gui/store/temporary_folder.h"

namespace etna::runs {
namespace {

class RunStoreTest : public testing::Test {
protected:
  static runs::Run some(RunId id, RunState state = RunState::finished) {
    runs::Run run;
    run.id = id;
    run.name = "legal tone";
    run.state = state;
    run.draft = R"({"preset":"balanced"})";
    run.output = "/runs/1/adapter";
    run.iterations = 1602;
    run.iteration = 412;
    run.saved = 400;
    run.first_loss = 2.41;
    run.last_loss = 1.12;
    run.seconds = 63.5;
    run.peak_bytes = 9'800'000'000;
    run.message = "nothing";
    return run;
  }

  test::TemporaryFolder folder_;
};

TEST_F(RunStoreTest, ARunComesBackAsItWasKept) {
  const runs::Run run = some(7);
  { RunStore(folder_.path()).put(run); }
  const auto kept = RunStore(folder_.path()).runs();
  ASSERT_EQ(kept.size(), 1u);
  runs::Run read = kept[0].run;
  EXPECT_GT(read.changed, 0);
  read.changed = run.changed;
  EXPECT_EQ(read, run);
}

TEST_F(RunStoreTest, ARunWhoseProgramIsGoneWasInterrupted) {
  {
    RunStore store(folder_.path());
    store.put(some(1, RunState::running));
    store.put(some(2, RunState::paused));
  }
  for (const Summary& summary : RunStore(folder_.path()).runs())
    EXPECT_EQ(summary.run.state, summary.run.id == 1 ? RunState::interrupted : RunState::paused);
}

TEST_F(RunStoreTest, EventsComeBackInOrderAndAreReplacedByLaterOnes) {
  RunStore store(folder_.path());
  store.put(some(1));
  store.add(1, {{{1, 2.5, 1e-4}, {2, 2.25, 1e-4}}, {{2, 2.3}}, {{2, "Where is it?", "I do not know."}}});
  store.add(1, {{{2, 2.0, 2e-4}, {3, 1.75, 2e-4}}, {}, {}});
  const Events events = store.events(1);
  ASSERT_EQ(events.steps.size(), 3u);
  EXPECT_EQ(events.steps[1].loss, 2.0);
  EXPECT_EQ(events.steps[2].iteration, 3u);
  ASSERT_EQ(events.checks.size(), 1u);
  ASSERT_EQ(events.samples.size(), 1u);
  EXPECT_EQ(events.samples[0].answer, "I do not know.");
}

TEST_F(RunStoreTest, ARunThatGoesOnForgetsWhatItDoesAgain) {
  RunStore store(folder_.path());
  store.put(some(1));
  store.put(some(2));
  const Events events{{{399, 1.5, 0}, {400, 1.5, 0}, {401, 1.4, 0}, {412, 1.3, 0}}, {{400, 1.6}, {410, 1.5}}, {}};
  store.add(1, events);
  store.add(2, events);
  store.forget_after(1, 400);
  EXPECT_EQ(store.events(1).steps.size(), 2u);
  EXPECT_EQ(store.events(1).checks.size(), 1u);
  EXPECT_EQ(store.events(2).steps.size(), 4u) << "another run";
}

TEST_F(RunStoreTest, TheSparklineHasFewPointsHoweverLongTheRun) {
  RunStore store(folder_.path());
  store.put(some(1));
  Events events;
  for (std::uint64_t step = 1; step <= 1000; ++step)
    events.steps.push_back({step, 1000.0 - static_cast<double>(step), 0});
  store.add(1, events);
  const auto spark = store.runs()[0].spark;
  EXPECT_LE(spark.size(), RunStore::spark_points);
  EXPECT_GT(spark.size(), RunStore::spark_points / 2);
  EXPECT_TRUE(std::ranges::is_sorted(spark, std::greater()));
}

TEST_F(RunStoreTest, ARemovedRunTakesItsEventsWithIt) {
  RunStore store(folder_.path());
  store.put(some(1));
  store.add(1, {{{1, 2.5, 0}}, {}, {}});
  store.remove(1);
  EXPECT_TRUE(store.runs().empty());
  EXPECT_TRUE(store.events(1).empty());
}

TEST_F(RunStoreTest, TwoProgramsDoNotShareTheRuns) {
  const RunStore store(folder_.path());
  EXPECT_THROW(RunStore(folder_.path()), Error);
}

}  // namespace
}  // namespace etna::runs
