#pragma once

#include "gui/transcript/layout/block_layout.h"
#include "gui/transcript/layout/text_box.h"

namespace etna::gui {

/// A line across the column with words in the middle below it.
class DividerLayout : public BlockLayout {
public:
  /// The block's title is what it says.
  DividerLayout(const MessageBlock& block, const TranscriptTheme& theme);

  double layout(double width) override;
  void paint(const PaintContext& context) const override;

private:
  TextBox box_;
  QColor color_;
  double width_ = 0;
};

}  // namespace etna::gui
