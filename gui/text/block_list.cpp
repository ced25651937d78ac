#include "gui/text/block_list.h"

#include <algorithm>

namespace etna::gui {

int BlockList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(blocks_.size());
}

QVariant BlockList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Block& block = blocks_.at(index.row());
  switch (role) {
    case KindRole: return static_cast<int>(block.kind);
    case TextRole: return block.text;
    case PlainRole: return block.plain;
    case LanguageRole: return block.language;
    case MarkerRole: return block.marker;
    case LevelRole: return block.level;
    case QuoteDepthRole: return block.quote_depth;
    case ColumnsRole: return block.columns;
    case CellsRole: return block.cells;
    default: return {};
  }
}

QHash<int, QByteArray> BlockList::roleNames() const {
  return {{KindRole, "kind"},         {TextRole, "text"},     {PlainRole, "plain"},
          {LanguageRole, "language"}, {MarkerRole, "marker"}, {LevelRole, "level"},
          {QuoteDepthRole, "quoteDepth"}, {ColumnsRole, "columns"}, {CellsRole, "cells"}};
}

void BlockList::set_markdown(const QString& markdown) {
  QVector<Block> next = markdown_blocks(markdown);
  const qsizetype common = std::min(blocks_.size(), next.size());

  for (qsizetype row = 0; row < common; ++row) {
    if (blocks_.at(row) == next.at(row)) continue;
    blocks_[row] = std::move(next[row]);
    const QModelIndex changed = index(static_cast<int>(row));
    emit dataChanged(changed, changed);
  }
  if (next.size() < blocks_.size()) {
    beginRemoveRows({}, static_cast<int>(next.size()), static_cast<int>(blocks_.size()) - 1);
    blocks_.resize(next.size());
    endRemoveRows();
  } else if (next.size() > blocks_.size()) {
    beginInsertRows({}, static_cast<int>(blocks_.size()), static_cast<int>(next.size()) - 1);
    for (qsizetype row = common; row < next.size(); ++row) blocks_.push_back(std::move(next[row]));
    endInsertRows();
  }
}

}  // namespace etna::gui
