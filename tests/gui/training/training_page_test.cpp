// The Fine-tune page in the real window, by keyboard and for screen readers.
#include <gtest/gtest.h>

#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

constexpr int training_page = 2;

class TrainingPageTest : public testing::Test {
protected:
  void SetUp() override {
    QAccessible::setActive(true);
    qputenv("ETNA_FAKE_STEPS", "2000");
  }

  void TearDown() override { qunsetenv("ETNA_FAKE_STEPS"); }

  static TrainingController& training(TestWindow& window) { return *window.app().training(); }

  static void open(TestWindow& window) {
    window.press(Qt::Key_3, Qt::ControlModifier);
    ASSERT_EQ(window.window().property("page").toInt(), training_page);
  }

  static QQuickItem* named(const TestWindow& window, const QString& name) {
    for (QQuickItem* item : window.items()) {
      if (item->activeFocusOnTab() && accessible_name(item) == name) return item;
    }
    return nullptr;
  }

  static void click(TestWindow& window, const QString& name) {
    ASSERT_TRUE(QTest::qWaitFor([&] { return named(window, name) && named(window, name)->isEnabled(); }))
        << name.toStdString();
    named(window, name)->forceActiveFocus(Qt::TabFocusReason);
    window.press(Qt::Key_Space);
  }

  static void expect_names(TestWindow& window, const char* where) {
    QTest::qWait(20);
    int stops = 0;
    for (QQuickItem* item : window.items()) {
      if (!item->activeFocusOnTab()) continue;
      ++stops;
      EXPECT_FALSE(accessible_name(item).isEmpty()) << where << ": " << item->metaObject()->className();
      const QRectF place = item->mapRectToScene(item->boundingRect());
      EXPECT_GE(place.left(), 0) << where << ": " << accessible_name(item).toStdString();
      EXPECT_LE(place.right(), window.window().width() + 1) << where << ": " << accessible_name(item).toStdString();
    }
    EXPECT_GT(stops, 10) << where;
    EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "") << where;
  }

  static void make_ready(TestWindow& window, const QString& model = {}) {
    open(window);
    training(window).chooseModel(model);
    training(window).data()->choose(QUrl::fromLocalFile(QStringLiteral("/data/chat.jsonl")));
    training(window).settings()->set_preset(0);
    ASSERT_TRUE(QTest::qWaitFor([&] { return training(window).ready(); }));
  }
};

TEST_F(TrainingPageTest, GoesFromTheFirstStepToTheResultsByKeyboard) {
  TestWindow window;
  open(window);
  click(window, QStringLiteral("Etna Starter"));
  click(window, QStringLiteral("Next"));
  EXPECT_EQ(training(window).step(), TrainingController::Data);
  training(window).data()->choose(QUrl::fromLocalFile(QStringLiteral("/data/chat.jsonl")));
  click(window, QStringLiteral("Next"));
  click(window, QStringLiteral("Quick try"));
  click(window, QStringLiteral("Next"));
  EXPECT_EQ(training(window).step(), TrainingController::Review);
  click(window, QStringLiteral("Start"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return training(window).has_results(); }));
  EXPECT_EQ(training(window).step(), TrainingController::Results);
  click(window, QStringLiteral("Try it"));
  EXPECT_TRUE(QTest::qWaitFor([&] { return named(window, QStringLiteral("End the comparison")) != nullptr; }));
  EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "");
}

TEST_F(TrainingPageTest, EveryControlOfEveryStepHasANameAndAPlaceAtEachSize) {
  for (const double scale : {1.0, 2.0}) {
    TestWindow window;
    window.app().settings()->set_font_scale(scale);
    window.window().resize(960, 640);
    make_ready(window);
    for (int step = TrainingController::Model; step <= TrainingController::Review; ++step) {
      training(window).goTo(step);
      expect_names(window, qPrintable(QStringLiteral("step %1 at %2").arg(step).arg(scale)));
    }
    training(window).start();
    expect_names(window, "run");
    ASSERT_TRUE(QTest::qWaitFor([&] { return training(window).has_results(); }));
    expect_names(window, "results");
  }
}

TEST_F(TrainingPageTest, TheLossIsReadWithTheArrowKeys) {
  TestWindow window;
  make_ready(window);
  training(window).start();
  ASSERT_TRUE(QTest::qWaitFor([&] { return training(window).has_results(); }));
  QTest::qWait(20);
  QQuickItem* plot = named(window, QStringLiteral("Loss by step"));
  ASSERT_NE(plot, nullptr);
  plot->forceActiveFocus(Qt::TabFocusReason);
  window.press(Qt::Key_Left);
  EXPECT_TRUE(plot->property("readout").toString().startsWith(QStringLiteral("Step 100")))
      << plot->property("readout").toString().toStdString();
  window.press(Qt::Key_Left);
  EXPECT_TRUE(plot->property("readout").toString().startsWith(QStringLiteral("Step 99")));
}

TEST_F(TrainingPageTest, ARunGoesOnWhileAnotherPageIsShown) {
  TestWindow window;
  make_ready(window, QStringLiteral("/models/halts-Qwen3-4B"));
  training(window).start();
  window.press(Qt::Key_1, Qt::ControlModifier);
  ASSERT_TRUE(QTest::qWaitFor([&] { return training(window).view()->run().iteration == 12; }));
  window.press(Qt::Key_3, Qt::ControlModifier);
  EXPECT_TRUE(training(window).active());
  click(window, QStringLiteral("Pause"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return training(window).view()->paused(); }));
  click(window, QStringLiteral("Continue"));
  EXPECT_TRUE(QTest::qWaitFor([&] { return training(window).has_results(); }));
}

TEST_F(TrainingPageTest, ClosingTheWindowAsksFirst) {
  TestWindow window;
  make_ready(window, QStringLiteral("/models/halts-Qwen3-4B"));
  training(window).start();
  ASSERT_TRUE(QTest::qWaitFor([&] { return training(window).view()->run().iteration == 12; }));
  window.window().close();
  EXPECT_TRUE(window.window().isVisible());
  click(window, QStringLiteral("Pause it and quit"));
  EXPECT_TRUE(QTest::qWaitFor([&] { return !window.window().isVisible(); }));
  EXPECT_EQ(training(window).view()->state_words(), QStringLiteral("Paused at step 12"));
}

}  // namespace
}  // namespace etna::gui
