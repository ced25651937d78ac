#include "engine/training/checkpoint.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "engine/base/error.h"
#include "engine/io/adapter.h"
#include "engine/training/adapter_files.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/training/small_run.h"

namespace etna::training {
namespace {

namespace fs = std::filesystem;
using etna::test::TemporaryFolder;
using test::small_options;
using test::SmallRun;

TEST(Checkpoint, IsNotedAsDamagedWhenAByteOfItChanged) {
  const TemporaryFolder folder;
  SmallRun run(small_options());
  Trainer trainer = run.trainer(folder.path());
  trainer.advance();
  const CheckpointInfo saved = *trainer.save();
  ASSERT_EQ(find_checkpoints(folder.path()).at(0).problem, "");
  {
    std::fstream file(saved.folder / "training_state.safetensors", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-3, std::ios::end);
    file.put('x');
  }
  EXPECT_NE(find_checkpoints(folder.path()).at(0).problem.find("training_state.safetensors"), std::string::npos);
  EXPECT_THROW(restore_checkpoint(saved.folder, run.learner()), Error);
  trainer.save();
  EXPECT_EQ(find_checkpoints(folder.path()).at(0).problem, "") << "saved anew";
}

TEST(Checkpoint, OfOtherSettingsIsRefusedAndChangesNothing) {
  const TemporaryFolder folder;
  SmallRun run(small_options());
  Trainer trainer = run.trainer(folder.path());
  trainer.advance();
  const CheckpointInfo saved = *trainer.save();
  TrainingOptions options = small_options();
  options.lora.rank = 2;
  SmallRun other(options);
  const std::vector<float> before = other.weights();
  EXPECT_THROW(restore_checkpoint(saved.folder, other.learner()), Error);
  EXPECT_EQ(other.weights(), before);
  EXPECT_EQ(other.learner().counters().updates, 0);
}

/// Trains and saves as fast as it can until it is killed.
[[noreturn]] void save_for_ever(const fs::path& folder) {
  TrainingOptions options = small_options();
  options.iterations = 1'000'000;
  options.steps_per_save = 1;
  options.keep_checkpoints = 3;
  try {
    SmallRun run(options);
    Trainer trainer = run.trainer(folder);
    for (;;) trainer.advance();
  } catch (...) {
    ::_exit(1);
  }
}

TEST(Checkpoint, SurvivesBeingKilledAtAnyMoment) {
  const TemporaryFolder folder;
  std::mt19937 random(7);
  for (int round = 0; round < 6; ++round) {
    const fs::path output = folder.path() / std::to_string(round);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) save_for_ever(output);
    int status = 0;
    // Not before there is something that could be lost.
    while (!fs::exists(output / adapter_file) && ::waitpid(child, &status, WNOHANG) == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";

    const std::vector<CheckpointInfo> all = find_checkpoints(output);
    ASSERT_FALSE(all.empty());
    for (const CheckpointInfo& checkpoint : all) EXPECT_EQ(checkpoint.problem, "") << checkpoint.folder;
    EXPECT_EQ(Adapter::open(output).modules.size(), 4U);
    TrainingOptions options = small_options();
    options.iterations = all.back().iteration + 2;
    SmallRun run(options);
    Trainer trainer = run.trainer(output);
    trainer.resume(all.back().folder);
    trainer.advance();
    EXPECT_EQ(trainer.save()->iteration, all.back().iteration + 1);
  }
}

}  // namespace
}  // namespace etna::training
