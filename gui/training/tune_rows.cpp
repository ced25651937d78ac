#include "gui/training/tune_rows.h"

namespace etna::gui {

TuneRows::TuneRows(QByteArrayList roles, QObject* parent) : QAbstractListModel(parent), roles_(std::move(roles)) {}

int TuneRows::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant TuneRows::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  return rows_.at(index.row()).value(role - Qt::UserRole);
}

QHash<int, QByteArray> TuneRows::roleNames() const {
  QHash<int, QByteArray> names;
  for (int i = 0; i < roles_.size(); ++i) names[Qt::UserRole + i] = roles_.at(i);
  return names;
}

void TuneRows::set(QVector<QVariantList> rows) {
  const qsizetype before = rows_.size(), after = rows.size(), common = std::min(before, after);
  if (after < before) {
    beginRemoveRows({}, static_cast<int>(after), static_cast<int>(before) - 1);
    rows_.resize(after);
    endRemoveRows();
  }
  for (qsizetype row = 0; row < common; ++row) {
    if (rows_[row] == rows[row]) continue;
    rows_[row] = rows[row];
    emit dataChanged(index(static_cast<int>(row)), index(static_cast<int>(row)));
  }
  if (after > before) {
    beginInsertRows({}, static_cast<int>(before), static_cast<int>(after) - 1);
    for (qsizetype row = before; row < after; ++row) rows_ << rows[row];
    endInsertRows();
  }
  if (before != after) emit countChanged();
}

}  // namespace etna::gui
