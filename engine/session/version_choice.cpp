#include "engine/session/version_choice.h"

#include <algorithm>

namespace etna {

namespace {

constexpr double usual_bits = 4.85;           // of the version that most people take (Q4_K_M)
constexpr double heard = 3.5, unheard = 8.6;  // bits between which a version is recommended
constexpr std::uint64_t roomy_contexts[] = {131072, 65536, 32768, 16384};

double bits_of(const VersionCandidate& candidate) {
  return candidate.bits > 0 ? candidate.bits : usual_bits;
}

/// The larger is better, up to where it makes no difference any more.
double worth(const VersionCandidate& candidate) {
  const double bits = bits_of(candidate);
  return bits > unheard ? unheard - (bits - unheard) / 100 : bits;
}

/// Of those at ease the best one; else of those that fit at all; sizes nobody would miss come first. -1: not this one.
int rank(const VersionCandidate& candidate) {
  if (!candidate.complete || !candidate.estimate || candidate.estimate->fit == Fit::too_big) return -1;
  const double bits = bits_of(candidate);
  const int ease = candidate.estimate->fit == Fit::fits_well ? 2 : candidate.estimate->fit == Fit::tight ? 1 : 0;
  return ease + (bits >= heard && bits <= unheard ? 3 : 0);
}

void give_reason(VersionChoice& choice, const LoadEstimate& estimate) {
  choice.reason = VersionReason::best_that_fits;
  if (estimate.fit != Fit::fits_well) return;
  choice.reason = VersionReason::room_for_others;
  for (const std::uint64_t context : roomy_contexts) {
    if (estimate.longest_context < context) continue;
    choice.reason = VersionReason::room_for_context;
    choice.context = context;
    return;
  }
}

}  // namespace

Fit fit_of(std::uint64_t bytes, std::uint64_t usable) {
  if (bytes > usable) return Fit::too_big;
  const double share = usable == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(usable);
  return share <= 0.7 ? Fit::fits_well : share <= 0.9 ? Fit::tight : Fit::very_tight;
}

VersionChoice recommend_version(const std::vector<VersionCandidate>& candidates) {
  VersionChoice best;
  int best_rank = -1;
  for (int i = 0; i < static_cast<int>(candidates.size()); ++i) {
    const VersionCandidate& candidate = candidates[static_cast<std::size_t>(i)];
    const int ranked = rank(candidate);
    if (ranked < 0 || ranked < best_rank) continue;
    if (ranked == best_rank && worth(candidate) <= worth(candidates[static_cast<std::size_t>(best.index)])) continue;
    best_rank = ranked;
    best.index = i;
  }
  if (best.index >= 0) give_reason(best, *candidates[static_cast<std::size_t>(best.index)].estimate);
  return best;
}

LoadEstimate sibling_estimate(const LoadEstimate& known, std::uint64_t known_weights, std::uint64_t weights) {
  LoadEstimate estimate = known;
  const double scale = static_cast<double>(weights) / static_cast<double>(std::max<std::uint64_t>(known_weights, 1));
  for (PoolEstimate& pool : estimate.pools)
    pool.weight_bytes = static_cast<std::uint64_t>(static_cast<double>(pool.weight_bytes) * scale);
  estimate.mapped_bytes = static_cast<std::uint64_t>(static_cast<double>(known.mapped_bytes) * scale);
  const std::uint64_t total = estimate.total();
  estimate.fit = fit_of(total, estimate.usable_bytes);
  estimate.missing_bytes = total > estimate.usable_bytes ? total - estimate.usable_bytes : 0;
  // What the weights leave, at the context's own price.
  const std::uint64_t rest = total - estimate.kv_cache_bytes();
  const double token = static_cast<double>(known.kv_cache_bytes()) /
                       static_cast<double>(std::max<std::uint64_t>(known.context_length, 1));
  const double room = static_cast<double>(estimate.usable_bytes) - static_cast<double>(rest);
  estimate.longest_context = room <= 0 ? 0
                             : token <= 0
                                 ? known.trained_context_length
                                 : std::min(known.trained_context_length, static_cast<std::uint64_t>(room / token));
  for (LoadEstimate::Room& made : estimate.unloading)
    made.fit_after = fit_of(total, estimate.usable_bytes + made.frees_bytes);
  return estimate;
}

}  // namespace etna
