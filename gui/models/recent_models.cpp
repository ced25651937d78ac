#include "gui/models/recent_models.h"

#include <QDir>
#include <QFileInfo>

namespace etna::gui {
namespace {

constexpr int kept = 8;
const QString key = QStringLiteral("recentModels");

/// "/home/ada/models" → "~/models"
QString shown_folder(const QString& path) {
  const QString folder = QFileInfo(path).path();
  const QString home = QDir::homePath();
  return folder == home || folder.startsWith(home + u'/') ? u'~' + folder.mid(home.size()) : folder;
}

}  // namespace

QString model_name_of(const QString& path) {
  return QFileInfo(QDir::cleanPath(path)).fileName();
}

RecentModels::RecentModels(QSettings& store, QObject* parent)
    : QAbstractListModel(parent), store_(store), paths_(store.value(key).toStringList().mid(0, kept)) {}

int RecentModels::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(paths_.size());
}

QVariant RecentModels::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const QString& path = paths_.at(index.row());
  switch (role) {
    case NameRole: return model_name_of(path);
    case PathRole: return path;
    case FolderRole: return shown_folder(path);
    case FitRole: return loaded_.contains(path) ? QString() : fits_.value(path).text;
    case LoadedRole: return loaded_.contains(path);
    default: return {};
  }
}

QHash<int, QByteArray> RecentModels::roleNames() const {
  return {{NameRole, "name"}, {PathRole, "path"}, {FolderRole, "folder"}, {FitRole, "fit"}, {LoadedRole, "inMemory"}};
}

void RecentModels::set_fit(const QString& path, const QString& hint, bool makes_room) {
  fits_[path] = {hint, makes_room};
  announce(FitRole);
}

void RecentModels::set_loaded(const QStringList& paths) {
  if (paths == loaded_) return;
  loaded_ = paths;
  announce(LoadedRole);
}

void RecentModels::announce(int role) {
  if (count() > 0) emit dataChanged(index(0), index(count() - 1), {role, FitRole});
}

void RecentModels::use(const QString& path) {
  QStringList paths = paths_;
  paths.removeAll(path);
  paths.prepend(path);
  replace(paths.mid(0, kept));
}

void RecentModels::forget(const QString& path) {
  QStringList paths = paths_;
  if (paths.removeAll(path) > 0) replace(paths);
}

void RecentModels::replace(const QStringList& paths) {
  if (paths == paths_) return;
  beginResetModel();
  paths_ = paths;
  endResetModel();
  store_.setValue(key, paths_);
  emit countChanged();
}

}  // namespace etna::gui
