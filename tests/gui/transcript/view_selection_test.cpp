#include <QClipboard>
#include <QGuiApplication>
#include <QSignalSpy>
#include <QStyleHints>

#include "tests/gui/transcript/view_fixture.h"

namespace etna::gui {
namespace {

using Role = TranscriptMessage::Role;

class ViewSelection : public ViewTest {
protected:
  void SetUp() override {
    ViewTest::SetUp();
    source.add(Role::user, QStringLiteral("What is new?"));
    source.add(Role::model,
               QStringLiteral("First **bold** words.\n\n- item\n\nSee [there](https://example.org/).\n\n$x^2$"));
    settle();
  }

  /// A point in a block, some letters from its start.
  QPoint point(int row, int block, int position) {
    for (const SeenBlock& seen : view->body().seen()) {
      if (seen.row != row || seen.block != block) continue;
      const QRectF rect = view->body().cell(row).entry(block).layout->cursor_rect(position);
      return (QPointF(view->column_left(), seen.y) + QPointF(rect.left(), rect.center().y())).toPoint();
    }
    ADD_FAILURE() << "not in sight";
    return {};
  }

  void drag(const QPoint& from, const QPoint& to) {
    QTest::mousePress(&window, Qt::LeftButton, {}, from);
    QTest::mouseMove(&window, from + QPoint(15, 0));
    QTest::mouseMove(&window, to);
    QTest::mouseRelease(&window, Qt::LeftButton, {}, to);
    settle();
  }

  QString copied(bool markdown) {
    view->copy(markdown);
    return QGuiApplication::clipboard()->text();
  }
};

TEST_F(ViewSelection, GoesAcrossBlocksAndMessages) {
  drag(point(0, 0, 5), point(1, 1, 4));
  EXPECT_EQ(copied(true), QStringLiteral("is new?\n\nFirst **bold** words.\n\n- item"));
  EXPECT_EQ(copied(false), QStringLiteral("is new?\n\nFirst bold words.\n\n• item"));
}

TEST_F(ViewSelection, UpwardsItIsTheSame) {
  drag(point(1, 1, 4), point(0, 0, 5));
  EXPECT_EQ(copied(true), QStringLiteral("is new?\n\nFirst **bold** words.\n\n- item"));
}

TEST_F(ViewSelection, TwoClicksTakeAWordThreeABlock) {
  QTest::mouseDClick(&window, Qt::LeftButton, {}, point(1, 0, 8));
  settle();
  EXPECT_EQ(copied(true), QStringLiteral("**bold**"));
  QTest::mouseDClick(&window, Qt::LeftButton, {}, point(1, 0, 8));
  QTest::mouseClick(&window, Qt::LeftButton, {}, point(1, 0, 8));
  settle();
  EXPECT_EQ(copied(false), QStringLiteral("First bold words."));
}

TEST_F(ViewSelection, KeysSelectAndCopy) {
  QTest::mouseClick(&window, Qt::LeftButton, {}, point(1, 0, 0));
  QTest::qWait(QGuiApplication::styleHints()->mouseDoubleClickInterval() / 4);
  for (int i = 0; i < 5; ++i) press(Qt::Key_Right, Qt::ShiftModifier);
  press(Qt::Key_C, Qt::ControlModifier);
  EXPECT_EQ(QGuiApplication::clipboard()->text(), QStringLiteral("First"));
  press(Qt::Key_A, Qt::ControlModifier);
  EXPECT_TRUE(copied(true).startsWith(QStringLiteral("What is new?\n\nFirst **bold** words.")));
  EXPECT_TRUE(copied(true).endsWith(QStringLiteral("$x^2$")));
  press(Qt::Key_Escape);
  EXPECT_FALSE(view->has_selection());
}

TEST_F(ViewSelection, ALinkIsAskedForWhenItIsClickedAndNotWhenItIsDragged) {
  QSignalSpy activated(view, &TranscriptView::linkActivated);
  QTest::mouseClick(&window, Qt::LeftButton, {}, point(1, 2, 5));
  ASSERT_EQ(activated.count(), 1);
  EXPECT_EQ(activated[0][0].toString(), QStringLiteral("https://example.org/"));
  drag(point(1, 2, 5), point(1, 2, 9) + QPoint(30, 0));
  EXPECT_EQ(activated.count(), 1);
}

TEST_F(ViewSelection, GoesWhenItsMessageGoes) {
  press(Qt::Key_A, Qt::ControlModifier);
  source.messages.pop_back();
  emit source.removed(1, 1);
  settle();
  EXPECT_FALSE(view->has_selection());
}

TEST_F(ViewSelection, LetsGoOfTheEnd) {
  add_pairs(20);
  ASSERT_TRUE(view->following());
  const QPoint from(static_cast<int>(view->column_left()) + 3, 100);
  drag(from, from + QPoint(100, 40));
  EXPECT_FALSE(view->following());
}

}  // namespace
}  // namespace etna::gui
