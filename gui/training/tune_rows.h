#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QByteArrayList>
#include <QVariantList>
#include <QVector>

namespace etna::gui {

/// Rows of values under names, for the small lists of the Fine-tune page: findings, columns, samples, settings. A row
/// that stays where it is keeps its delegate, and with it the keyboard focus.
class TuneRows : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Controllers own their lists")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  explicit TuneRows(QByteArrayList roles, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  /// Each row has a value for each role, in their order.
  void set(QVector<QVariantList> rows);

signals:
  void countChanged();

private:
  QByteArrayList roles_;
  QVector<QVariantList> rows_;
};

}  // namespace etna::gui
