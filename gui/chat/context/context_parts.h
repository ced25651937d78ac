#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QVector>

#include "engine/session/messages.h"

namespace etna::gui {

/// One part of the context, as words.
struct ContextPart {
  QString name;
  quint64 tokens = 0;
  int color = 0;  ///< index of the bar's colours
  int pattern = 0;

  friend bool operator==(const ContextPart&, const ContextPart&) = default;
};

/// What the context holds, part by part, those of no tokens too: a list that keeps its places reads better.
class ContextParts : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The context meter owns them")

public:
  enum Role { NameRole = Qt::UserRole, AmountRole, ColorRole, PatternRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  void set(const QVector<ContextPart>& parts);

  const QVector<ContextPart>& parts() const { return parts_; }

private:
  QVector<ContextPart> parts_;
};

/// System · History · Attachments · This message · Reply reserve.
QVector<ContextPart> context_parts(const ContextUse& use);

}  // namespace etna::gui
