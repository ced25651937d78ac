#pragma once

#include <QRectF>
#include <memory>

#include "gui/transcript/block.h"
#include "gui/transcript/layout/paint_context.h"
#include "gui/transcript/transcript_theme.h"

namespace etna::gui {

/// What a person did with a block.
struct BlockState {
  bool open = false;     ///< folded code shows all its lines
  bool wrapped = false;  ///< code breaks its long lines
  bool growing = false;  ///< more of it may come
  double scroll = 0;     ///< sideways
};

/// A block in lines, at a width. Coordinates are its own: the top left corner of its column is (0, 0).
class BlockLayout {
public:
  virtual ~BlockLayout() = default;

  /// Breaks its lines; returns its height.
  virtual double layout(double width) = 0;

  virtual void paint(const PaintContext& context) const = 0;

  /// Where in block_text() a point is.
  virtual int position_at(const QPointF&) const { return 0; }

  virtual QRectF cursor_rect(int) const { return {}; }

  /// What can be clicked at a point; null: nothing.
  virtual const TextSpan* span_at(const QPointF&) const { return nullptr; }

  /// How far it scrolls sideways.
  virtual double scroll_range() const { return 0; }

  virtual void scroll_to(double) {}

  /// More text at its end; false: it has to be made anew.
  virtual bool extend(const MessageBlock&) { return false; }

  /// Lines of code; 0 of anything else.
  virtual int lines() const { return 0; }

  /// Whether there is more of it than is shown by itself.
  virtual bool folds() const { return false; }
};

std::unique_ptr<BlockLayout> make_layout(const MessageBlock& block, const BlockState& state,
                                         const TranscriptTheme& theme);

/// The space above a block.
double gap_above(const MessageBlock& block, bool first, const TranscriptTheme& theme);

/// How high a block will be, without laying it out.
double estimated_height(const MessageBlock& block, double width, const TranscriptTheme& theme);

// Lengths on the 4 px grid, as in the rest of the window.
namespace length {
inline constexpr int xs = 4, s = 8, m = 12, l = 16, xl = 24, card = 10;
}

/// Of code above the fold.
inline constexpr int folded_lines = 30;

}  // namespace etna::gui
