#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/session/training_messages.h"

namespace etna {

/// Training runs that are made up: losses that fall, checks, samples, checkpoints that are a number in a file. Words in
/// the model's path bring states about: "…unstable…" becomes so at step 57, "…memorises…" has checks that rise,
/// "…halts…" waits at step 12 until it is paused or stopped, "…refuses…" has no memory, "…toobig…" is estimated so.
/// ETNA_FAKE_STEPS: steps a second, else 200.
class FakeTraining {
public:
  ~FakeTraining();

  void start(std::uint64_t id, TrainingRequest request, TrainingCallbacks callbacks);
  void pause(std::uint64_t id);
  void go_on(std::uint64_t id);
  void stop(std::uint64_t id, StopTraining what);

private:
  struct Run {
    bool paused = false, leaving = false;
    std::optional<StopTraining> stopped;
    std::jthread thread;  // last: runs as soon as it is made
  };

  void train(Run& run, const TrainingRequest& request, const TrainingCallbacks& callbacks);
  bool wait(Run& run, double seconds);
  template <class Change>
  void change(std::uint64_t id, const Change& change);

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<std::uint64_t, std::unique_ptr<Run>> runs_;
};

/// Throws what is wrong with it.
TrainingEstimate fake_training_estimate(const TrainingRequest& request);
TrainingRunInfo fake_training_info(const std::string& output);

}  // namespace etna
