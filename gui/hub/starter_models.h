#pragma once

#include <QString>
#include <vector>

#include "engine/session/memory_messages.h"

namespace etna::gui {

/// A small model that many people know, to begin with. Its shape is known without asking anybody: that is enough for
/// the engine's estimate.
struct StarterModel {
  QString repository;
  QString name;
  QString license;
  ModelDescription description;      ///< config and tensors, 4 bits in groups of 64
  std::uint64_t download_bytes = 0;  ///< weights and tokenizer
};

/// Smallest first; from resources/models/starters.json.
std::vector<StarterModel> starter_models();

/// A starter, as far as this computer is concerned.
struct StarterChoice {
  LoadEstimate estimate;
  std::uint64_t download_bytes = 0;
};

/// What a starter leaves free on the disk.
constexpr std::uint64_t starter_disk_reserve = 2'000'000'000;

/// The largest one that leaves the computer at ease and the disk some room, else the smallest that fits at all; -1:
/// none. Without a graphics device not more than what a processor writes at reading speed.
int recommended_starter(const std::vector<StarterChoice>& choices, std::uint64_t free_disk_bytes, bool has_gpu);

}  // namespace etna::gui
