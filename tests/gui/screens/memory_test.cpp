#include <gtest/gtest.h>

#include <QAccessible>
#include <QClipboard>
#include <QGuiApplication>
#include <ctime>

#include "gui/plot/plot.h"
#include "gui/plot/stacked_bar.h"
#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

constexpr int memory_page = 3;

class MemoryPageTest : public testing::Test {
protected:
  void SetUp() override {
    QAccessible::setActive(true);
    qputenv("ETNA_FAKE_STORY", "1");
  }

  void TearDown() override {
    qunsetenv("ETNA_FAKE_STORY");
    qunsetenv("ETNA_FAKE_MEMORY");
    qunsetenv("ETNA_FAKE_PRESSURE");
  }

  static void open(TestWindow& window) {
    window.press(Qt::Key_4, Qt::ControlModifier);
    ASSERT_EQ(window.window().property("page").toInt(), memory_page);
    QTest::qWait(50);
  }

  static void tell_story(TestWindow& window, int steps = 120) {
    for (int i = 0; i < steps; ++i) window.app().memory()->refresh();
    QTest::qWait(50);
  }

  static QQuickItem* named(const TestWindow& window, const QString& name) {
    for (QQuickItem* item : window.items()) {
      if (accessible_name(item) == name) return item;
    }
    return nullptr;
  }

  static void expect_quiet() { EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), ""); }

  template <class Item>
  static int paints(const TestWindow& window) {
    int count = 0;
    for (QObject* child : window.everything()) {
      if (const auto* item = qobject_cast<const Item*>(child)) count += item->paint_count();
    }
    return count;
  }
};

TEST_F(MemoryPageTest, ShowsTheSentenceTheBarTheModelsAndTheLimits) {
  TestWindow window;
  open(window);
  tell_story(window);
  EXPECT_NE(named(window, window.app().memory()->sentence()), nullptr);
  EXPECT_NE(named(window, QStringLiteral("Memory over time")), nullptr);
  EXPECT_NE(named(window, QStringLiteral("Unload Qwen3-8B")), nullptr);
  EXPECT_NE(named(window, QStringLiteral("Pin Qwen3-8B")), nullptr);
  EXPECT_NE(named(window, QStringLiteral("Models may use at most")), nullptr);
  EXPECT_EQ(window.window().title(), QStringLiteral("Memory – Etna"));
  expect_quiet();
}

TEST_F(MemoryPageTest, EveryControlHasANameInEveryState) {
  for (const char* memory : {"shared", "discrete"}) {
    for (const char* pressure : {"calm", "critical"}) {
      qputenv("ETNA_FAKE_MEMORY", memory);
      qputenv("ETNA_FAKE_PRESSURE", pressure);
      TestWindow window;
      open(window);
      for (const int steps : {1, 119}) {
        tell_story(window, steps);
        int stops = 0;
        for (QQuickItem* item : window.items()) {
          if (!item->activeFocusOnTab()) continue;
          ++stops;
          EXPECT_FALSE(accessible_name(item).isEmpty()) << item->metaObject()->className();
        }
        EXPECT_GT(stops, 15);
      }
      expect_quiet();
    }
  }
}

TEST_F(MemoryPageTest, EveryControlIsReachedWithTab) {
  TestWindow window;
  open(window);
  tell_story(window);
  QSet<QString> names;
  for (int i = 0; i < 60; ++i) {
    window.press(Qt::Key_Tab);
    if (window.window().activeFocusItem()) names << accessible_name(window.window().activeFocusItem());
  }
  for (const char* name : {"Memory over time", "60 s", "Copy the table", "Pin Qwen3-8B", "Unload Qwen3-8B", "Careful",
                           "Models may use at most", "Saved prompts", "Details", "Copy report"})
    EXPECT_TRUE(names.contains(QLatin1String(name))) << name << " is not reached";
}

TEST_F(MemoryPageTest, TheTimelineIsReadWithTheKeyboard) {
  TestWindow window;
  open(window);
  tell_story(window);
  QQuickItem* plot = named(window, QStringLiteral("Memory over time"));
  ASSERT_NE(plot, nullptr);
  plot->forceActiveFocus(Qt::TabFocusReason);
  window.press(Qt::Key_Up);
  EXPECT_TRUE(
      plot->property("readout").toString().startsWith(QStringLiteral("Unloaded Llama-3.2-3B to keep the system")))
      << plot->property("readout").toString().toStdString();
  window.press(Qt::Key_Up);
  window.press(Qt::Key_Up);
  EXPECT_TRUE(plot->property("readout").toString().startsWith(QStringLiteral("Loaded Llama-3.2-3B (")));
}

TEST_F(MemoryPageTest, NothingIsDrawnWhileThePageIsHiddenOrNothingChanged) {
  qunsetenv("ETNA_FAKE_STORY");
  TestWindow window;
  window.load_starter();
  open(window);
  window.app().memory()->refresh();
  QTest::qWait(100);
  EXPECT_GT(paints<Plot>(window), 0);
  EXPECT_GT(paints<StackedBar>(window), 0);

  // A minute without a change fills the time line with one and the same picture.
  for (int i = 0; i < 3; ++i) window.app().memory()->refresh();
  QTest::qWait(30);
  const int bars = paints<StackedBar>(window);
  for (int i = 0; i < 10; ++i) window.app().memory()->refresh();
  QTest::qWait(30);
  EXPECT_EQ(paints<StackedBar>(window), bars) << "nothing changed";

  window.press(Qt::Key_1, Qt::ControlModifier);
  QTest::qWait(30);
  const int plots = paints<Plot>(window);
  window.app().library()->load(QStringLiteral("/models/Qwen3-8B"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().library()->loaded(); }));
  for (int i = 0; i < 20; ++i) window.app().memory()->refresh();
  QTest::qWait(50);
  EXPECT_EQ(paints<Plot>(window), plots) << "hidden";
  EXPECT_EQ(paints<StackedBar>(window), bars) << "hidden";
  window.press(Qt::Key_4, Qt::ControlModifier);
  QTest::qWait(50);
  EXPECT_GT(paints<StackedBar>(window), bars) << "and shows what is true when it is back";
  expect_quiet();
}

TEST_F(MemoryPageTest, TheVisiblePageWorksTwiceASecondAndRests) {
  TestWindow window;
  open(window);
  tell_story(window);
  const int before = paints<Plot>(window);
  const std::clock_t start = std::clock();
  QTest::qWait(3000);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  RecordProperty("percent_of_a_core", std::to_string(100 * seconds / 3));
  EXPECT_LE(paints<Plot>(window) - before, 8) << "drawn no oftener than there is something new";
}

TEST_F(MemoryPageTest, TheGaugeOfTheStatusStripOpensIt) {
  TestWindow window;
  window.load_starter();
  window.app().memory()->refresh();
  QTest::qWait(20);
  QQuickItem* gauge = named(window, QStringLiteral("40.1 MiB / 12.0 GiB calm"));
  ASSERT_NE(gauge, nullptr);
  QMetaObject::invokeMethod(gauge, "clicked");
  EXPECT_EQ(window.window().property("page").toInt(), memory_page);
}

TEST_F(MemoryPageTest, NothingOverlapsOrLeavesTheWindowAtItsSmallestAndLargest) {
  for (const double scale : {1.0, 2.0}) {
    TestWindow window;
    window.app().settings()->set_font_scale(scale);
    window.window().resize(960, 640);
    open(window);
    tell_story(window);
    for (QQuickItem* item : window.items()) {
      if (!item->activeFocusOnTab()) continue;
      const QRectF place = item->mapRectToScene(item->boundingRect());
      EXPECT_GE(place.left(), 0) << accessible_name(item).toStdString() << " at " << scale;
      EXPECT_LE(place.right(), 961) << accessible_name(item).toStdString() << " at " << scale;
    }
    expect_quiet();
  }
}

}  // namespace
}  // namespace etna::gui
