#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <vector>

#include "engine/session/prompt_cache_messages.h"

namespace etna::gui {

/// A snapshot, and whether the model that is loaded can use it.
struct ShownSnapshot {
  SnapshotInfo info;
  SnapshotFit fit;
};

/// Named context snapshots, latest used first.
class SnapshotList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the list")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role { NameRole = Qt::UserRole, ModelRole, DetailRole, UsedRole, NoteRole, UsableRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  const ShownSnapshot& at(int row) const { return rows_.at(static_cast<std::size_t>(row)); }

  int row_of(const std::string& id) const;  ///< -1: none

  void set(std::vector<ShownSnapshot> rows);

signals:
  void countChanged();

private:
  std::vector<ShownSnapshot> rows_;
};

}  // namespace etna::gui
