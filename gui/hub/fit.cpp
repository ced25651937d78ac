#include "gui/hub/fit.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>

#include "gui/memory/memory_kinds.h"
#include "gui/models/fit_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("Fit", text);
}

QString words(const VersionChoice& choice) {
  switch (choice.reason) {
    case VersionReason::none: return {};
    case VersionReason::room_for_context: return tr("leaves room for %1 context").arg(context_name(choice.context));
    case VersionReason::room_for_others: return tr("leaves room for other programs");
    case VersionReason::best_that_fits: return tr("the best that fits");
  }
  return {};
}

}  // namespace

std::optional<RoughFit> rough_fit(const hub::ModelSummary& model, std::uint64_t limit) {
  const std::optional<hub::RoughSize> size = hub::rough_size(model);
  if (!size) return {};
  return RoughFit{.download_bytes = size->download_bytes,
                  .memory_bytes = size->memory_bytes,
                  .fit = fit_of(size->memory_bytes, std::max<std::uint64_t>(limit, 1))};
}

Recommendation recommend(const std::vector<Candidate>& candidates) {
  const VersionChoice choice = recommend_version(candidates);
  return {.index = choice.index, .reason = words(choice)};
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
