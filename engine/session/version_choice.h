#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/session/memory_messages.h"

/// How well a model fits this computer, and which of several versions to take: one answer for window and terminal.
namespace etna {

/// ≤ 70 %, ≤ 90 %, ≤ 100 % of what may be used, or more.
Fit fit_of(std::uint64_t bytes, std::uint64_t usable);

/// What is known of a version.
struct VersionCandidate {
  double bits = 0;  ///< nominal bits per weight; 0: not known
  std::uint64_t download_bytes = 0;
  std::optional<LoadEstimate> estimate = {};  ///< none: it is never recommended
  bool complete = true;                       ///< false: parts of it are missing
};

/// Why a version is recommended.
enum class VersionReason {
  none,
  room_for_context,  ///< it fits well and leaves room for VersionChoice::context tokens
  room_for_others,   ///< it fits well
  best_that_fits,
};

struct VersionChoice {
  int index = -1;  ///< -1: none can be recommended
  VersionReason reason = VersionReason::none;
  std::uint64_t context = 0;  ///< of room_for_context: 16384, 32768, 65536 or 131072
};

/// The most exact version that leaves the computer at ease. Above 8.6 bits nobody hears a difference, below 3.5
/// everybody does: such versions are recommended only where there is nothing else.
VersionChoice recommend_version(const std::vector<VersionCandidate>& candidates);

/// The estimate of a version whose headers were not read, from the one of a sibling whose were: only weights differ.
LoadEstimate sibling_estimate(const LoadEstimate& known, std::uint64_t known_weights, std::uint64_t weights);

}  // namespace etna
