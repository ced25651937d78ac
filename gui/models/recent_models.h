#pragma once

#include <QAbstractListModel>
#include <QSettings>
#include <QVector>
#include <QtQml/qqmlregistration.h>

namespace etna::gui {

/// The models used lately, newest first, kept between starts. The starter is not among them: it is always there.
class RecentModels : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The library owns the list")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role { NameRole = Qt::UserRole, PathRole, FolderRole };

  explicit RecentModels(QSettings& store, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }
  void use(const QString& path);
  void forget(const QString& path);

signals:
  void countChanged();

private:
  void replace(const QStringList& paths);

  QSettings& store_;
  QStringList paths_;
};

/// What people call a model that lies in a folder or file: its last part.
QString model_name_of(const QString& path);

}  // namespace etna::gui
