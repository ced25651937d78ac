#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QVector>

#include "engine/engine.h"

namespace etna::gui {

/// The models that are in memory: what each holds, when it was used, when it goes; to pin and to unload.
class LoadedModels : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The memory monitor owns the list")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role {
    ModelIdRole = Qt::UserRole,
    NameRole,
    PathRole,
    SettingsRole,
    AmountRole,
    UsedRole,     ///< "in use", "used 3 min ago"
    UnloadsRole,  ///< "unloads in 12 min"; empty: not on its own
    FreesRole,    ///< "frees 3.9 GiB"
    PinnedRole,
    BusyRole
  };

  explicit LoadedModels(Engine& engine, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  void set(const std::vector<LoadedModelStatus>& models);

  /// A pinned model stays until it is unloaded here.
  Q_INVOKABLE void setPinned(quint64 model, bool pinned);

  /// After what it is doing; the library does it.
  Q_INVOKABLE void unload(quint64 model) { emit unloadWanted(model); }

signals:
  void countChanged();
  void changed();  ///< asked the engine for something: a new sample shows it
  void unloadWanted(quint64 model);

private:
  struct Row {
    quint64 id = 0;
    QString name, path, settings, amount, used, unloads, frees;
    bool pinned = false;
    bool busy = false;

    friend bool operator==(const Row&, const Row&) = default;
  };

  Engine& engine_;
  QVector<Row> rows_;
};

}  // namespace etna::gui
