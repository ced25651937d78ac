#pragma once

#include <QPainter>
#include <QVector>

namespace etna::gui {

/// A stretch of a block's text.
struct TextRange {
  int from = 0;
  int to = 0;

  bool empty() const { return to <= from; }

  friend bool operator==(const TextRange&, const TextRange&) = default;
};

/// How a block is painted just now.
struct PaintContext {
  QPainter& painter;
  double top = 0;     ///< only what lies between these two is seen
  double bottom = 0;  ///< in the block's own coordinates
  TextRange selection = {};
  QVector<TextRange> found = {};
  int found_now = -1;  ///< which of them the find bar stands at
  bool caret = false;  ///< the text is growing
};

}  // namespace etna::gui
