#include "engine/training_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "engine/base/error.h"
#include "engine/io/adapter.h"
#include "engine/training_runs.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/io/tiny_model.h"
#include "tests/engine/training/small_run.h"

namespace etna {
namespace {

using test::TemporaryFolder;

/// A recipe is the number of iterations.
TrainingPlan open_plan(const std::string& recipe, std::shared_ptr<const Tokenizer>, const Progress&) {
  training::TrainingOptions options = training::test::small_options();
  options.iterations = std::stoll(recipe);
  options.steps_per_save = 2;
  options.steps_per_check = 4;
  return {.options = options,
          .batches = std::make_unique<training::test::CountedBatches>(96),
          .checks = std::make_unique<training::test::CountedBatches>(96, 2, 40)};
}

/// What a run told, from whichever thread.
struct Told {
  std::vector<double> losses;
  std::vector<TrainingPhase> phases;
  std::vector<TrainingCheck> checks;
  std::optional<TrainingStarted> started;
  std::optional<TrainingResult> result;
  std::string failure;
  std::promise<void> ended;
  std::function<void(std::uint64_t iteration)> at_step;

  TrainingCallbacks callbacks() {
    return {.phase = [this](TrainingPhase phase) { phases.push_back(phase); },
            .started = [this](const TrainingStarted& value) { started = value; },
            .step =
                [this](const TrainingStep& step) {
                  losses.push_back(step.loss);
                  if (at_step) at_step(step.iteration);
                },
            .check = [this](const TrainingCheck& check) { checks.push_back(check); },
            .done =
                [this](const TrainingResult& value) {
                  result = value;
                  ended.set_value();
                },
            .failed =
                [this](Errc, const std::string& message) {
                  failure = message;
                  ended.set_value();
                }};
  }
};

/// A model on disk, the engine's thread and a place for an adapter.
class TrainingRunsTest : public testing::Test {
protected:
  TrainingRequest request(const std::string& iterations, bool resume = false) const {
    return {.model = model_.string(),
            .device = "cpu",
            .recipe = iterations,
            .output = (folder_ / "adapter").string(),
            .resume = resume};
  }

  WorkerThread::RequestId start(const TrainingRequest& request, Told& told) {
    return runs_.start(thread_, request, told.callbacks());
  }

  /// Works off all that was submitted before.
  void wait_for_thread() {
    std::promise<void> reached;
    thread_.submit([&](const std::stop_token&) { reached.set_value(); });
    reached.get_future().wait();
  }

  TemporaryFolder folder_;
  std::filesystem::path model_ = test::write_tiny_model(folder_ / "model");
  ModelService models_{{}};
  TrainingRuns runs_{models_, open_plan};
  WorkerThread thread_{{}};
};

TEST_F(TrainingRunsTest, TrainsFromAModelOnDiskToAnAdapterThatLoads) {
  Told told;
  start(request("5"), told);
  told.ended.get_future().wait();
  ASSERT_TRUE(told.result) << told.failure;
  EXPECT_EQ(told.result->outcome, TrainingResult::Outcome::completed);
  EXPECT_EQ(told.losses.size(), 5U);
  ASSERT_EQ(told.checks.size(), 3U);
  EXPECT_LT(told.checks.back().loss, told.checks.front().loss);
  ASSERT_TRUE(told.started);
  EXPECT_GT(told.started->estimate.total(), 0U);
  EXPECT_GE(told.started->estimate.total(), told.result->peak_memory_bytes) << "the estimate is an upper bound";
  EXPECT_EQ(told.phases.front(), TrainingPhase::preparing);
  EXPECT_THAT(told.phases, testing::IsSupersetOf({TrainingPhase::loading, TrainingPhase::training,
                                                  TrainingPhase::checking, TrainingPhase::saving}));
  EXPECT_EQ(Adapter::open(told.result->adapter).modules.size(), 4U);
  const TrainingRunInfo info = describe_training_run(folder_ / "adapter");
  EXPECT_TRUE(info.complete);
  EXPECT_EQ(info.saved_iteration, 5U);
}

TEST_F(TrainingRunsTest, LetsOtherRequestsInAndGoesOnAfterAPause) {
  Told told;
  WorkerThread::RequestId id = 0;
  std::promise<WorkerThread::RequestId> known;
  auto id_of_run = known.get_future();
  told.at_step = [&](std::uint64_t iteration) {
    if (iteration == 3) runs_.pause(id_of_run.get());
  };
  id = start(request("6"), told);
  known.set_value(id);
  while (!std::filesystem::exists(folder_ / "adapter/checkpoints/0000003")) wait_for_thread();
  wait_for_thread();
  EXPECT_EQ(told.losses.size(), 3U);
  EXPECT_EQ(told.phases.back(), TrainingPhase::paused);
  told.at_step = {};
  runs_.go_on(thread_, id);
  told.ended.get_future().wait();
  ASSERT_TRUE(told.result) << told.failure;
  EXPECT_EQ(told.losses.size(), 6U);
}

TEST_F(TrainingRunsTest, StoppedKeepsOrDiscardsWhatItLearned) {
  for (const StopTraining what : {StopTraining::keep, StopTraining::discard}) {
    Told told;
    std::promise<WorkerThread::RequestId> known;
    auto id_of_run = known.get_future();
    told.at_step = [&](std::uint64_t iteration) {
      if (iteration == 3) runs_.stop(thread_, id_of_run.get(), what);
    };
    known.set_value(start(request("1000"), told));
    told.ended.get_future().wait();
    ASSERT_TRUE(told.result) << told.failure;
    EXPECT_EQ(told.losses.size(), 3U);
    EXPECT_EQ(std::filesystem::exists(folder_ / "adapter/adapters.safetensors"), what == StopTraining::keep);
  }
}

TEST_F(TrainingRunsTest, CancelledCanBeResumedAndSeesTheSameLosses) {
  Told whole, first, second;
  TrainingRequest alone = request("8");
  alone.output = (folder_ / "whole").string();
  start(alone, whole);
  whole.ended.get_future().wait();

  std::promise<WorkerThread::RequestId> known;
  auto id_of_run = known.get_future();
  first.at_step = [&](std::uint64_t iteration) {
    if (iteration == 5) runs_.cancel(thread_, id_of_run.get());
  };
  known.set_value(start(request("8"), first));
  first.ended.get_future().wait();
  EXPECT_FALSE(first.result);
  EXPECT_EQ(describe_training_run(folder_ / "adapter").saved_iteration, 4U);

  start(request("", true), second);
  second.ended.get_future().wait();
  ASSERT_TRUE(second.result) << second.failure;
  EXPECT_EQ(second.started->first_iteration, 4U);
  ASSERT_EQ(second.losses.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(second.losses[i], whole.losses[i + 4], 1e-6);
}

TEST_F(TrainingRunsTest, FailsWithTheReasonAndLeavesNoMemoryBehind) {
  Told told;
  TrainingRequest wrong = request("3");
  wrong.model = (folder_ / "nowhere").string();
  start(wrong, told);
  told.ended.get_future().wait();
  EXPECT_NE(told.failure.find("nowhere"), std::string::npos);
  Told good;
  start(request("2"), good);
  good.ended.get_future().wait();
  wait_for_thread();
  EXPECT_EQ(models_.ledger()->total().live_bytes, 0U);
}

}  // namespace
}  // namespace etna
