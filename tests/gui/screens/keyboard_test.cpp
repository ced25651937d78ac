#include <gtest/gtest.h>

#include <QClipboard>
#include <QGuiApplication>

#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

TEST(Keyboard, EnterSendsAndShiftEnterBeginsANewLine) {
  TestWindow window;
  window.load_starter();
  window.type(QStringLiteral("one"));
  window.press(Qt::Key_Return, Qt::ShiftModifier);
  window.type(QStringLiteral("two"));
  EXPECT_EQ(window.app().chats()->draft(), QStringLiteral("one\ntwo"));
  window.press(Qt::Key_Return);
  EXPECT_EQ(window.app().chats()->draft(), QString());
  ASSERT_EQ(window.app().chats()->messages()->count(), 2);
  EXPECT_EQ(window.app().chats()->messages()->at(0).text, QStringLiteral("one\ntwo"));
}

TEST(Keyboard, EscapeStopsTheReply) {
  TestWindow window;
  window.load_starter();
  window.app().chats()->set_draft(QStringLiteral("something very long"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().chats()->lastReply().size() > 20; }));
  window.press(Qt::Key_Escape);
  EXPECT_FALSE(window.app().chats()->writing());
}

TEST(Keyboard, ChatsAreMadeRenamedAndDeletedWithoutAMouse) {
  TestWindow window;
  window.load_starter();
  window.type(QStringLiteral("hello"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.app().chats()->writing(); }));
  window.press(Qt::Key_N, Qt::ControlModifier);
  EXPECT_EQ(window.app().chats()->chats()->count(), 2);
  window.press(Qt::Key_F2);
  window.type(QStringLiteral("mine"));
  window.press(Qt::Key_Return);
  EXPECT_EQ(window.app().chats()->title(), QStringLiteral("mine"));
  window.press(Qt::Key_Backspace);
  EXPECT_EQ(window.app().chats()->chats()->count(), 2) << "Backspace never deletes a chat";
}

TEST(Keyboard, TheShortcutsOfTheShellWork) {
  TestWindow window;
  window.load_starter();
  window.press(Qt::Key_6, Qt::ControlModifier);
  EXPECT_EQ(window.window().property("page").toInt(), 5);
  window.press(Qt::Key_4, Qt::ControlModifier);
  EXPECT_EQ(window.window().property("page").toInt(), 3);
  window.press(Qt::Key_1, Qt::ControlModifier);
  EXPECT_EQ(window.window().property("page").toInt(), 0);
  window.press(Qt::Key_Plus, Qt::ControlModifier);
  EXPECT_DOUBLE_EQ(window.app().settings()->font_scale(), 1.1);
  window.press(Qt::Key_0, Qt::ControlModifier);
  EXPECT_DOUBLE_EQ(window.app().settings()->font_scale(), 1.0);
  const bool open = window.app().settings()->list_open();
  window.press(Qt::Key_B, Qt::ControlModifier);
  EXPECT_NE(window.app().settings()->list_open(), open);
  window.app().chats()->set_draft(QStringLiteral("Hello"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !window.app().chats()->writing(); }));
  window.press(Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(QGuiApplication::clipboard()->text(), window.app().chats()->lastReply());
  EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "");
}

TEST(Keyboard, F6GoesRoundTheRegions) {
  TestWindow window;
  window.load_starter();
  QStringList places;
  for (int i = 0; i < 4; ++i) {
    window.press(Qt::Key_F6);
    places << accessible_name(window.window().activeFocusItem());
  }
  EXPECT_EQ(QSet<QString>(places.begin(), places.end()).size(), 4) << places.join(u'|').toStdString();
  EXPECT_TRUE(places.contains(QStringLiteral("Message")));
  window.press(Qt::Key_F6, Qt::ShiftModifier);
  EXPECT_EQ(accessible_name(window.window().activeFocusItem()), places.at(2));
}

TEST(Keyboard, AStarterFillsTheComposerAndDoesNotSend) {
  TestWindow window;
  window.load_starter();
  for (QQuickItem* item : window.items()) {
    if (accessible_name(item) == QStringLiteral("Tell me a joke.") && item->activeFocusOnTab())
      QMetaObject::invokeMethod(item, "clicked");
  }
  EXPECT_EQ(window.app().chats()->draft(), QStringLiteral("Tell me a joke."));
  EXPECT_EQ(window.app().chats()->messages()->count(), 0);
}

}  // namespace
}  // namespace etna::gui
