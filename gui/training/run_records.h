#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Training runs as they are kept. No Qt.
namespace etna::runs {

using RunId = std::int64_t;

enum class RunState {
  draft,    ///< not started
  running,  ///< in a program that is alive; else it was interrupted
  paused,   ///< can go on from what was saved
  finished,
  stopped,    ///< by a person, who kept what it learned
  discarded,  ///< … and wanted nothing of it
  unstable,   ///< the loss was no number any more; the last good state is kept
  failed,
  interrupted,  ///< the program ended without having been asked to
};

struct Run {
  RunId id = 0;      ///< above 0, never used twice while the run is kept
  std::string name;  ///< of the adapter
  RunState state = RunState::draft;
  std::string draft;   ///< what the screens ask for: JSON of TuneDraft
  std::string recipe;  ///< what the engine was asked for: JSON; empty: a draft
  std::string model;   ///< path; empty: the starter
  std::string model_name;
  std::string output;            ///< folder of adapter and checkpoints
  std::int64_t changed = 0;      ///< seconds since 1970
  std::uint64_t iterations = 0;  ///< asked for
  std::uint64_t iteration = 0;   ///< done
  std::uint64_t saved = 0;       ///< iteration of the latest checkpoint
  double first_loss = -1;        ///< below 0: not known
  double last_loss = -1;
  double best_check = -1;
  std::uint64_t best_iteration = 0;
  std::uint64_t trained_tokens = 0;
  double seconds = 0;  ///< at work, over all parts of the run
  std::uint64_t peak_bytes = 0;
  std::string adapter;      ///< folder; empty: there is none
  std::string fingerprint;  ///< of the data it learned from
  std::string version;      ///< of Etna
  int code = 0;             ///< Errc of what ended it; 0: nothing
  std::string message;      ///< the engine's sentence about that

  friend bool operator==(const Run&, const Run&) = default;
};

struct Step {
  std::uint64_t iteration = 0;
  double loss = 0;
  double learning_rate = 0;
};

struct Check {
  std::uint64_t iteration = 0;
  double loss = 0;
};

struct Sample {
  std::uint64_t iteration = 0;
  std::string prompt;
  std::string answer;
};

/// What happened in a run, or a part of that.
struct Events {
  std::vector<Step> steps;
  std::vector<Check> checks;
  std::vector<Sample> samples;

  bool empty() const { return steps.empty() && checks.empty() && samples.empty(); }
};

/// A run in a list.
struct Summary {
  Run run;
  std::vector<double> spark;  ///< losses, evenly spread, at most RunStore::spark_points
};

}  // namespace etna::runs
