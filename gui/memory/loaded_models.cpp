#include "gui/memory/loaded_models.h"

#include <algorithm>

#include "gui/text/format.h"

namespace etna::gui {
namespace {

QString used_text(const LoadedModelStatus& model) {
  if (model.busy) return LoadedModels::tr("in use");
  return model.idle_seconds < 60 ? LoadedModels::tr("used just now")
                                 : LoadedModels::tr("used %1 ago").arg(format::duration(model.idle_seconds));
}

QString unloads_text(const LoadedModelStatus& model) {
  if (model.pinned) return LoadedModels::tr("stays until you unload it");
  if (model.busy || !(model.unloads_in_seconds >= 0)) return {};
  return LoadedModels::tr("unloads in %1").arg(format::duration(model.unloads_in_seconds));
}

}  // namespace

LoadedModels::LoadedModels(Engine& engine, QObject* parent) : QAbstractListModel(parent), engine_(engine) {}

int LoadedModels::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant LoadedModels::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_.at(index.row());
  switch (role) {
    case ModelIdRole: return row.id;
    case NameRole: return row.name;
    case PathRole: return row.path;
    case SettingsRole: return row.settings;
    case AmountRole: return row.amount;
    case UsedRole: return row.used;
    case UnloadsRole: return row.unloads;
    case FreesRole: return row.frees;
    case PinnedRole: return row.pinned;
    case BusyRole: return row.busy;
    default: return {};
  }
}

QHash<int, QByteArray> LoadedModels::roleNames() const {
  return {{ModelIdRole, "modelId"}, {NameRole, "name"}, {PathRole, "path"},       {SettingsRole, "settings"},
          {AmountRole, "amount"},   {UsedRole, "used"}, {UnloadsRole, "unloads"}, {FreesRole, "frees"},
          {PinnedRole, "pinned"},   {BusyRole, "busy"}};
}

void LoadedModels::set(const std::vector<LoadedModelStatus>& models) {
  QVector<Row> rows;
  for (const LoadedModelStatus& model : models) {
    rows << Row{model.id,
                QString::fromStdString(model.name),
                QString::fromStdString(model.path),
                QString::fromStdString(model.settings),
                format::memory_bytes(model.bytes),
                used_text(model),
                unloads_text(model),
                tr("frees %1").arg(format::memory_bytes(model.unload_frees)),
                model.pinned,
                model.busy};
  }
  const bool same_models = std::ranges::equal(rows, rows_, {}, &Row::id, &Row::id);
  if (!same_models) {
    beginResetModel();
    rows_ = std::move(rows);
    endResetModel();
    emit countChanged();
    return;
  }
  for (int i = 0; i < rows.size(); ++i) {
    if (rows[i] == rows_[i]) continue;
    rows_[i] = rows[i];
    emit dataChanged(index(i), index(i));
  }
}

void LoadedModels::setPinned(quint64 model, bool pinned) {
  engine_.set_idle_policy(model, pinned ? IdlePolicy::keep : IdlePolicy::after_idle_time);
  emit changed();
}

}  // namespace etna::gui
