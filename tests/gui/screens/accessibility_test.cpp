#include <gtest/gtest.h>

#include <QAccessible>
#include <QSet>

#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

bool is_interactive(QAccessible::Role role) {
  static const QSet<QAccessible::Role> roles = {
      QAccessible::Button,   QAccessible::CheckBox,     QAccessible::RadioButton, QAccessible::Slider,
      QAccessible::ComboBox, QAccessible::EditableText, QAccessible::PageTab,     QAccessible::Link,
      QAccessible::ListItem, QAccessible::ProgressBar};
  return roles.contains(role);
}

void expect_names(const TestWindow& window, const char* where) {
  int interactive = 0;
  for (QQuickItem* item : window.items()) {
    QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(item);
    const bool counts = item->activeFocusOnTab() || (accessible && is_interactive(accessible->role()));
    if (!counts) continue;
    ++interactive;
    EXPECT_FALSE(accessible_name(item).isEmpty()) << where << ": " << item->metaObject()->className() << " has no name";
  }
  EXPECT_GT(interactive, 2) << where;
  EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "") << where;
}

class AccessibilityTest : public testing::Test {
protected:
  void SetUp() override { QAccessible::setActive(true); }
};

TEST_F(AccessibilityTest, EveryControlOfTheFirstRunHasAName) {
  TestWindow window(true);
  expect_names(window, "first run");
}

TEST_F(AccessibilityTest, EveryControlOfTheChatHasAName) {
  TestWindow window;
  expect_names(window, "no model");
  window.load_starter();
  expect_names(window, "empty chat");
  window.app().chats()->set_draft(QStringLiteral("Explain how a model answers."));
  window.app().chats()->send();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.app().chats()->writing(); }));
  QTest::qWait(50);
  expect_names(window, "a reply with every kind of block");
}

TEST_F(AccessibilityTest, EveryControlOfAFailureHasAName) {
  TestWindow window;
  window.app().library()->load(QStringLiteral("/models/damaged"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().library()->problem().is_set(); }));
  QTest::qWait(50);
  expect_names(window, "failed load");
}

TEST_F(AccessibilityTest, EveryControlOfSettingsAndLayersHasAName) {
  TestWindow window;
  window.load_starter();
  window.press(Qt::Key_Comma, Qt::ControlModifier);
  EXPECT_EQ(window.window().property("page").toInt(), 5);
  expect_names(window, "settings");
  for (const char* layer : {"openPicker", "openShortcuts", "openCurrentLoadSettings", "openDriverHelp"}) {
    QMetaObject::invokeMethod(&window.window(), layer);
    QTest::qWait(20);
    expect_names(window, layer);
    const qsizetype items = window.items().size();
    window.press(Qt::Key_Escape);
    EXPECT_TRUE(QTest::qWaitFor([&] { return window.items().size() < items; }))
        << layer << " does not close with Escape";
  }
}

TEST_F(AccessibilityTest, TabReachesTheComposerAndEveryStopHasAName) {
  TestWindow window;
  window.load_starter();
  QSet<QString> names;
  for (int i = 0; i < 40; ++i) {
    window.press(Qt::Key_Tab);
    QQuickItem* item = window.window().activeFocusItem();
    ASSERT_NE(item, nullptr);
    EXPECT_TRUE(item->isVisible());
    EXPECT_FALSE(accessible_name(item).isEmpty()) << item->metaObject()->className();
    names << accessible_name(item);
  }
  for (const char* name : {"Message", "New chat", "Chat", "Settings", "Model: Etna Starter", "Tell me a joke."})
    EXPECT_TRUE(names.contains(QLatin1String(name))) << name << " is not reached";
}

}  // namespace
}  // namespace etna::gui
