#include "gui/memory/use_list.h"

#include <QStringList>
#include <algorithm>

#include "gui/memory/memory_kinds.h"
#include "gui/text/format.h"

namespace etna::gui {

int UseList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant UseList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_.at(index.row());
  switch (role) {
    case KindRole: return row.kind;
    case OwnerRole: return row.owner;
    case PoolRole: return row.pool;
    case AmountRole: return row.amount_text;
    case PeakRole: return row.peak_text;
    case SpokenRole: return tr("%1, %2, %3: %4").arg(row.kind, row.owner, row.pool, row.amount_text);
    default: return {};
  }
}

QHash<int, QByteArray> UseList::roleNames() const {
  return {{KindRole, "kind"},     {OwnerRole, "owner"}, {PoolRole, "pool"},
          {AmountRole, "amount"}, {PeakRole, "peak"},   {SpokenRole, "spoken"}};
}

void UseList::set(const std::vector<MemoryPoolStatus>& pools) {
  QVector<Row> rows;
  for (const MemoryPoolStatus& pool : pools) {
    for (const MemoryUse& use : pool.uses) {
      Row row{kind_name(kind_of(use.tag)),
              QString::fromStdString(use.owner),
              QString::fromStdString(pool.name),
              use.bytes,
              use.peak_bytes,
              format::memory_bytes(use.bytes),
              format::memory_bytes(use.peak_bytes)};
      // The two tags that share a name with others are told apart.
      if (use.tag == "staging") row.kind = tr("Transfers");
      if (use.tag == "other") row.kind = tr("Other");
      rows << row;
    }
  }
  sort(rows);
  show(std::move(rows));
}

void UseList::sortBy(int column) {
  const auto wanted = static_cast<Column>(std::clamp(column, int{KindColumn}, int{PeakColumn}));
  const bool amounts = wanted == BytesColumn || wanted == PeakColumn;
  descending_ = wanted == column_ ? !descending_ : amounts;
  column_ = wanted;
  QVector<Row> rows = rows_;
  sort(rows);
  show(std::move(rows));
  emit sortChanged();
}

QString UseList::copyText() const {
  QStringList lines = {QStringList{tr("Kind"), tr("Owner"), tr("Where"), tr("Now"), tr("Most")}.join(u'\t')};
  for (const Row& row : rows_)
    lines << QStringList{row.kind, row.owner, row.pool, row.amount_text, row.peak_text}.join(u'\t');
  return lines.join(u'\n') + u'\n';
}

void UseList::sort(QVector<Row>& rows) const {
  const auto before = [this](const Row& a, const Row& b) {
    switch (column_) {
      case KindColumn: return a.kind.localeAwareCompare(b.kind) < 0;
      case OwnerColumn: return a.owner.localeAwareCompare(b.owner) < 0;
      case PoolColumn: return a.pool.localeAwareCompare(b.pool) < 0;
      case BytesColumn: return a.bytes < b.bytes;
      case PeakColumn: return a.peak < b.peak;
    }
    return false;
  };
  std::ranges::stable_sort(rows, [&](const Row& a, const Row& b) { return descending_ ? before(b, a) : before(a, b); });
}

void UseList::show(QVector<Row> rows) {
  if (rows.size() != rows_.size()) {
    beginResetModel();
    rows_ = std::move(rows);
    endResetModel();
    emit countChanged();
    return;
  }
  for (int i = 0; i < rows.size(); ++i) {
    const bool same = rows[i] == rows_[i];
    rows_[i] = rows[i];
    if (!same) emit dataChanged(index(i), index(i));
  }
}

}  // namespace etna::gui
