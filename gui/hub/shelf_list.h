#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QHash>
#include <QSet>
#include <QStringList>
#include <functional>
#include <memory>
#include <ranges>
#include <string>
#include <vector>

#include "engine/session/memory_messages.h"
#include "gui/hub/hub_service.h"

namespace etna::gui {

/// The models on this computer as a table. New scans change the rows that changed: ten thousand models stay where they
/// are on the screen, and nothing that happens to one of them touches the others.
class ShelfList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The library owns its table")
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(int total READ total NOTIFY countChanged)
  Q_PROPERTY(int sortColumn READ sort_column NOTIFY sortChanged)
  Q_PROPERTY(bool descending READ descending NOTIFY sortChanged)
  Q_PROPERTY(int selectedCount READ selected_count NOTIFY selectionChanged)
  Q_PROPERTY(QString filter READ filter WRITE set_filter NOTIFY filterChanged)

public:
  enum Column {
    NameColumn,
    ParametersColumn,
    VersionColumn,
    SizeColumn,
    MemoryColumn,
    UsedColumn,
    FolderColumn,
    StateColumn
  };
  Q_ENUM(Column)

  /// The most pressing first: the column of states sorts by it.
  enum State { Damaged, Unreadable, Away, Moving, Checking, InMemory, Unchecked, Verified, Unknown };
  Q_ENUM(State)

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
    StateRole,
    StateTextRole,
    CheckedRole,
    DetailsRole,
    SpokenRole
  };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }  ///< that pass the filter

  int total() const { return static_cast<int>(all_.size()); }

  int sort_column() const { return column_; }

  bool descending() const { return descending_; }

  int selected_count() const { return selected_; }

  /// Words that a model's name, publisher, version or folder must have; empty: all are shown.
  const QString& filter() const { return filter_; }

  void set_filter(const QString& text);

  /// The same column again: the other way round.
  Q_INVOKABLE void sortBy(int column);

  Q_INVOKABLE void toggle(int row);  ///< selects or no longer selects
  Q_INVOKABLE void selectOnly(int row);
  Q_INVOKABLE void selectTo(int row);  ///< all from the one selected last
  Q_INVOKABLE void selectAll();        ///< that are shown
  Q_INVOKABLE void selectNone();
  Q_INVOKABLE void toggleOpen(int row);  ///< details below the row
  Q_INVOKABLE QString pathAt(int row) const;

  void set_models(std::vector<LibraryModel> models);
  void set_last_used(const QHash<QString, qint64>& unix_times);
  void set_loaded(const QSet<QString>& paths);

  /// What a load takes at its usual context; `hint` where it could not be found out.
  void set_memory(const QString& path, std::uint64_t bytes, const QString& hint);

  /// How far a check is, or what it found.
  void set_check(const CheckNews& news);

  /// Checked, without a way to know whether it is whole.
  void set_incomparable(const QString& path);
  void set_moving(const QString& path, bool moving);

  bool knows_memory(const QString& path) const;
  const LibraryModel* find(const QString& path) const;
  QStringList selected() const;

  std::uint64_t bytes() const { return bytes_; }

  /// All, filtered or not.
  auto models() const {
    return all_ | std::views::transform([](const auto& row) -> const LibraryModel& { return row->model; });
  }

signals:
  void countChanged();
  void sortChanged();
  void selectionChanged();
  void filterChanged();

private:
  enum class Check { none, waiting, checking, checked, damaged, unreadable, incomparable };

  struct Row {
    LibraryModel model;
    QString path;
    std::string sort_name;  ///< in lower case
    QString words;          ///< what a filter looks at; made when first needed
    std::uint64_t memory = 0;
    QString memory_hint;
    qint64 used = 0;
    Check check = Check::none;
    int check_percent = 0;
    QString check_reason;
    bool memory_asked = false, loaded = false, selected = false, open = false, moving = false;
    int at = -1;  ///< row; below 0: filtered away
  };

  using RowPtr = std::shared_ptr<Row>;

  bool before(const Row& a, const Row& b) const;
  bool passes(Row& row, const QStringList& words) const;
  std::vector<RowPtr> shown() const;
  RowPtr row_for(LibraryModel model, const RowPtr& old) const;
  void merge(const std::vector<RowPtr>& wanted);
  int runs_between(const std::vector<RowPtr>& wanted) const;
  void remove_rows(std::size_t first, std::size_t end);
  void insert_rows(std::size_t at, std::vector<RowPtr>::const_iterator begin, std::vector<RowPtr>::const_iterator end);
  void number(std::size_t from);
  void sort();
  void announce(const Row& row, const QList<int>& roles);
  State state_of(const Row& row) const;
  QString state_text(const Row& row) const;
  QString checked_text(const Row& row) const;
  QString spoken(const Row& row) const;
  QStringList details(const Row& row) const;
  static QString used_text(qint64 time);
  static QString origin(const LibraryModel& model);

  std::vector<RowPtr> all_;   ///< sorted by before()
  std::vector<RowPtr> rows_;  ///< of these, what passes the filter
  QHash<QString, RowPtr> by_path_;
  QHash<QString, qint64> used_;
  QSet<QString> loaded_;
  QString filter_;
  QString anchor_;
  std::uint64_t bytes_ = 0;
  int selected_ = 0;
  int column_ = NameColumn;
  bool descending_ = false;
};

/// "1 model", "7 models".
QString models_text(std::uint64_t count);

/// "Hugging Face cache", "LM Studio", …; of a person's own folder its name.
QString owner_label(FolderOwner owner, const std::string& folder);

}  // namespace etna::gui
