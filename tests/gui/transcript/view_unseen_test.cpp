#include "gui/transcript/message_blocks.h"
#include "tests/gui/transcript/view_fixture.h"

namespace etna::gui {
namespace {

/// Messages that the model is not shown any more.
class ViewUnseen : public ViewTest {
protected:
  /// The darkest dot of a message's first block.
  int darkest(int row) {
    const QImage picture = window.grabWindow();
    int value = 255;
    for (const SeenBlock& seen : view->body().seen()) {
      if (seen.row != row || seen.block != 0) continue;
      const auto& entry = view->body().cell(row).entry(0);
      for (int y = static_cast<int>(seen.y); y < static_cast<int>(seen.y + entry.height) && y < picture.height(); ++y) {
        for (int x = 0; x < picture.width() && y >= 0; ++x) value = std::min(value, qGray(picture.pixel(x, y)));
      }
    }
    return value;
  }
};

TEST_F(ViewUnseen, AreDimmedAndComeBack) {
  add_pairs(1);
  const int before = darkest(1);
  source.messages[1].unseen = true;
  emit source.changed(1);
  settle();
  EXPECT_GT(darkest(1), before + 40);
  source.messages[1].unseen = false;
  emit source.changed(1);
  settle();
  EXPECT_EQ(darkest(1), before);
}

TEST_F(ViewUnseen, HaveALineBelowThatIsSpokenAndNotCopied) {
  source.add(TranscriptMessage::Role::model, QStringLiteral("Words"));
  source.add(TranscriptMessage::Role::user, QStringLiteral("More"));
  settle();
  const double before = view->body().cell(0).height();
  source.messages[0].unseen = true;
  source.messages[0].divider = QStringLiteral("Nothing above\nbut the first");
  emit source.changed(0);
  settle();
  EXPECT_GT(view->body().cell(0).height(), before + 20);
  const MessageBlock block = view->body().cell(0).entry(view->body().cell(0).size() - 1).block;
  ASSERT_EQ(block.kind, MessageBlock::Kind::divider);
  EXPECT_EQ(spoken_text(block), source.messages[0].divider);
  EXPECT_EQ(block_text(block), QString());
  EXPECT_EQ(plain_text(block, 0, 0), QString());
  EXPECT_EQ(block_markdown(block, 0, 0), QString());
  source.messages[0].divider.clear();
  emit source.changed(0);
  settle();
  EXPECT_EQ(view->body().cell(0).height(), before);
}

}  // namespace
}  // namespace etna::gui
