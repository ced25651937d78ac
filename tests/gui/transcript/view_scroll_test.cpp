#include <QImage>
#include <QPainter>
#include <random>

#include "gui/transcript/layout/block_layout.h"
#include "gui/transcript/message_blocks.h"
#include "tests/gui/transcript/view_fixture.h"

namespace etna::gui {
namespace {

using Role = TranscriptMessage::Role;
using State = TranscriptMessage::State;

using ViewScroll = ViewTest;

TEST_F(ViewScroll, AChatOpensAtItsEnd) {
  add_pairs(200);
  EXPECT_TRUE(view->at_end());
  EXPECT_TRUE(view->following());
  EXPECT_EQ(view->body().seen().back().row, 399);
}

TEST_F(ViewScroll, OnlyWhatIsSeenIsLaidOut) {
  add_pairs(2000);
  EXPECT_LT(view->body().seen().size(), 100U);
  EXPECT_LT(view->paint_count(), 300);
}

TEST_F(ViewScroll, WhatIsSeenStaysWhenHeightsBecomeKnown) {
  add_pairs(300);
  view->set_content_y(view->content_height() / 2);
  settle();
  const auto before = top_place();
  while (view->body().measure_some(50)) {
  }
  settle();
  EXPECT_EQ(top_place(), before);
}

TEST_F(ViewScroll, ScrollingDownAndUpTheSameWayEndsAtTheSamePlace) {
  add_pairs(100);
  view->set_content_y(0);
  settle();
  for (int i = 0; i < 80; ++i) press(Qt::Key_Down);
  const auto middle = top_place();
  for (int i = 0; i < 40; ++i) press(Qt::Key_Down);
  for (int i = 0; i < 40; ++i) press(Qt::Key_Up);
  EXPECT_EQ(top_place(), middle);
  press(Qt::Key_Home);
  EXPECT_EQ(view->content_y(), 0);
  press(Qt::Key_End);
  EXPECT_TRUE(view->at_end());
}

TEST_F(ViewScroll, ContentYNeverLeavesTheContent) {
  add_pairs(30);
  std::mt19937 random(5);
  for (int i = 0; i < 200; ++i) {
    view->body().scroll_by(static_cast<double>(random() % 4000) - 2000);
    settle();
    ASSERT_GE(view->content_y(), 0);
    ASSERT_LE(view->content_y() + view->height(), view->content_height() + 1);
  }
}

TEST_F(ViewScroll, TheEndIsFollowedUntilOneScrollsUp) {
  add_pairs(20);
  source.add(Role::model, {}, State::writing);
  for (int i = 0; i < 50; ++i) {
    source.append(QStringLiteral("Some words of a reply.\n\n"));
    settle();
    ASSERT_TRUE(view->at_end());
  }
  press(Qt::Key_PageUp);
  EXPECT_FALSE(view->following());
  const auto before = top_place();
  for (int i = 0; i < 50; ++i) source.append(QStringLiteral("Some words of a reply.\n\n"));
  settle();
  EXPECT_EQ(top_place(), before);
  EXPECT_TRUE(view->new_text());
  view->follow();
  settle();
  EXPECT_TRUE(view->at_end());
  EXPECT_FALSE(view->new_text());
}

TEST_F(ViewScroll, AShortChatBeginsAtTheTop) {
  source.add(Role::user, QStringLiteral("Hello"));
  settle();
  EXPECT_EQ(view->content_y(), 0);
  EXPECT_TRUE(view->at_end());
  EXPECT_GT(view->body().seen().front().y, 0);
}

TEST_F(ViewScroll, ANewWidthKeepsTheFirstBlockInSight) {
  add_pairs(100);
  view->set_content_y(3000);
  settle();
  const int row = view->body().seen().front().row;
  view->setWidth(430);
  settle();
  EXPECT_EQ(view->body().seen().front().row, row);
}

TEST_F(ViewScroll, RowsThatGoTakeNothingElseWithThem) {
  add_pairs(50);
  view->set_content_y(2000);
  settle();
  const auto before = top_place();
  source.messages.pop_back();
  emit source.removed(source.count(), 1);
  settle();
  EXPECT_EQ(top_place(), before);
  source.messages.clear();
  emit source.reset();
  settle();
  EXPECT_TRUE(view->body().seen().empty());
  EXPECT_EQ(view->content_height(), 0);
}

TEST_F(ViewScroll, GrowingTextPaintsOnlyItsOwnBlock) {
  add_pairs(5);
  source.add(Role::model, {}, State::writing);
  source.append(QStringLiteral("A paragraph.\n\n"));
  QTest::qWait(50);
  const int before = view->paint_count();
  for (int i = 0; i < 10; ++i) {
    source.append(QStringLiteral("word "));
    QTest::qWait(20);
  }
  EXPECT_LE(view->paint_count() - before, 22) << "one or two tiles for each frame";
}

TEST_F(ViewScroll, LongCodeUnfoldsInPlace) {
  source.add(Role::model,
             QStringLiteral("```cpp\n") + QStringLiteral("int x = 1;\n").repeated(100) + QStringLiteral("```"));
  settle();
  const double folded = view->content_height();
  view->toggleOpen(0, 0);
  settle();
  EXPECT_GT(view->content_height(), folded + 1000);
  view->toggleOpen(0, 0);
  settle();
  EXPECT_EQ(view->content_height(), folded);
}

TEST_F(ViewScroll, HostileMessagesCanBeScrolledThrough) {
  source.add(Role::model, QString(200'000, u'x'));
  source.add(Role::model, QStringLiteral("```\n") + QString(200'000, u'y'));
  source.add(Role::user, QStringLiteral("\u202E\u200B").repeated(20'000));
  source.add(Role::model, QStringLiteral("> ").repeated(300) + QStringLiteral("deep"));
  source.add(Role::model, QStringLiteral("|").repeated(3000) + u'\n' + QStringLiteral("|-").repeated(3000));
  settle();
  for (int i = 0; i < 20; ++i) press(Qt::Key_PageUp);
  press(Qt::Key_Home);
  EXPECT_EQ(view->content_y(), 0);
}

TEST_F(ViewScroll, EveryKindOfBlockIsPainted) {
  const QStringList blocks = {QStringLiteral("word"),
                              QStringLiteral("# head"),
                              QStringLiteral("- item"),
                              QStringLiteral("```cpp\nint x = 1;\n```"),
                              QStringLiteral("| a |\n|---|"),
                              QStringLiteral("$$x^2$$"),
                              QStringLiteral("```\nplain\n```"),
                              QStringLiteral("> quote")};
  for (const QString& block : blocks) {
    TranscriptMessage message;
    message.role = Role::model;
    message.text = block;
    const TranscriptTheme theme;
    const auto layout = make_layout(blocks_of(message).at(0), {}, theme);
    QImage image(400, qRound(layout->layout(400)), QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::white);
    QPainter painter(&image);
    layout->paint({.painter = painter, .top = 0, .bottom = static_cast<double>(image.height())});
    painter.end();
    // Grounds and lines are pale; ink is not.
    int ink = 0;
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) ink += qGray(image.pixel(x, y)) < 140 ? 1 : 0;
    }
    EXPECT_GT(ink, 10) << block.toStdString();
  }
}

TEST_F(ViewScroll, AThemeInAnotherSizeLaysEverythingOutAnew) {
  TranscriptTheme theme;
  view->set_theme(&theme);
  add_pairs(10);
  const double before = view->content_height();
  theme.setProperty("scale", 2.0);
  settle();
  EXPECT_GT(view->content_height(), before * 1.5);
  view->set_theme(nullptr);
}

}  // namespace
}  // namespace etna::gui
