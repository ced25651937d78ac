#include "gui/hub/folder_list.h"

#include "gui/hub/shelf_list.h"
#include "gui/text/format.h"

namespace etna::gui {

int FolderList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QHash<int, QByteArray> FolderList::roleNames() const {
  return {{PathRole, "path"},
          {LabelRole, "label"},
          {NoteRole, "note"},
          {OnlineRole, "online"},
          {RemovableRole, "removable"}};
}

QVariant FolderList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const LibraryFolder& row = rows_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case PathRole: return QString::fromStdString(row.path);
    case Qt::DisplayRole:
    case LabelRole: {
      const QString label = owner_label(row.owner, row.path);
      return row.owner == FolderOwner::user ? label : tr("%1 · shared with other programs").arg(label);
    }
    case NoteRole: {
      if (!row.online) return tr("External disk is not connected");
      const QString models = models_text(row.models);
      return row.models == 0 ? models : tr("%1 · %2").arg(models, format::disk_bytes(row.bytes));
    }
    case OnlineRole: return row.online;
    case RemovableRole: return row.owner == FolderOwner::user;
    default: return {};
  }
}

void FolderList::set(const std::vector<LibraryFolder>& folders) {
  if (folders == rows_) return;
  beginResetModel();
  rows_ = folders;
  endResetModel();
  emit countChanged();
}

int UnusableList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QHash<int, QByteArray> UnusableList::roleNames() const {
  return {{PathRole, "path"}, {NameRole, "name"}, {ReasonRole, "reason"}, {ActionRole, "actionText"}};
}

QVariant UnusableList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const UnusableModel& row = at(index.row());
  switch (role) {
    case PathRole: return QString::fromStdString(row.path);
    case Qt::DisplayRole:
    case NameRole: return QString::fromStdString(row.name);
    case ReasonRole: return QString::fromStdString(row.reason);
    case ActionRole: return row.repository.empty() ? QString() : tr("Download the rest");
    default: return {};
  }
}

void UnusableList::set(const std::vector<UnusableModel>& models) {
  if (models == rows_) return;
  beginResetModel();
  rows_ = models;
  endResetModel();
  emit countChanged();
}

}  // namespace etna::gui
