#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/session/memory_messages.h"

/// What screens and terminal exchange with the engine about fine-tuning (D8): plain values.
namespace etna {

/// A run as it is asked for. Everything about method, data, steps and optimizer is in the recipe, which is what recipe
/// files, `etna-cli lora` and the wizard share.
struct TrainingRequest {
  std::string model;         ///< folder or .gguf file; empty: the starter model
  std::string device = {};   ///< DeviceInfo::id, "vulkan", "cpu", or empty for the best there is
  std::string recipe;        ///< a JSON object with mlx-lm's keys: "data", "fine_tune_type", "iters", "lora_parameters", …
  std::string output;        ///< folder of the adapter, made where needed: adapters.safetensors, checkpoints
  bool resume = false;       ///< go on from the latest checkpoint in `output`, with its recipe's settings
  bool pause_when_full = false;  ///< no memory or no disk space: a warning and a pause instead of the run's end
  std::vector<std::string> sample_prompts = {};  ///< answered at each check, so that progress can be read
  std::uint64_t sample_tokens = 64;              ///< most of an answer
};

/// What a run takes, before it starts: the first step's own code, rehearsed on the largest batch (T5).
struct TrainingEstimate {
  std::vector<PoolEstimate> pools;       ///< weights, training (activations kept, gradients, optimizer), working
  std::uint64_t usable_bytes = 0;        ///< over pools that the device can use
  std::uint64_t missing_bytes = 0;       ///< total() - usable_bytes, or 0
  Fit fit = Fit::too_big;
  std::uint64_t disk_bytes = 0;          ///< of the checkpoints that are kept and the adapter

  std::uint64_t parameters = 0;          ///< of the model
  std::uint64_t trainable_parameters = 0;
  std::uint64_t iterations = 0;
  std::uint64_t batches_per_epoch = 0;
  std::uint64_t largest_rows = 0;        ///< the batch that decides
  std::uint64_t largest_length = 0;
  std::string activations;               ///< "f32", "f16" or "bf16"
  std::string device;                    ///< DeviceInfo::id that it is for

  std::uint64_t total() const {
    std::uint64_t bytes = 0;
    for (const PoolEstimate& pool : pools) bytes += pool.total();
    return bytes;
  }
};

enum class TrainingPhase { preparing, loading, training, checking, saving, paused };

/// "Preparing", "Loading", …
const char* words(TrainingPhase phase);

/// Told once, when everything is ready for the first step.
struct TrainingStarted {
  TrainingEstimate estimate;
  std::uint64_t first_iteration = 0;     ///< done already: > 0 where a run goes on
  std::uint64_t checks = 0;              ///< batches of check data; 0: there are none
};

/// After each iteration.
struct TrainingStep {
  std::uint64_t iteration = 0;           ///< 1 is the first
  double loss = 0;                       ///< mean cross entropy of its batch, before the update
  double learning_rate = 0;
  double gradient_norm = 0;              ///< of all gradients together, before clipping; 0 between updates
  std::uint64_t tokens = 0;              ///< learned in it
  std::uint64_t trained_tokens = 0;      ///< of all so far, earlier parts of a resumed run too
  double tokens_per_second = 0;          ///< lately, checks and saves not counted
  double iterations_per_second = 0;
  double seconds_left = -1;              ///< checks and saves included; below 0: not known yet
  std::uint64_t peak_memory_bytes = 0;
};

struct TrainingCheck {
  std::uint64_t iteration = 0;           ///< iterations done before it
  double loss = 0;                       ///< mean over the tokens of the check data
  double seconds = 0;
  bool best = false;                     ///< the lowest so far
};

struct TrainingSample {
  std::uint64_t iteration = 0;
  std::string prompt;
  std::string answer;
};

struct TrainingCheckpoint {
  std::uint64_t iteration = 0;
  std::string path;                      ///< of its folder
};

/// How a run ended.
struct TrainingResult {
  enum class Outcome {
    completed,
    stopped_kept,       ///< the user stopped it; what it learned is in `output`
    stopped_discarded,  ///< … and wanted nothing of it
    unstable,           ///< the loss was no number any more; the state before that is kept
  };

  Outcome outcome = Outcome::completed;
  std::uint64_t iterations = 0;
  std::uint64_t unstable_iteration = 0;  ///< of Outcome::unstable
  std::uint64_t kept_iteration = 0;      ///< that the adapter in `output` is of
  double final_loss = 0;                 ///< of the last iterations, up to 10
  double best_check_loss = -1;           ///< below 0: there was no check
  std::uint64_t best_iteration = 0;
  std::uint64_t trained_tokens = 0;
  double seconds = 0;                    ///< of this part of the run
  std::uint64_t peak_memory_bytes = 0;
  std::string adapter;                   ///< folder; empty where nothing was kept
  std::string data_fingerprint;          ///< what it learned from
};

enum class StopTraining { keep, discard };

/// All on the worker's thread: hand the values over and return quickly.
struct TrainingCallbacks {
  std::function<void(TrainingPhase)> phase = {};
  std::function<void(TrainingStarted)> started = {};
  std::function<void(TrainingStep)> step = {};
  std::function<void(TrainingCheck)> check = {};
  std::function<void(TrainingSample)> sample = {};
  std::function<void(TrainingCheckpoint)> saved = {};
  std::function<void(std::string sentence)> warning = {};
  std::function<void(TrainingResult)> done = {};
  std::function<void(Errc code, std::string message)> failed = {};  ///< what was saved before is still there
};

/// What a folder says of a run that ended or was interrupted in it.
struct TrainingRunInfo {
  std::string output;
  std::string model;                     ///< path
  std::string recipe;                    ///< JSON
  std::uint64_t iterations = 0;          ///< asked for
  std::uint64_t saved_iteration = 0;     ///< of the latest whole checkpoint; 0: none
  bool complete = false;
  double best_check_loss = -1;
  std::uint64_t best_iteration = 0;
  std::vector<TrainingCheckpoint> checkpoints;  ///< oldest first
  std::vector<std::string> damaged;      ///< folders of checkpoints that are not whole, and what is wrong with them
};

}  // namespace etna
