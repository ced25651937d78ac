#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QHash>
#include <QSettings>
#include <QVector>

namespace etna::gui {

/// The models used lately, newest first, kept between starts. The starter is not among them: it is always there.
class RecentModels : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The library owns the list")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role { NameRole = Qt::UserRole, PathRole, FolderRole, FitRole, LoadedRole };

  explicit RecentModels(QSettings& store, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  const QStringList& paths() const { return paths_; }

  /// What is known of the memory that a model takes: a sentence, and whether others are to be unloaded for it.
  void set_fit(const QString& path, const QString& hint, bool makes_room);

  bool makes_room(const QString& path) const { return fits_.value(path).makes_room; }

  void set_loaded(const QStringList& paths);

  void use(const QString& path);
  void forget(const QString& path);

signals:
  void countChanged();

private:
  struct FitHint {
    QString text;
    bool makes_room = false;
  };

  void replace(const QStringList& paths);
  void announce(int role);

  QSettings& store_;
  QStringList paths_;
  QHash<QString, FitHint> fits_;
  QStringList loaded_;
};

/// What people call a model that lies in a folder or file: its last part.
QString model_name_of(const QString& path);

}  // namespace etna::gui
