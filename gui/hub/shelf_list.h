#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QHash>
#include <QSet>
#include <QStringList>
#include <functional>
#include <vector>

#include "engine/session/memory_messages.h"
#include "gui/hub/hub_service.h"

namespace etna::gui {

/// The models on this computer as a table. New scans change the rows that changed: ten thousand models stay where they
/// are on the screen.
class ShelfList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The library owns its table")
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(int sortColumn READ sort_column NOTIFY sortChanged)
  Q_PROPERTY(bool descending READ descending NOTIFY sortChanged)
  Q_PROPERTY(int selectedCount READ selected_count NOTIFY selectionChanged)

public:
  enum Column { NameColumn, ParametersColumn, VersionColumn, SizeColumn, MemoryColumn, UsedColumn, FolderColumn };
  Q_ENUM(Column)

  enum Role {
    PathRole = Qt::UserRole,
    NameRole,
    PublisherRole,
    ParametersRole,
    VersionRole,
    SizeRole,
    MemoryRole,
    UsedRole,
    FolderRole,
    OwnerRole,
    OnlineRole,
    LoadedRole,
    SelectedRole,
    OpenRole,
    OriginRole,
    CheckedRole,
    DetailsRole,
    SpokenRole
  };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  int sort_column() const { return column_; }

  bool descending() const { return descending_; }

  int selected_count() const { return static_cast<int>(selected_.size()); }

  /// The same column again: the other way round.
  Q_INVOKABLE void sortBy(int column);

  Q_INVOKABLE void toggle(int row);  ///< selects or no longer selects
  Q_INVOKABLE void selectOnly(int row);
  Q_INVOKABLE void selectTo(int row);  ///< all from the one selected last
  Q_INVOKABLE void selectAll();
  Q_INVOKABLE void selectNone();
  Q_INVOKABLE void toggleOpen(int row);  ///< details below the row
  Q_INVOKABLE QString pathAt(int row) const;

  void set_models(const std::vector<LibraryModel>& models);
  void set_last_used(const QHash<QString, qint64>& unix_times);
  void set_loaded(const QSet<QString>& paths);

  /// What a load takes at its usual context; `hint` where it could not be found out.
  void set_memory(const QString& path, std::uint64_t bytes, const QString& hint);
  void set_checked(const QString& path, const QString& words);

  bool knows_memory(const QString& path) const { return memory_.contains(path); }

  const LibraryModel* find(const QString& path) const;
  QStringList selected() const;
  std::uint64_t bytes() const;

  const std::vector<LibraryModel>& models() const { return rows_; }

signals:
  void countChanged();
  void sortChanged();
  void selectionChanged();

private:
  struct Memory {
    std::uint64_t bytes = 0;
    QString hint;
  };

  bool before(const LibraryModel& a, const LibraryModel& b) const;
  void insert_run(std::size_t at, std::vector<LibraryModel>::iterator begin, std::vector<LibraryModel>::iterator end);
  int row_of(const QString& path) const;
  void announce(const QString& path, const QList<int>& roles);
  QString used_text(const QString& path) const;
  QString checked_text(const LibraryModel& model) const;
  static QString origin(const LibraryModel& model);

  std::vector<LibraryModel> rows_;  ///< sorted by before()
  QHash<QString, qint64> used_;
  QSet<QString> loaded_;
  QHash<QString, Memory> memory_;
  QHash<QString, QString> checked_;
  QSet<QString> selected_;
  QSet<QString> open_;
  QString anchor_;
  int column_ = NameColumn;
  bool descending_ = false;
};

/// "1 model", "7 models".
QString models_text(std::uint64_t count);

/// "Hugging Face cache", "LM Studio", …; of a person's own folder its name.
QString owner_label(FolderOwner owner, const std::string& folder);

}  // namespace etna::gui
