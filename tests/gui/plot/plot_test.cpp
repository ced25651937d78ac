#include "gui/plot/plot.h"

#include <gtest/gtest.h>

#include <QQuickWindow>
#include <QTest>

#include "gui/plot/stacked_bar.h"

namespace etna::gui {
namespace {

/// Two lines and two marks.
class Source : public PlotSource {
public:
  mutable int asked = 0;
  PlotData data;

  Source() {
    data.x_max = 10;
    data.series = {{.name = QStringLiteral("raw"), .color = 0, .points = {{0, 0.1}, {5, 0.9}, {10, 0.5}}},
                   {.name = QStringLiteral("smoothed"), .color = 0, .points = {{0, 0.2}, {5, 0.6}, {10, 0.6}}}};
    data.marks = {{2, QStringLiteral("loaded"), false}, {8, QStringLiteral("evicted"), true}};
  }

  const PlotData& plot() const override {
    ++asked;
    return data;
  }

  QString describe(double x) const override { return QStringLiteral("at %1").arg(x); }

  void change(double y) {
    data.series[0].points[1].setY(y);
    emit plotChanged();
  }
};

class PlotTest : public testing::Test {
protected:
  void SetUp() override {
    window.resize(300, 200);
    plot.setParentItem(window.contentItem());
    plot.setSize(QSizeF(300, 200));
    plot.set_source(&source);
    window.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
    frame();
  }

  void TearDown() override { plot.setParentItem(nullptr); }

  void frame() {
    window.grabWindow();
    QCoreApplication::processEvents();
  }

  QQuickWindow window;
  Source source;
  Plot plot;
};

TEST_F(PlotTest, IsDrawnAgainOnlyWhenItLooksDifferent) {
  const int before = plot.paint_count();
  EXPECT_GT(before, 0);
  source.change(0.9);
  frame();
  EXPECT_EQ(plot.paint_count(), before) << "the same values";
  source.change(0.7);
  frame();
  EXPECT_EQ(plot.paint_count(), before + 1);
  plot.set_text_color(Qt::red);
  frame();
  EXPECT_EQ(plot.paint_count(), before + 2);
}

TEST_F(PlotTest, OutOfSightNothingIsAskedForOrDrawn) {
  plot.setVisible(false);
  frame();
  const int before = plot.paint_count();
  const int asked = source.asked;
  for (int i = 0; i < 20; ++i) source.change(0.01 * i);
  frame();
  EXPECT_EQ(plot.paint_count(), before);
  EXPECT_EQ(source.asked, asked);
  plot.setVisible(true);
  frame();
  EXPECT_EQ(plot.paint_count(), before + 1) << "once, with what is true now";
}

TEST_F(PlotTest, ArrowKeysReadPointsAndMarks) {
  plot.forceActiveFocus();
  const auto press = [&](Qt::Key key) { QTest::keyClick(&window, key); };
  EXPECT_FALSE(plot.reading());
  press(Qt::Key_Left);
  EXPECT_EQ(plot.readout(), QStringLiteral("at 10"));
  press(Qt::Key_Left);
  EXPECT_EQ(plot.readout(), QStringLiteral("at 5"));
  press(Qt::Key_Up);
  EXPECT_EQ(plot.readout(), QStringLiteral("loaded\nat 2"));
  press(Qt::Key_Up);
  EXPECT_EQ(plot.readout(), QStringLiteral("loaded\nat 2")) << "there is no earlier one";
  press(Qt::Key_Down);
  EXPECT_EQ(plot.readout(), QStringLiteral("evicted\nat 8"));
  press(Qt::Key_Home);
  EXPECT_EQ(plot.readout(), QStringLiteral("at 0"));
  press(Qt::Key_End);
  EXPECT_EQ(plot.readout(), QStringLiteral("at 10"));
}

TEST_F(PlotTest, PointingAtAMarkReadsItAndLeavingEndsIt) {
  const QRectF area = plot.area();
  const QPoint near_mark(static_cast<int>(area.left() + 0.8 * area.width()) + 3, 100);
  QTest::mouseMove(&window, QPoint(5, 5));
  QTest::mouseMove(&window, near_mark);
  ASSERT_TRUE(QTest::qWaitFor([&] { return plot.reading(); }));
  EXPECT_EQ(plot.readout(), QStringLiteral("evicted\nat 8"));
  const int drawn = plot.paint_count();
  QTest::mouseMove(&window, QPoint(static_cast<int>(area.left()) + 20, 100));
  frame();
  EXPECT_EQ(plot.paint_count(), drawn) << "the cursor is not part of the picture";
}

TEST_F(PlotTest, ASourceThatGoesLeavesNothingBehind) {
  {
    Source other;
    plot.set_source(&other);
    frame();
  }
  plot.set_text_color(Qt::green);
  frame();
  EXPECT_EQ(plot.source(), nullptr);
}

TEST(StackedBar, IsDrawnAgainOnlyWhenABoundaryMovesByAPixel) {
  QQuickWindow window;
  window.resize(200, 50);
  SegmentList segments;
  StackedBar bar;
  bar.setParentItem(window.contentItem());
  bar.setSize(QSizeF(200, 20));
  bar.set_colors({Qt::red, Qt::blue});
  bar.set_segments(&segments);
  const auto fill = [&](quint64 bytes) {
    segments.set({{QStringLiteral("Weights"), bytes, 0, Pattern::solid}}, 1'000'000);
  };
  fill(500'000);
  window.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
  window.grabWindow();
  const int before = bar.paint_count();
  fill(500'900);
  window.grabWindow();
  EXPECT_EQ(bar.paint_count(), before);
  fill(600'000);
  window.grabWindow();
  EXPECT_EQ(bar.paint_count(), before + 1);
  bar.set_tick(0.75);
  window.grabWindow();
  EXPECT_EQ(bar.paint_count(), before + 2);
  bar.setParentItem(nullptr);
}

TEST(SegmentList, PartsOfNothingAreLeftOutAndEndsStayInside) {
  SegmentList list;
  list.set({{QStringLiteral("a"), 30, 0, {}}, {QStringLiteral("b"), 0, 1, {}}, {QStringLiteral("c"), 90, 2, {}}}, 100);
  EXPECT_EQ(list.rowCount(), 2);
  EXPECT_EQ(list.ends(), (QVector<double>{0.25, 1.0})) << "more than the whole: the sum is";
  list.set({}, 0);
  EXPECT_TRUE(list.ends().isEmpty());
}

}  // namespace
}  // namespace etna::gui
