#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <memory>
#include <vector>

#include "gui/plot/segment_list.h"

namespace etna::gui {

/// What one bar shows.
struct Bar {
  QString name;      ///< "System memory"
  QString text;      ///< "12.2 of 15.5 GiB in use"
  QString note;      ///< what is not known; empty: nothing
  double tick = -1;  ///< where the limit is, 0 to 1; below 0: nowhere
  QVector<Segment> segments;
  quint64 whole = 0;
};

/// Bars below one another: one for each source of memory.
class BarList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Controllers own their bars")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role { NameRole = Qt::UserRole, TextRole, NoteRole, TickRole, SegmentsRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  void set(const QVector<Bar>& bars);

  const SegmentList& segments(int row) const { return *rows_.at(static_cast<std::size_t>(row)).segments; }

signals:
  void countChanged();

private:
  struct Row {
    QString name, text, note;
    double tick = -1;
    std::unique_ptr<SegmentList> segments;
  };

  std::vector<Row> rows_;
};

}  // namespace etna::gui
