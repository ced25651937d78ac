#include "gui/plot/segment_list.h"

#include <QStringList>
#include <algorithm>

#include "gui/text/format.h"

namespace etna::gui {

int SegmentList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(segments_.size());
}

QVariant SegmentList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Segment& segment = segments_.at(index.row());
  switch (role) {
    case NameRole: return segment.name;
    case AmountRole: return format::memory_bytes(segment.bytes);
    case ColorRole: return segment.color;
    case PatternRole: return static_cast<int>(segment.pattern);
    default: return {};
  }
}

QHash<int, QByteArray> SegmentList::roleNames() const {
  return {{NameRole, "name"}, {AmountRole, "amount"}, {ColorRole, "colorIndex"}, {PatternRole, "pattern"}};
}

void SegmentList::set(QVector<Segment> segments, quint64 whole) {
  segments.removeIf([](const Segment& segment) { return segment.bytes == 0; });
  if (segments == segments_ && whole == whole_) return;
  whole_ = whole;
  const auto same_part = [](const Segment& a, const Segment& b) { return a.name == b.name; };
  if (std::ranges::equal(segments, segments_, same_part)) {
    for (int row = 0; row < segments.size(); ++row) {
      if (segments[row] == segments_[row]) continue;
      segments_[row] = segments[row];
      emit dataChanged(index(row), index(row));
    }
  } else {
    beginResetModel();
    segments_ = std::move(segments);
    endResetModel();
  }
  emit changed();
}

QVector<double> SegmentList::ends() const {
  double sum = 0;
  QVector<double> ends;
  for (const Segment& segment : segments_) ends << (sum += static_cast<double>(segment.bytes));
  const double whole = std::max(sum, static_cast<double>(whole_));
  for (double& end : ends) end = whole > 0 ? end / whole : 0;
  return ends;
}

QString SegmentList::summary() const {
  QStringList parts;
  for (const Segment& segment : segments_) parts << segment.name + u' ' + format::memory_bytes(segment.bytes);
  return parts.join(QStringLiteral(", "));
}

}  // namespace etna::gui
