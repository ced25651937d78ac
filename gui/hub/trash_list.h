#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <vector>

#include "gui/hub/hub_service.h"

namespace etna::gui {

/// What Etna moved to the trash and can be put back.
class TrashList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The library owns the list")
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(QString size READ size NOTIFY countChanged)

public:
  enum Role { TicketRole = Qt::UserRole, NameRole, NoteRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  QString size() const;  ///< of all: "12.4 GB"

  void set(const std::vector<Trashed>& things);

  const std::vector<Trashed>& things() const { return rows_; }

signals:
  void countChanged();

private:
  std::vector<Trashed> rows_;
};

}  // namespace etna::gui
