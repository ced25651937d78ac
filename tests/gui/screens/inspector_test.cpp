#include <gtest/gtest.h>

#include <QAccessible>

#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

/// The inspector, the ring's popover and the overflow sheet, by keyboard.
class InspectorScreenTest : public testing::Test {
protected:
  void SetUp() override { QAccessible::setActive(true); }

  static QQuickItem* named(const TestWindow& window, const QString& name) {
    for (QQuickItem* item : window.items()) {
      if (accessible_name(item) == name) return item;
    }
    return nullptr;
  }

  static QQuickItem* control(const TestWindow& window, const QString& name) {
    for (QQuickItem* item : window.items()) {
      if (item->activeFocusOnTab() && accessible_name(item) == name) return item;
    }
    return nullptr;
  }

  static void expect_names(const TestWindow& window, const char* where) {
    for (QQuickItem* item : window.items()) {
      if (!item->activeFocusOnTab()) continue;
      EXPECT_FALSE(accessible_name(item).isEmpty()) << where << ": " << item->metaObject()->className();
    }
    EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "") << where;
  }

  /// Presses Tab until a control has the focus.
  static bool tab_to(TestWindow& window, const QString& name) {
    for (int i = 0; i < 80; ++i) {
      if (QQuickItem* item = window.window().activeFocusItem(); item && accessible_name(item) == name) return true;
      window.press(Qt::Key_Tab);
    }
    return false;
  }

  static void ask(TestWindow& window, const QString& text) {
    window.app().chats()->set_draft(text);
    window.app().chats()->send();
    ASSERT_TRUE(QTest::qWaitFor([&] { return !window.app().chats()->writing(); }));
  }

  static void overflow(TestWindow& window) {
    window.load_starter();
    for (int turn = 0; turn < 3; ++turn) ask(window, QStringLiteral("joke %1").arg(turn));
    window.app().chats()->set_draft(QString(2000, u'y'));
    window.app().chats()->send();
    const OverflowQuestion& question = *window.app().inspector()->overflow();
    ASSERT_TRUE(QTest::qWaitFor([&] { return question.asking() && !question.looking(); }));
    ASSERT_TRUE(QTest::qWaitFor([&] { return control(window, question.leave_text()) != nullptr; }));
  }
};

TEST_F(InspectorScreenTest, AKeyOpensItAndF6ReachesItAndEverythingInItHasAName) {
  TestWindow window;
  window.load_starter();
  EXPECT_EQ(control(window, QStringLiteral("System prompt of this chat")), nullptr);
  window.press(Qt::Key_B, Qt::ControlModifier | Qt::AltModifier);
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return control(window, QStringLiteral("System prompt of this chat")) != nullptr; }));
  expect_names(window, "inspector");
  QQuickItem* message = control(window, QStringLiteral("Message"));
  ASSERT_NE(message, nullptr);
  message->forceActiveFocus();
  window.press(Qt::Key_F6);
  ASSERT_NE(window.window().activeFocusItem(), nullptr);
  EXPECT_EQ(accessible_name(window.window().activeFocusItem()), QStringLiteral("Hide the settings of this chat"));
  window.press(Qt::Key_Space);
  EXPECT_TRUE(
      QTest::qWaitFor([&] { return control(window, QStringLiteral("System prompt of this chat")) == nullptr; }));
  EXPECT_FALSE(window.app().inspector()->open());
  EXPECT_EQ(accessible_name(window.window().activeFocusItem()), QStringLiteral("Message"));
}

TEST_F(InspectorScreenTest, EverySettingIsChangedAndResetByKeyboard) {
  TestWindow window;
  window.load_starter();
  ChatInspector& inspector = *window.app().inspector();
  window.press(Qt::Key_B, Qt::ControlModifier | Qt::AltModifier);
  ASSERT_TRUE(tab_to(window, QStringLiteral("System prompt of this chat")));
  window.type(QStringLiteral("Be brief"));
  EXPECT_EQ(inspector.system_prompt(), QStringLiteral("Be brief"));
  ASSERT_TRUE(tab_to(window, QStringLiteral("Save as…")));
  window.press(Qt::Key_Space);
  EXPECT_EQ(accessible_name(window.window().activeFocusItem()), QStringLiteral("Name of the preset"));
  window.type(QStringLiteral("Brief"));
  window.press(Qt::Key_Return);
  EXPECT_EQ(inspector.presets(), QStringList{QStringLiteral("Brief")});
  ASSERT_TRUE(tab_to(window, QStringLiteral("Temperature as a number")));
  window.press(Qt::Key_A, Qt::ControlModifier);
  window.type(QStringLiteral("1.5"));
  window.press(Qt::Key_Return);
  EXPECT_EQ(window.app().chats()->settings().temperature, 1.5);
  ASSERT_TRUE(tab_to(window, QStringLiteral("Temperature")));
  window.press(Qt::Key_Right);
  EXPECT_NEAR(window.app().chats()->settings().temperature.value_or(0), 1.55, 1e-6);
  ASSERT_NE(control(window, QStringLiteral("Reset Temperature to 0.7")), nullptr);
  control(window, QStringLiteral("Reset Temperature to 0.7"))->forceActiveFocus(Qt::TabFocusReason);
  window.press(Qt::Key_Space);
  EXPECT_FALSE(window.app().chats()->settings().temperature);

  EXPECT_EQ(control(window, QStringLiteral("Min-p")), nullptr);
  ASSERT_TRUE(tab_to(window, QStringLiteral("More")));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(QTest::qWaitFor([&] { return control(window, QStringLiteral("Min-p")) != nullptr; }));
  expect_names(window, "all settings");
  ASSERT_TRUE(tab_to(window, QStringLiteral("Seed as a number")));
  window.type(QStringLiteral("42"));
  window.press(Qt::Key_Tab);
  EXPECT_EQ(window.app().chats()->settings().seed, 42u);
  ASSERT_TRUE(tab_to(window, QStringLiteral("Reset all")));
  window.press(Qt::Key_Space);
  EXPECT_FALSE(window.app().chats()->settings().seed);
  ASSERT_TRUE(tab_to(window, QStringLiteral("New stop text")));
  window.type(QStringLiteral("END"));
  window.press(Qt::Key_Return);
  EXPECT_EQ(inspector.stop_texts(), QStringList{QStringLiteral("END")});
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return control(window, QStringLiteral("Remove the stop text “END”")) != nullptr; }));
  control(window, QStringLiteral("Remove the stop text “END”"))->forceActiveFocus(Qt::TabFocusReason);
  window.press(Qt::Key_Space);
  EXPECT_TRUE(inspector.stop_texts().isEmpty());
  expect_names(window, "after all");
}

TEST_F(InspectorScreenTest, AWrongNumberGoesAwayAgain) {
  TestWindow window;
  window.press(Qt::Key_B, Qt::ControlModifier | Qt::AltModifier);
  ASSERT_TRUE(tab_to(window, QStringLiteral("Temperature as a number")));
  QQuickItem* field = window.window().activeFocusItem();
  window.press(Qt::Key_A, Qt::ControlModifier);
  window.type(QStringLiteral("hot"));
  window.press(Qt::Key_Return);
  EXPECT_EQ(field->property("text").toString(), QStringLiteral("0.7"));
  EXPECT_EQ(window.app().inspector()->sampling()->changed_count(), 0);
}

TEST_F(InspectorScreenTest, AReloadIsAskedForWhereASizeNeedsOne) {
  TestWindow window;
  window.app().library()->load(QStringLiteral("/models/Qwen3-4B"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().library()->loaded(); }));
  window.press(Qt::Key_B, Qt::ControlModifier | Qt::AltModifier);
  EXPECT_EQ(control(window, QStringLiteral("Reload now")), nullptr);
  window.app().inspector()->set_size(1);
  ASSERT_TRUE(QTest::qWaitFor([&] { return control(window, QStringLiteral("Reload now")) != nullptr; }));
  ASSERT_TRUE(tab_to(window, QStringLiteral("Reload now")));
  window.press(Qt::Key_Space);
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.app().library()->model().context_length == 512; }));
  EXPECT_TRUE(QTest::qWaitFor([&] { return control(window, QStringLiteral("Reload now")) == nullptr; }));
}

TEST_F(InspectorScreenTest, TheRingOpensWhatTakesTheContextAndItsPoliciesAreChosenByKeyboard) {
  TestWindow window;
  window.load_starter();
  ask(window, QStringLiteral("joke"));
  ContextMeter& meter = *window.app().inspector()->context();
  ASSERT_TRUE(QTest::qWaitFor([&] { return meter.known() && meter.used() > 0; }));
  QQuickItem* ring = control(window, QStringLiteral("Context: %1").arg(meter.text()));
  ASSERT_NE(ring, nullptr);
  ring->forceActiveFocus(Qt::TabFocusReason);
  window.press(Qt::Key_Space);
  ASSERT_TRUE(QTest::qWaitFor([&] { return control(window, QStringLiteral("Drop the middle")) != nullptr; }));
  EXPECT_TRUE(QTest::qWaitFor([&] { return named(window, QStringLiteral("Reply reserve")) != nullptr; }));
  expect_names(window, "popover");
  ASSERT_TRUE(tab_to(window, QStringLiteral("Drop the oldest turns")));
  window.press(Qt::Key_Space);
  EXPECT_EQ(meter.policy(), 1);
  ASSERT_TRUE(tab_to(window, QStringLiteral("Stop and ask")));
  window.press(Qt::Key_Space);
  EXPECT_EQ(meter.policy(), 0);
  window.press(Qt::Key_Escape);
  EXPECT_TRUE(QTest::qWaitFor([&] { return control(window, QStringLiteral("Drop the middle")) == nullptr; }));
}

TEST_F(InspectorScreenTest, TheSheetAsksAndTurnsAreLeftOutByKeyboard) {
  TestWindow window;
  overflow(window);
  OverflowQuestion& question = *window.app().inspector()->overflow();
  EXPECT_NE(named(window, QStringLiteral("This chat is longer than the model's memory of it")), nullptr);
  EXPECT_NE(named(window, question.body()), nullptr);
  expect_names(window, "sheet");
  ASSERT_TRUE(tab_to(window, question.leave_text()));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.app().chats()->writing(); }));
  EXPECT_FALSE(window.app().chats()->lastReply().isEmpty());
  EXPECT_GT(window.app().chats()->messages()->unseen_end(), 0);
  EXPECT_TRUE(QTest::qWaitFor([&] { return control(window, QStringLiteral("Cancel")) == nullptr; }));
  expect_names(window, "after the sheet");
}

TEST_F(InspectorScreenTest, EscapeIsCancel) {
  TestWindow window;
  overflow(window);
  window.press(Qt::Key_Escape);
  EXPECT_TRUE(QTest::qWaitFor([&] { return !window.app().inspector()->overflow()->asking(); }));
  EXPECT_FALSE(window.app().chats()->writing());
  EXPECT_TRUE(QTest::qWaitFor([&] { return control(window, QStringLiteral("Cancel")) == nullptr; }));
}

TEST_F(InspectorScreenTest, BelowThePlaceForItItLiesAboveThePage) {
  TestWindow window;
  window.load_starter();
  window.window().resize(960, 640);
  window.app().inspector()->set_open(true);
  QTest::qWait(50);
  EXPECT_EQ(control(window, QStringLiteral("System prompt of this chat")), nullptr) << "only when it is asked for";
  window.press(Qt::Key_B, Qt::ControlModifier | Qt::AltModifier);
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return control(window, QStringLiteral("System prompt of this chat")) != nullptr; }));
  window.press(Qt::Key_B, Qt::ControlModifier | Qt::AltModifier);
  EXPECT_TRUE(
      QTest::qWaitFor([&] { return control(window, QStringLiteral("System prompt of this chat")) == nullptr; }));
  EXPECT_TRUE(window.app().inspector()->open()) << "what is kept is for wide windows";
}

TEST_F(InspectorScreenTest, FitsTheSmallestWindowWithTheLargestText) {
  TestWindow window;
  window.app().settings()->set_font_scale(2.0);
  window.window().resize(960, 640);
  overflow(window);
  const OverflowQuestion& question = *window.app().inspector()->overflow();
  for (const QString& name : {question.leave_text(), QStringLiteral("Cancel")}) {
    QQuickItem* item = control(window, name);
    ASSERT_NE(item, nullptr) << name.toStdString();
    EXPECT_TRUE(QRectF(0, 0, 960, 640).contains(item->mapRectToScene(item->boundingRect()))) << name.toStdString();
  }
  window.press(Qt::Key_Escape);
  QMetaObject::invokeMethod(&window.window(), "openContext");
  ASSERT_TRUE(QTest::qWaitFor([&] { return control(window, QStringLiteral("Drop the middle")) != nullptr; }));
  ASSERT_TRUE(tab_to(window, QStringLiteral("Drop the middle")));
  QQuickItem* last = control(window, QStringLiteral("Drop the middle"));
  EXPECT_TRUE(
      QTest::qWaitFor([&] { return QRectF(0, 0, 960, 640).contains(last->mapRectToScene(last->boundingRect())); }));
  expect_names(window, "large");
}

}  // namespace
}  // namespace etna::gui
