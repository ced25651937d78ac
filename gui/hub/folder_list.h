#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <vector>

#include "gui/hub/hub_service.h"

namespace etna::gui {

/// The places where models lie, each with its owner.
class FolderList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The library owns its folders")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role { PathRole = Qt::UserRole, LabelRole, NoteRole, OnlineRole, RemovableRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  void set(const std::vector<LibraryFolder>& folders);

signals:
  void countChanged();

private:
  std::vector<LibraryFolder> rows_;
};

/// What looks like a model and can't be used, with the reason and what helps.
class UnusableList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The library owns the list")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role { PathRole = Qt::UserRole, NameRole, ReasonRole, ActionRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  void set(const std::vector<UnusableModel>& models);

  const UnusableModel& at(int row) const { return rows_[static_cast<std::size_t>(row)]; }

signals:
  void countChanged();

private:
  std::vector<UnusableModel> rows_;
};

}  // namespace etna::gui
