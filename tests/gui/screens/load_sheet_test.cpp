#include <gtest/gtest.h>

#include <QAccessible>

#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

class LoadSheetTest : public testing::Test {
protected:
  void SetUp() override { QAccessible::setActive(true); }

  static QQuickItem* named(const TestWindow& window, const QString& name) {
    for (QQuickItem* item : window.items()) {
      if (accessible_name(item) == name) return item;
    }
    return nullptr;
  }

  /// One that the keyboard reaches: labels have the same names.
  static QQuickItem* control(const TestWindow& window, const QString& name) {
    for (QQuickItem* item : window.items()) {
      if (item->activeFocusOnTab() && accessible_name(item) == name) return item;
    }
    return nullptr;
  }

  static void open(TestWindow& window, const QString& path) {
    QMetaObject::invokeMethod(&window.window(), "openLoadSettings", Q_ARG(QString, path));
    ASSERT_TRUE(QTest::qWaitFor(
        [&] { return window.app().load_settings()->known() || window.app().load_settings()->unreadable(); }));
    QTest::qWait(50);
  }

  static void expect_names(const TestWindow& window) {
    for (QQuickItem* item : window.items()) {
      if (item->activeFocusOnTab()) {
        EXPECT_FALSE(accessible_name(item).isEmpty()) << item->metaObject()->className();
      }
    }
    EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "");
  }

  static void press_button(const TestWindow& window, const QString& name) {
    QQuickItem* button = control(window, name);
    ASSERT_NE(button, nullptr) << name.toStdString();
    QMetaObject::invokeMethod(button, "clicked");
    QTest::qWait(50);
  }
};

TEST_F(LoadSheetTest, TheSliderMovesTheBarAndTheFieldFollows) {
  TestWindow window;
  open(window, QStringLiteral("/models/Qwen3-8B"));
  expect_names(window);
  QQuickItem* slider = control(window, QStringLiteral("Context length"));
  ASSERT_NE(slider, nullptr);
  slider->forceActiveFocus(Qt::TabFocusReason);
  const QString before = window.app().load_settings()->sentence();
  for (int i = 0; i < 10; ++i) window.press(Qt::Key_Right);
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.app().load_settings()->sentence() != before; }));
  QQuickItem* field = named(window, QStringLiteral("Context length in tokens"));
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(field->property("text").toString(), window.app().load_settings()->context_text());
}

TEST_F(LoadSheetTest, WhatIsTooBigIsLoadedOnlyWithOpenEyes) {
  TestWindow window;
  open(window, QStringLiteral("/models/toobig"));
  expect_names(window);
  QQuickItem* load = named(window, QStringLiteral("Load"));
  ASSERT_NE(load, nullptr);
  EXPECT_FALSE(load->isEnabled());
  press_button(window, QStringLiteral("Load anyway…"));
  EXPECT_NE(named(window, QStringLiteral("The system may slow down or close programs. Etna will stop loading if memory "
                                         "becomes critical.")),
            nullptr);
  expect_names(window);
  press_button(window, QStringLiteral("Load anyway"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().library()->loaded(); }));
  EXPECT_TRUE(QTest::qWaitFor([&] { return named(window, QStringLiteral("Context length")) == nullptr; }))
      << "the sheet has gone";
}

TEST_F(LoadSheetTest, AModelThatCannotBeReadAndAGraphicsCardAreShownToo) {
  {
    TestWindow window;
    open(window, QStringLiteral("/models/damaged"));
    expect_names(window);
  }
  qputenv("ETNA_FAKE_MEMORY", "discrete");
  TestWindow window;
  open(window, QStringLiteral("/models/Qwen3-32B"));
  window.app().load_settings()->set_automatic_layers(false);
  QTest::qWait(50);
  EXPECT_NE(named(window, QStringLiteral("Number of layers on the graphics device")), nullptr);
  expect_names(window);
  qunsetenv("ETNA_FAKE_MEMORY");
}

TEST_F(LoadSheetTest, TheRowOfAModelOpensItWithTheKeyboard) {
  TestWindow window;
  window.app().library()->load(QStringLiteral("/models/Qwen3-4B"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().library()->loaded(); }));
  QMetaObject::invokeMethod(&window.window(), "openPicker");
  QTest::qWait(50);
  QQuickItem* row = control(window, QStringLiteral("Load settings of Qwen3-4B"));
  while (row && !row->property("adjustable").isValid()) row = row->parentItem();
  ASSERT_NE(row, nullptr);
  row->forceActiveFocus(Qt::TabFocusReason);
  window.press(Qt::Key_Return, Qt::AltModifier);
  EXPECT_TRUE(QTest::qWaitFor([&] { return named(window, QStringLiteral("Context length")) != nullptr; }));
  EXPECT_EQ(window.app().load_settings()->name(), QStringLiteral("Qwen3-4B"));
  EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "");
}

TEST_F(LoadSheetTest, AltAndAClickOpenItAndAPlainClickLoads) {
  TestWindow window;
  window.load_starter();
  window.app().library()->recent()->use(QStringLiteral("/models/Qwen3-4B"));
  QMetaObject::invokeMethod(&window.window(), "openPicker");
  QTest::qWait(50);
  QQuickItem* row = named(window, QStringLiteral("Qwen3-4B"));
  ASSERT_NE(row, nullptr);
  const QPoint place = row->mapToScene(QPointF(30, row->height() / 2)).toPoint();
  QTest::mouseClick(&window.window(), Qt::LeftButton, Qt::AltModifier, place);
  EXPECT_TRUE(QTest::qWaitFor([&] { return named(window, QStringLiteral("Context length")) != nullptr; }));
  EXPECT_FALSE(window.app().library()->loading());
  window.press(Qt::Key_Escape);
  QTest::qWait(50);
  EXPECT_EQ(window.app().library()->name(), QStringLiteral("Etna Starter"));
  QMetaObject::invokeMethod(&window.window(), "openPicker");
  QTest::qWait(50);
  QTest::mouseClick(&window.window(), Qt::LeftButton, Qt::NoModifier, place);
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.app().library()->name() == QStringLiteral("Qwen3-4B"); }));
}

TEST_F(LoadSheetTest, FitsTheSmallestWindowWithTheLargestText) {
  TestWindow window;
  window.app().settings()->set_font_scale(2.0);
  window.window().resize(960, 640);
  open(window, QStringLiteral("/models/toobig"));
  for (const char* name : {"Close", "Load", "Cancel", "Reset"}) {
    QQuickItem* item = control(window, QLatin1String(name));
    ASSERT_NE(item, nullptr) << name;
    const QRectF place = item->mapRectToScene(item->boundingRect());
    EXPECT_TRUE(QRectF(0, 0, 960, 640).contains(place)) << name << " is outside";
  }
  expect_names(window);
}

TEST_F(LoadSheetTest, EveryActionOfAProblemLeadsSomewhere) {
  TestWindow window;
  const auto act = [&](Remedy::Action action) {
    QMetaObject::invokeMethod(&window.window(), "perform", Q_ARG(int, int{action}));
    QTest::qWait(50);
  };
  window.app().library()->load(QStringLiteral("/models/toobig"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().library()->problem().is_set(); }));
  act(Remedy::LoadAnyway);
  EXPECT_TRUE(QTest::qWaitFor([&] { return control(window, QStringLiteral("Back")) != nullptr; }));
  window.press(Qt::Key_Escape);
  act(Remedy::LoadSettings);
  EXPECT_EQ(window.app().load_settings()->name(), QStringLiteral("toobig"));
  window.press(Qt::Key_Escape);
  act(Remedy::DriverHelp);
  EXPECT_NE(named(window, QStringLiteral("Graphics drivers")), nullptr);
  window.press(Qt::Key_Escape);
  act(Remedy::OpenMemory);
  EXPECT_EQ(window.window().property("page").toInt(), 3);
  act(Remedy::LoadAgain);
  EXPECT_TRUE(window.app().library()->loading() || window.app().library()->problem().is_set());
}

}  // namespace
}  // namespace etna::gui
