#pragma once

#include <QString>
#include <QVector>
#include <optional>
#include <vector>

#include "engine/session/version_choice.h"
#include "gui/plot/segment_list.h"
#include "hub/api.h"
#include "hub/listing_size.h"
#include "hub/versions.h"

/// What a model of the hub would take here: roughly from a listing, exactly from its headers.
namespace etna::gui {

/// From a line of a listing alone: no request of its own. The card replaces it by the engine's answer.
struct RoughFit {
  std::uint64_t download_bytes = 0;  ///< of the weights; 0: not known
  std::uint64_t memory_bytes = 0;
  Fit fit = Fit::too_big;
};

/// None where the listing does not tell how large the model is. `limit`: what models may use in all.
std::optional<RoughFit> rough_fit(const hub::ModelSummary& model, std::uint64_t limit);

using etna::sibling_estimate;
using hub::parameter_count;

using Candidate = VersionCandidate;

struct Recommendation {
  int index = -1;  ///< -1: none
  QString reason;  ///< "leaves room for 32k context"
};

/// As recommend_version says, in words.
Recommendation recommend(const std::vector<Candidate>& candidates);

/// "Fits well", "Very tight · only up to 12k context", "Too big · needs 4.5 GiB more than the limit (12.0 GiB)".
QString fit_line(const LoadEstimate& estimate);

/// One bar over all memory: weights, context, working, free, with the limit as a tick where it is exceeded (else -1).
struct FitBar {
  QVector<Segment> segments;
  std::uint64_t whole = 0;
  double tick = -1;
};

FitBar fit_bar(const LoadEstimate& estimate);

/// "8k", "32k", "40,960": powers of two in short.
QString context_name(std::uint64_t tokens);

}  // namespace etna::gui
