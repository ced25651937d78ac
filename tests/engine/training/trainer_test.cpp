#include "engine/training/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/io/adapter.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/training/small_run.h"

namespace etna::training {
namespace {

using etna::test::TemporaryFolder;
using test::CountedBatches;
using test::small_options;
using test::SmallRun;

/// What a run told.
struct Told {
  std::vector<double> losses;
  std::vector<std::int64_t> checks, saves;
  std::vector<double> check_losses;

  Observer observer() {
    return {.step = [this](const Observer::Step& step) { losses.push_back(step.loss); },
            .check =
                [this](const Observer::Check& check) {
                  checks.push_back(check.iteration);
                  check_losses.push_back(check.loss);
                },
            .saved = [this](const CheckpointInfo& saved) { saves.push_back(saved.iteration); }};
  }
};

Trainer::Status run_to_end(Trainer& trainer) {
  Trainer::Status status = trainer.status();
  while (status == Trainer::Status::running) status = trainer.advance();
  return status;
}

class ResumedRun : public testing::TestWithParam<std::tuple<Method, OptimizerKind, std::int64_t>> {};

TEST_P(ResumedRun, IsTheUninterruptedOne) {
  const auto [method, kind, accumulation] = GetParam();
  TrainingOptions options = small_options(method);
  options.optimizer = OptimizerOptions::of(kind);
  options.accumulation = accumulation;
  options.lora.dropout = method == Method::lora ? 0.1 : 0;
  options.schedule = {
      .kind = ScheduleOptions::Kind::cosine_decay, .initial = 2e-3, .end = 1e-4, .steps = 6, .warmup = 2};
  options.iterations = 7;

  Told whole;
  SmallRun uninterrupted(options);
  Trainer all = uninterrupted.trainer({}, whole.observer());
  ASSERT_EQ(run_to_end(all), Trainer::Status::complete);

  const TemporaryFolder folder;
  Told before, after;
  {
    SmallRun first(options);
    Trainer trainer = first.trainer(folder.path(), before.observer());
    for (int i = 0; i < 3; ++i) trainer.advance();
    trainer.save();
  }
  SmallRun second(options);
  Trainer trainer = second.trainer(folder.path(), after.observer());
  trainer.resume(find_checkpoints(folder.path()).back().folder);
  ASSERT_EQ(run_to_end(trainer), Trainer::Status::complete);

  before.losses.insert(before.losses.end(), after.losses.begin(), after.losses.end());
  EXPECT_EQ(before.losses, whole.losses);
  EXPECT_EQ(second.weights(), uninterrupted.weights());
  EXPECT_EQ(trainer.state().trained_tokens, all.state().trained_tokens);
}

INSTANTIATE_TEST_SUITE_P(Some, ResumedRun,
                         testing::Values(std::tuple(Method::lora, OptimizerKind::adam, 1),
                                         std::tuple(Method::lora, OptimizerKind::adafactor, 2),
                                         std::tuple(Method::dora, OptimizerKind::adamw, 1),
                                         std::tuple(Method::full, OptimizerKind::muon, 1)));

TEST(Trainer, ChecksFirstEverySoManyAndLast) {
  TrainingOptions options = small_options();
  options.steps_per_check = 3;
  options.iterations = 7;
  Told told;
  SmallRun run(options);
  CountedBatches checks(96, 2, 50);
  Trainer trainer = run.trainer({}, told.observer(), &checks);
  run_to_end(trainer);
  EXPECT_THAT(told.checks, testing::ElementsAre(0, 2, 5, 6));
  EXPECT_EQ(trainer.state().best_check_loss, *std::ranges::min_element(told.check_losses));
}

TEST(Trainer, SavesFilesThatLoadersOfAdaptersRead) {
  TrainingOptions options = small_options();
  options.steps_per_save = 2;
  options.iterations = 5;
  const TemporaryFolder folder;
  Told told;
  SmallRun run(options);
  Trainer trainer = run.trainer(folder.path(), told.observer());
  run_to_end(trainer);
  EXPECT_THAT(told.saves, testing::ElementsAre(2, 4, 5));
  for (const char* name :
       {"0000002_adapters.safetensors", "0000004_adapters.safetensors", "0000005_adapters.safetensors"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path() / name)) << name;
  }
  const Adapter adapter = Adapter::open(folder.path());
  EXPECT_EQ(adapter.kind, AdapterKind::lora);
  ASSERT_EQ(adapter.modules.size(), 4U);
  EXPECT_EQ(adapter.modules[0].scale, 2);
  for (const Trainable& weight : run.learner().trained()) {
    if (weight.name == adapter.modules[0].path + ".lora_b") {
      EXPECT_EQ(weight.value.to_vector<float>(), adapter.modules[0].b.values);
    }
  }
}

TEST(Trainer, KeepsTheLatestCheckpointsAndTheBest) {
  TrainingOptions options = small_options();
  options.steps_per_save = 1;
  options.keep_checkpoints = 2;
  const TemporaryFolder folder;
  SmallRun run(options);
  Trainer trainer = run.trainer(folder.path());
  run_to_end(trainer);
  std::vector<std::int64_t> left;
  for (const CheckpointInfo& checkpoint : find_checkpoints(folder.path())) left.push_back(checkpoint.iteration);
  EXPECT_THAT(left, testing::ElementsAre(5, 6));
}

TEST(Trainer, StopsWithTheLastGoodStateWhenTheLossIsNoNumber) {
  TrainingOptions options = small_options();
  options.steps_per_save = 1;
  options.iterations = 9;
  // A rate that grows beyond all bounds after three updates.
  options.schedule = {.kind = ScheduleOptions::Kind::step_decay, .initial = 1e-3, .rate = 1e41, .steps = 3};
  const TemporaryFolder folder;
  SmallRun run(options);
  Trainer trainer = run.trainer(folder.path());
  EXPECT_EQ(run_to_end(trainer), Trainer::Status::unstable);
  EXPECT_EQ(trainer.unstable_iteration(), 5);
  EXPECT_EQ(trainer.state().iteration, 3);
  for (const float weight : run.weights()) ASSERT_LT(std::abs(weight), 10);
  EXPECT_EQ(find_checkpoints(folder.path()).back().iteration, 3) << "the fourth has the weights that went wrong";
  for (const AdapterModule& module : Adapter::open(folder.path()).modules) {
    for (const float value : module.b.values) ASSERT_LT(std::abs(value), 10);
  }
}

TEST(Trainer, LosesNoStepWhenACheckpointCannotBeWritten) {
  TrainingOptions options = small_options();
  options.steps_per_save = 2;
  options.iterations = 2;
  const TemporaryFolder folder;
  Told told;
  SmallRun run(options);
  Trainer trainer = run.trainer(folder / "adapter", told.observer());
  trainer.advance();
  std::ofstream(folder / "adapter") << "in the way";
  EXPECT_THROW(trainer.advance(), Error);
  EXPECT_THROW(trainer.advance(), Error);
  EXPECT_EQ(told.losses.size(), 2U);
  std::filesystem::remove(folder / "adapter");
  EXPECT_EQ(trainer.advance(), Trainer::Status::complete);
  EXPECT_EQ(told.losses.size(), 2U);
  EXPECT_THAT(told.saves, testing::ElementsAre(2));
}

TEST(Trainer, RefusesToGoOnWithOtherData) {
  const TemporaryFolder folder;
  SmallRun run(small_options());
  Trainer trainer = run.trainer(folder.path());
  trainer.advance();
  const CheckpointInfo saved = *trainer.save();
  CountedBatches other(96, 5, 2);
  Trainer changed(run.learner(), other, nullptr, run.options(), folder.path());
  EXPECT_THROW(changed.resume(saved.folder), Error);
}

}  // namespace
}  // namespace etna::training
