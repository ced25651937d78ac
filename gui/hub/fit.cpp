#include "gui/hub/fit.h"

#include <QCoreApplication>
#include <QLocale>
#include <QRegularExpression>
#include <algorithm>
#include <cmath>

#include "gui/memory/memory_kinds.h"
#include "gui/models/fit_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr double usual_bits = 4.85;                   // of the version that most people take (Q4_K_M)
constexpr std::uint64_t working_bytes = 400'000'000;  // context of 8k and intermediates of a small model
constexpr double working_share = 1.08;                // the same grow with the model
constexpr double heard = 3.5, unheard = 8.6;          // bits between which a version is recommended
constexpr std::uint64_t roomy_contexts[] = {131072, 65536, 32768, 16384};

QString tr(const char* text) {
  return QCoreApplication::translate("Fit", text);
}

double bytes_of(const std::string& dtype) {
  if (dtype == "F64" || dtype == "I64" || dtype == "U64") return 8;
  if (dtype == "F32" || dtype == "I32" || dtype == "U32") return 4;
  if (dtype == "F16" || dtype == "BF16" || dtype == "I16" || dtype == "U16") return 2;
  return 1;  // eight bits and fewer
}

Fit fit_of(std::uint64_t bytes, std::uint64_t limit) {
  const double share = static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(limit, 1));
  return share <= 0.7 ? Fit::fits_well : share <= 0.9 ? Fit::tight : share <= 1.0 ? Fit::very_tight : Fit::too_big;
}

std::uint64_t count_in_name(const std::string& id) {
  // "8B", "0.6b", "350M", "8x7B"; never a part of a word.
  static const QRegularExpression form(
      QStringLiteral("(?<![A-Za-z0-9.])(?:(\\d{1,2})x)?(\\d{1,4}(?:\\.\\d{1,2})?)"
                     "([BbMm])(?![A-Za-z0-9])"));
  const QRegularExpressionMatch match = form.match(QString::fromStdString(id));
  if (!match.hasMatch()) return 0;
  const double unit = match.captured(3).toLower() == QLatin1String("b") ? 1e9 : 1e6;
  const double experts = match.captured(1).isEmpty() ? 1 : match.captured(1).toDouble();
  return static_cast<std::uint64_t>(experts * match.captured(2).toDouble() * unit);
}

/// The larger is better, up to where it makes no difference any more.
double worth(const Candidate& candidate) {
  const double bits = candidate.bits > 0 ? candidate.bits : usual_bits;
  return bits > unheard ? unheard - (bits - unheard) / 100 : bits;
}

QString reason_for(const LoadEstimate& estimate) {
  if (estimate.fit == Fit::fits_well) {
    for (const std::uint64_t context : roomy_contexts)
      if (estimate.longest_context >= context) return tr("leaves room for %1 context").arg(context_name(context));
    return tr("leaves room for other programs");
  }
  return tr("the best that fits");
}

}  // namespace

std::uint64_t parameter_count(const hub::ModelSummary& model) {
  // Packed words are no weights: there the name knows better.
  const bool packed = std::ranges::any_of(
      model.elements, [](const hub::ElementCount& count) { return count.dtype == "U32" || count.dtype == "I32"; });
  const std::uint64_t named = count_in_name(model.id);
  if (packed || model.parameters == 0) return named;
  return model.parameters;
}

std::optional<RoughFit> rough_fit(const hub::ModelSummary& model, std::uint64_t limit) {
  double weights = 0;
  if (!model.is_gguf())
    for (const hub::ElementCount& count : model.elements)
      weights += bytes_of(count.dtype) * static_cast<double>(count.elements);
  if (weights == 0) {
    if (!model.is_gguf() && !model.is_mlx()) return {};
    weights = static_cast<double>(parameter_count(model)) * usual_bits / 8;
  }
  if (weights <= 0) return {};
  RoughFit rough;
  rough.download_bytes = static_cast<std::uint64_t>(weights);
  rough.memory_bytes = static_cast<std::uint64_t>(weights * working_share) + working_bytes;
  rough.fit = fit_of(rough.memory_bytes, limit);
  return rough;
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

Recommendation recommend(const std::vector<Candidate>& candidates) {
  // Of those at ease the best one; else of those that fit at all; sizes nobody would miss come first.
  const auto rank = [](const Candidate& candidate) {
    if (!candidate.complete || !candidate.estimate || candidate.estimate->fit == Fit::too_big) return -1;
    const double bits = candidate.bits > 0 ? candidate.bits : usual_bits;
    const int ease = candidate.estimate->fit == Fit::fits_well ? 2 : candidate.estimate->fit == Fit::tight ? 1 : 0;
    return ease + (bits >= heard && bits <= unheard ? 3 : 0);
  };
  Recommendation best;
  int best_rank = -1;
  for (int i = 0; i < static_cast<int>(candidates.size()); ++i) {
    const Candidate& candidate = candidates[static_cast<std::size_t>(i)];
    const int ranked = rank(candidate);
    if (ranked < 0 || ranked < best_rank) continue;
    if (ranked == best_rank && worth(candidate) <= worth(candidates[static_cast<std::size_t>(best.index)])) continue;
    best_rank = ranked;
    best.index = i;
  }
  if (best.index >= 0) best.reason = reason_for(*candidates[static_cast<std::size_t>(best.index)].estimate);
  return best;
}

QString fit_line(const LoadEstimate& estimate) {
  if (const LoadEstimate::Room* room = room_for(estimate))
    return tr("Fits after unloading %1").arg(QString::fromStdString(room->name));
  switch (estimate.fit) {
    case Fit::fits_well: return fit_word(estimate.fit);
    case Fit::tight: return tr("Tight · other programs may slow down");
    case Fit::very_tight: return tr("Very tight · only up to %1 context").arg(context_name(estimate.longest_context));
    case Fit::too_big:
      return tr("Too big · needs %1 more than the limit (%2)")
          .arg(format::memory_bytes(estimate.missing_bytes), format::memory_bytes(estimate.usable_bytes));
  }
  return {};
}

FitBar fit_bar(const LoadEstimate& estimate) {
  FitBar bar;
  const std::uint64_t total = estimate.total();
  const std::uint64_t parts = estimate.weight_bytes() + estimate.kv_cache_bytes();
  bar.whole = std::max({total, estimate.usable_bytes, std::uint64_t{1}});
  const auto add = [&](MemoryKind kind, std::uint64_t bytes) {
    bar.segments << Segment{kind_name(kind), bytes, kind_color(kind), kind_pattern(kind)};
  };
  add(MemoryKind::weights, estimate.weight_bytes());
  add(MemoryKind::context, estimate.kv_cache_bytes());
  add(MemoryKind::working, total - parts);
  add(MemoryKind::free, bar.whole - total);
  if (total > estimate.usable_bytes)
    bar.tick = static_cast<double>(estimate.usable_bytes) / static_cast<double>(bar.whole);
  return bar;
}

QString context_name(std::uint64_t tokens) {
  if (tokens >= 1024 && tokens % 1024 == 0) return tr("%1k").arg(QLocale().toString(qulonglong(tokens / 1024)));
  if (tokens >= 10'000) return tr("%1k").arg(QLocale().toString(qulonglong(tokens / 1024)));
  return QLocale().toString(qulonglong(tokens));
}

}  // namespace etna::gui
