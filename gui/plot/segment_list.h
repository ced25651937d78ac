#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QVector>

#include "gui/plot/plot_data.h"

namespace etna::gui {

/// One part of a bar.
struct Segment {
  QString name;
  quint64 bytes = 0;
  int color = 0;  ///< index of the bar's colours
  Pattern pattern = Pattern::solid;

  friend bool operator==(const Segment&, const Segment&) = default;
};

/// The parts of one bar, for the bar itself and for its legend. Parts of no bytes are left out.
class SegmentList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Controllers own their bars")
  Q_PROPERTY(QString summary READ summary NOTIFY changed)

public:
  enum Role { NameRole = Qt::UserRole, AmountRole, ColorRole, PatternRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  /// `whole`: what the length of the bar stands for; no less than the sum.
  void set(QVector<Segment> segments, quint64 whole);

  const QVector<Segment>& segments() const { return segments_; }

  /// Where each part ends, 0 to 1.
  QVector<double> ends() const;

  QString summary() const;  ///< "Weights 3.9 GiB, Context 1 GiB"

signals:
  void changed();

private:
  QVector<Segment> segments_;
  quint64 whole_ = 0;
};

}  // namespace etna::gui
