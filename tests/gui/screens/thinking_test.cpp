#include <gtest/gtest.h>

#include <QAccessible>

#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

/// The first visible item that a screen reader calls so.
QQuickItem* named(const TestWindow& window, const QString& name) {
  for (QQuickItem* item : window.items()) {
    if (accessible_name(item) == name) return item;
  }
  return nullptr;
}

void load(TestWindow& window, const QString& path) {
  window.app().library()->load(path);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().library()->loaded(); }));
}

void click(TestWindow& window, QQuickItem* item) {
  const QPointF centre = item->mapToScene(item->boundingRect().center());
  QTest::mouseClick(&window.window(), Qt::LeftButton, Qt::NoModifier, centre.toPoint());
  QCoreApplication::processEvents();
}

class ThinkingTest : public testing::Test {
protected:
  void SetUp() override {
    QAccessible::setActive(true);
    qputenv("ETNA_FAKE_RATE", "600");
  }

  void TearDown() override { qunsetenv("ETNA_FAKE_RATE"); }
};

TEST_F(ThinkingTest, OneLineOpensAndFoldsThoughts) {
  TestWindow window;
  load(window, QStringLiteral("/models/thinking"));
  window.app().chats()->set_draft(QStringLiteral("Hello"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.app().chats()->writing(); }, 30'000));
  // A screen reader goes through thoughts by paragraphs.
  const QString thoughts = window.app().chats()->messages()->at(1).thinking.section(u'\n', 0, 0);
  EXPECT_EQ(window.spoken(thoughts), nullptr) << "folded";
  window.app().chats()->messages()->setThinkingOpen(1, true);
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.spoken(thoughts) != nullptr; }));
  QQuickItem* line = nullptr;
  ASSERT_TRUE(QTest::qWaitFor([&] { return (line = named(window, QStringLiteral("Thought for 12 s"))) != nullptr; }));
  line->forceActiveFocus(Qt::TabFocusReason);
  window.press(Qt::Key_Space);
  EXPECT_FALSE(window.app().chats()->messages()->at(1).thinking_open);
  window.press(Qt::Key_Space);
  EXPECT_TRUE(window.app().chats()->messages()->at(1).thinking_open);
  EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "");
}

TEST_F(ThinkingTest, TheSwitchIsThereForModelsThatKnowIt) {
  TestWindow window;
  load(window, {});
  EXPECT_EQ(named(window, QStringLiteral("Thinking")), nullptr);
  load(window, QStringLiteral("/models/thinking"));
  QQuickItem* control = nullptr;
  ASSERT_TRUE(QTest::qWaitFor([&] { return (control = named(window, QStringLiteral("Thinking"))) != nullptr; }));
  EXPECT_TRUE(control->property("checked").toBool());
  click(window, control);
  EXPECT_FALSE(window.app().chats()->thinking());
  window.app().chats()->set_draft(QStringLiteral("Hello"));
  window.app().chats()->send();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.app().chats()->writing(); }, 30'000));
  EXPECT_TRUE(window.app().chats()->messages()->at(1).thinking.isEmpty());
  window.app().chats()->newChat();
  EXPECT_TRUE(control->property("checked").toBool()) << "each chat has its own";
  EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "");
}

TEST_F(ThinkingTest, AToolCallIsACardWithItsNameAndArguments) {
  TestWindow window;
  load(window, {});
  window.app().chats()->set_draft(QStringLiteral("How is the weather?"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.app().chats()->writing(); }, 30'000));
  EXPECT_TRUE(QTest::qWaitFor([&] { return window.spoken(QStringLiteral("Tool call: get_weather")) != nullptr; }));
  EXPECT_NE(window.spoken(QStringLiteral("{\"city\":\"Rome\",\"days\":3}")), nullptr);
  EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "");
}

}  // namespace
}  // namespace etna::gui
