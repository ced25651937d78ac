#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QVector>

#include "engine/session/memory_messages.h"

namespace etna::gui {

/// Who holds how much, as a table that can be sorted and copied.
class UseList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The memory monitor owns the table")
  Q_PROPERTY(Column sortColumn READ sort_column NOTIFY sortChanged)
  Q_PROPERTY(bool descending READ descending NOTIFY sortChanged)
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Column { KindColumn, OwnerColumn, PoolColumn, BytesColumn, PeakColumn };
  Q_ENUM(Column)

  enum Role { KindRole = Qt::UserRole, OwnerRole, PoolRole, AmountRole, PeakRole, SpokenRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  Column sort_column() const { return column_; }

  bool descending() const { return descending_; }

  void set(const std::vector<MemoryPoolStatus>& pools);

  /// A second time the other way round. Amounts begin with the largest, words with the first.
  Q_INVOKABLE void sortBy(int column);

  /// Columns apart by tabs, lines in the order shown.
  Q_INVOKABLE QString copyText() const;

signals:
  void sortChanged();
  void countChanged();

private:
  struct Row {
    QString kind, owner, pool;
    quint64 bytes = 0;
    quint64 peak = 0;
    QString amount_text, peak_text;

    /// Whether they look the same.
    friend bool operator==(const Row& a, const Row& b) {
      return a.kind == b.kind && a.owner == b.owner && a.pool == b.pool && a.amount_text == b.amount_text &&
             a.peak_text == b.peak_text;
    }
  };

  void sort(QVector<Row>& rows) const;
  void show(QVector<Row> rows);

  QVector<Row> rows_;
  Column column_ = BytesColumn;
  bool descending_ = true;
};

}  // namespace etna::gui
