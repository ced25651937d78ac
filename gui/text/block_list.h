#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QVector>

#include "gui/text/markdown_blocks.h"

namespace etna::gui {

/// The blocks of one message. While a reply grows only the blocks that differ are announced, normally the last one,
/// so a long reply costs no more per token than a short one.
class BlockList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Messages make their blocks")

public:
  enum Kind { Paragraph, Heading, ListItem, Code, Table, Rule };
  Q_ENUM(Kind)

  enum Role {
    KindRole = Qt::UserRole,
    TextRole,
    PlainRole,
    LanguageRole,
    MarkerRole,
    LevelRole,
    QuoteDepthRole,
    ColumnsRole,
    CellsRole
  };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  void set_markdown(const QString& markdown);

private:
  QVector<Block> blocks_;
};

}  // namespace etna::gui
