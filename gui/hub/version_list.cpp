#include "gui/hub/version_list.h"

#include <QQmlEngine>

#include "gui/text/format.h"

namespace etna::gui {

int VersionList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QHash<int, QByteArray> VersionList::roleNames() const {
  return {{LabelRole, "label"},       {DownloadRole, "download"},       {MemoryRole, "memory"}, {FitRole, "fit"},
          {WordsRole, "words"},       {RecommendedRole, "recommended"}, {KnownRole, "known"},   {TickRole, "tick"},
          {SegmentsRole, "segments"}, {PresentRole, "present"},         {SpokenRole, "spoken"}};
}

QVariant VersionList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
    case LabelRole: return QString::fromStdString(row.version.label);
    case DownloadRole: return format::disk_bytes(row.version.download_bytes);
    case MemoryRole: return memory_text(row);
    case FitRole: return row.estimate ? static_cast<int>(row.estimate->fit) : -1;
    case WordsRole: return words(index.row());
    case RecommendedRole: return recommendation_.index == index.row();
    case KnownRole: return row.estimate.has_value();
    case TickRole: return row.tick;
    case SegmentsRole: return QVariant::fromValue(row.segments.get());
    case PresentRole: return !row.present.empty();
    case SpokenRole: {
      QStringList parts = {QString::fromStdString(row.version.label),
                           tr("download %1").arg(format::disk_bytes(row.version.download_bytes))};
      if (row.estimate) parts << tr("memory %1").arg(memory_text(row));
      parts << words(index.row());
      parts.removeAll(QString());
      return parts.join(QStringLiteral(", "));
    }
    default: return {};
  }
}

QString VersionList::memory_text(const Row& row) const {
  if (!row.estimate) return {};
  const QString amount = format::memory_bytes(row.estimate->total());
  return row.exact ? amount : tr("about %1").arg(amount);
}

QString VersionList::words(int row) const {
  const Row& entry = rows_[static_cast<std::size_t>(row)];
  if (!entry.version.missing_parts.empty())
    return tr("Incomplete: %1 is missing").arg(QString::fromStdString(entry.version.missing_parts.front()));
  QStringList parts;
  if (!entry.present.empty()) parts << tr("On this computer");
  if (entry.estimate) parts << fit_line(*entry.estimate);
  if (recommendation_.index == row) parts << tr("recommended: %1").arg(recommendation_.reason);
  return parts.join(QStringLiteral(" · "));
}

void VersionList::replace(const std::vector<hub::ModelVersion>& versions, const std::vector<std::string>& present) {
  beginResetModel();
  recommendation_ = {};
  rows_.clear();
  for (std::size_t i = 0; i < versions.size(); ++i) {
    Row row;
    row.version = versions[i];
    if (i < present.size()) row.present = present[i];
    row.segments = std::make_unique<SegmentList>();
    QQmlEngine::setObjectOwnership(row.segments.get(), QQmlEngine::CppOwnership);
    rows_.push_back(std::move(row));
  }
  endResetModel();
  emit countChanged();
}

void VersionList::set_estimate(int row, const LoadEstimate& estimate, bool exact) {
  Row& entry = rows_[static_cast<std::size_t>(row)];
  const FitBar bar = fit_bar(estimate);
  entry.estimate = estimate;
  entry.exact = exact;
  entry.tick = bar.tick;
  entry.segments->set(bar.segments, bar.whole);
  emit dataChanged(index(row), index(row), {MemoryRole, FitRole, WordsRole, KnownRole, TickRole, SpokenRole});
}

void VersionList::set_unknown(int row) {
  rows_[static_cast<std::size_t>(row)].estimate.reset();
  emit dataChanged(index(row), index(row), {MemoryRole, FitRole, WordsRole, KnownRole, SpokenRole});
}

void VersionList::set_recommendation(const Recommendation& recommendation) {
  if (recommendation.index == recommendation_.index && recommendation.reason == recommendation_.reason) return;
  recommendation_ = recommendation;
  if (!rows_.empty()) emit dataChanged(index(0), index(count() - 1), {WordsRole, RecommendedRole, SpokenRole});
}

void VersionList::set_present(int row, const std::string& path) {
  Row& entry = rows_[static_cast<std::size_t>(row)];
  if (entry.present == path) return;
  entry.present = path;
  emit dataChanged(index(row), index(row), {WordsRole, PresentRole, SpokenRole});
}

std::vector<Candidate> VersionList::candidates() const {
  std::vector<Candidate> candidates;
  for (const Row& row : rows_)
    candidates.push_back(
        {row.version.bits, row.version.download_bytes, row.estimate, row.version.missing_parts.empty()});
  return candidates;
}

}  // namespace etna::gui
