#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/training/learner.h"

namespace etna::training {

/// Where a run is, beside its arrays.
struct RunState {
  std::int64_t iteration = 0;  ///< done
  Learner::Counters counters;
  std::int64_t trained_tokens = 0;
  std::string data_position;     ///< BatchSource::position
  std::string data_fingerprint;  ///< BatchSource::fingerprint
  double best_check_loss = -1;   ///< below 0: none yet
  std::int64_t best_iteration = 0;
  std::vector<double> recent_losses;  ///< the last few, oldest first
  double seconds = 0;                 ///< of training so far
};

/// A checkpoint on disk. It is whole or it is not there: folders are written under another name, flushed and renamed.
///
///   <output>/checkpoints/0000100/adapters.safetensors       what was learned, as mlx-lm reads it
///                                adapter_config.json
///                                training_state.safetensors  float32 weights, gradients that wait, optimizer, RunState
///                                manifest.json               sizes and hashes of the others
///   <output>/0000100_adapters.safetensors                    mlx-lm's names for the same
///   <output>/adapters.safetensors, adapter_config.json       of the latest
struct CheckpointInfo {
  std::int64_t iteration = 0;
  std::filesystem::path folder;
  std::string problem;  ///< why it cannot be used; empty: it is whole
};

/// All in an output folder, oldest first; every byte is read and compared with its hash. Empty where there is none.
std::vector<CheckpointInfo> find_checkpoints(const std::filesystem::path& output);

/// Saves a run; makes the folder where needed. A whole checkpoint of the same iteration stays as it is. Throws io: then
/// what was saved before is untouched.
CheckpointInfo save_checkpoint(const std::filesystem::path& output, const Learner& learner, const RunState& state,
                               const std::string& config);

/// What a checkpoint says of its run, without its arrays. Throws corrupt.
RunState read_run_state(const std::filesystem::path& folder);

/// Puts a checkpoint's arrays and counters into a learner of the same model and options. Throws corrupt, naming what
/// does not fit.
RunState restore_checkpoint(const std::filesystem::path& folder, Learner& learner);

/// Puts a checkpoint's adapter into the output folder itself.
void publish_checkpoint(const std::filesystem::path& output, const CheckpointInfo& checkpoint);

void remove_checkpoint(const std::filesystem::path& output, const CheckpointInfo& checkpoint);

/// Removes all but the latest `keep` whole ones and that of iteration `best`. 0: nothing.
void remove_old_checkpoints(const std::filesystem::path& output, std::int64_t keep, std::int64_t best);

}  // namespace etna::training
