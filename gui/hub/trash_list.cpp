#include "gui/hub/trash_list.h"

#include <QDateTime>
#include <QLocale>

#include "gui/text/format.h"

namespace etna::gui {

int TrashList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QHash<int, QByteArray> TrashList::roleNames() const {
  return {{TicketRole, "ticket"}, {NameRole, "name"}, {NoteRole, "note"}};
}

QVariant TrashList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Trashed& row = rows_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case TicketRole: return QString::fromStdString(row.ticket);
    case Qt::DisplayRole:
    case NameRole: return QString::fromStdString(row.name);
    case NoteRole: {
      const QDate date = QDateTime::fromSecsSinceEpoch(row.unix_time).date();
      const QString when =
          date == QDate::currentDate() ? tr("today") : QLocale().toString(date, QStringLiteral("d MMM yyyy"));
      return tr("%1 · since %2", "size, day").arg(format::disk_bytes(row.bytes), when);
    }
    default: return {};
  }
}

QString TrashList::size() const {
  std::uint64_t bytes = 0;
  for (const Trashed& row : rows_) bytes += row.bytes;
  return format::disk_bytes(bytes);
}

void TrashList::set(const std::vector<Trashed>& things) {
  if (things == rows_) return;
  beginResetModel();
  rows_ = things;
  endResetModel();
  emit countChanged();
}

}  // namespace etna::gui
