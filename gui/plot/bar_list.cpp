#include "gui/plot/bar_list.h"

#include <QQmlEngine>

namespace etna::gui {

int BarList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant BarList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_.at(static_cast<std::size_t>(index.row()));
  switch (role) {
    case NameRole: return row.name;
    case TextRole: return row.text;
    case NoteRole: return row.note;
    case TickRole: return row.tick;
    case SegmentsRole: return QVariant::fromValue(row.segments.get());
    default: return {};
  }
}

QHash<int, QByteArray> BarList::roleNames() const {
  return {{NameRole, "name"}, {TextRole, "text"}, {NoteRole, "note"}, {TickRole, "tick"}, {SegmentsRole, "segments"}};
}

void BarList::set(const QVector<Bar>& bars) {
  const int before = count();
  if (static_cast<int>(bars.size()) != before) {
    beginResetModel();
    rows_.clear();
    for (qsizetype i = 0; i < bars.size(); ++i) {
      Row& row = rows_.emplace_back();
      row.segments = std::make_unique<SegmentList>();
      QJSEngine::setObjectOwnership(row.segments.get(), QJSEngine::CppOwnership);
    }
  }
  for (int i = 0; i < count(); ++i) {
    Row& row = rows_[static_cast<std::size_t>(i)];
    const Bar& bar = bars.at(i);
    const bool same = row.name == bar.name && row.text == bar.text && row.note == bar.note && row.tick == bar.tick;
    row.name = bar.name;
    row.text = bar.text;
    row.note = bar.note;
    row.tick = bar.tick;
    row.segments->set(bar.segments, bar.whole);
    if (!same && count() == before) emit dataChanged(index(i), index(i));
  }
  if (count() == before) return;
  endResetModel();
  emit countChanged();
}

}  // namespace etna::gui
