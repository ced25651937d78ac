// Keeping chats and finding them again, with the keyboard; and what a screen reader is told.
#include <gtest/gtest.h>

#include <QAccessible>
#include <QSet>

#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

class ArchiveScreens : public testing::Test {
protected:
  void SetUp() override {
    QAccessible::setActive(true);
    window.load_starter();
  }

  void TearDown() override { EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), ""); }

  ChatController& chats() { return *window.app().chats(); }

  Archive& archive() { return *window.app().archive(); }

  template <class Condition>
  static bool becomes(Condition condition) {
    return QTest::qWaitFor(condition, 10'000);
  }

  void say(const QString& text) {
    chats().set_draft(text);
    chats().send();
    ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  }

  void chat(const QString& text) {
    chats().newChat();
    say(text);
  }

  /// The visible item that is called so; a button rather than a text on it.
  QQuickItem* item(const QString& name) {
    QQuickItem* found = nullptr;
    for (QQuickItem* each : window.items()) {
      if (accessible_name(each) != name) continue;
      if (!found || each->activeFocusOnTab()) found = each;
    }
    return found;
  }

  bool appears(const QString& name) {
    return becomes([&] { return item(name) != nullptr; });
  }

  QString focused() { return accessible_name(window.window().activeFocusItem()); }

  /// Goes on with the Tab key until something has the focus.
  bool tab_to(const QString& name) {
    for (int i = 0; i < 80; ++i) {
      if (focused() == name) return true;
      window.press(Qt::Key_Tab);
    }
    return false;
  }

  void expect_names(const char* where) {
    static const QSet<QAccessible::Role> roles = {QAccessible::Button,       QAccessible::CheckBox,
                                                  QAccessible::EditableText, QAccessible::ListItem,
                                                  QAccessible::MenuItem,     QAccessible::ProgressBar};
    for (QQuickItem* each : window.items()) {
      QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(each);
      if (!each->activeFocusOnTab() && !(accessible && roles.contains(accessible->role()))) continue;
      EXPECT_FALSE(accessible_name(each).isEmpty()) << where << ": " << each->metaObject()->className();
    }
  }

  TestWindow window;
};

TEST_F(ArchiveScreens, WhatIsSearchedIsOpenedAtItsMessageWithoutAMouse) {
  chat(QStringLiteral("A swallow in spring"));
  const int birds = chats().current_id();
  say(QStringLiteral("Something else"));
  chat(QStringLiteral("Another chat"));
  window.press(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(focused(), QStringLiteral("Search all chats"));
  window.type(QStringLiteral("swal"));
  ASSERT_TRUE(becomes([this] { return archive().search()->state() == SearchController::Found; }));
  ASSERT_TRUE(appears(QStringLiteral("1 message in 1 chat")));
  expect_names("results");
  window.press(Qt::Key_Down);
  EXPECT_TRUE(focused().endsWith(QStringLiteral("A swallow in spring"))) << focused().toStdString();
  window.press(Qt::Key_Up);
  EXPECT_EQ(focused(), QStringLiteral("Search all chats")) << "above the first result is the field";
  window.press(Qt::Key_Down);
  window.press(Qt::Key_Return);
  EXPECT_EQ(chats().current_id(), birds);
  EXPECT_TRUE(appears(QStringLiteral("1 of 1"))) << "the words are marked in the chat";
  EXPECT_TRUE(becomes([this] { return focused() == QStringLiteral("Messages"); })) << focused().toStdString();
  EXPECT_EQ(item(QStringLiteral("What was found")), nullptr);
}

TEST_F(ArchiveScreens, WhereNothingIsFoundTheTrashIsOffered) {
  chat(QStringLiteral("A swallow in spring"));
  chats().remove(chats().current_id());
  window.press(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
  window.type(QStringLiteral("swallow"));
  ASSERT_TRUE(appears(QStringLiteral("Nothing found for “swallow”. Trash is not searched")));
  expect_names("nothing found");
  ASSERT_TRUE(tab_to(QStringLiteral("Search it too")));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(appears(QStringLiteral("A swallow in spring, in the Trash")));
  window.press(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
  window.press(Qt::Key_Return);
  EXPECT_TRUE(appears(QStringLiteral("Chats in the Trash"))) << "what lies in the Trash is shown there";
}

TEST_F(ArchiveScreens, EscapeLeavesTheSearchAndTheTrash) {
  chat(QStringLiteral("A swallow in spring"));
  window.press(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
  window.type(QStringLiteral("swallow"));
  ASSERT_TRUE(appears(QStringLiteral("What was found")));
  window.press(Qt::Key_Escape);
  EXPECT_EQ(item(QStringLiteral("What was found")), nullptr);
  EXPECT_EQ(focused(), QStringLiteral("Message"));
  EXPECT_EQ(archive().search()->text(), QString());
  ASSERT_TRUE(tab_to(QStringLiteral("Trash")));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(appears(QStringLiteral("The Trash is empty")));
  expect_names("empty trash");
  window.press(Qt::Key_Escape);
  EXPECT_EQ(item(QStringLiteral("The Trash is empty")), nullptr);
  EXPECT_EQ(focused(), QStringLiteral("Message"));
}

TEST_F(ArchiveScreens, ANarrowWindowSearchesOnThePage) {
  window.window().resize(960, 640);
  chat(QStringLiteral("A swallow in spring"));
  window.press(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(focused(), QStringLiteral("Search all chats"));
  window.type(QStringLiteral("swallow"));
  ASSERT_TRUE(appears(QStringLiteral("What was found")));
  window.press(Qt::Key_Return);
  EXPECT_TRUE(appears(QStringLiteral("1 of 1")));
}

TEST_F(ArchiveScreens, AChatGoesToTheTrashAndComesBackWithoutAMouse) {
  chat(QStringLiteral("keep me"));
  ASSERT_TRUE(appears(QStringLiteral("keep me")));
  ASSERT_TRUE(tab_to(QStringLiteral("keep me")));
  window.press(Qt::Key_Backspace);
  EXPECT_NE(item(QStringLiteral("keep me")), nullptr) << "Backspace never deletes";
  window.press(Qt::Key_Delete);
  ASSERT_TRUE(appears(QStringLiteral("Chat moved to Trash")));
  ASSERT_TRUE(appears(QStringLiteral("Trash (1)")));
  ASSERT_TRUE(tab_to(QStringLiteral("Trash (1)")));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(appears(QStringLiteral("keep me, Deleted today · 30 days left")));
  expect_names("trash");
  ASSERT_TRUE(tab_to(QStringLiteral("Restore")));
  window.press(Qt::Key_Space);
  EXPECT_TRUE(appears(QStringLiteral("keep me")));
  EXPECT_TRUE(appears(QStringLiteral("The Trash is empty")));
}

TEST_F(ArchiveScreens, WhatIsDeletedForGoodIsAskedForFirst) {
  chat(QStringLiteral("gone"));
  chats().remove(chats().current_id());
  ASSERT_TRUE(appears(QStringLiteral("Trash (1)")));
  ASSERT_TRUE(tab_to(QStringLiteral("Trash (1)")));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(tab_to(QStringLiteral("Delete for good…")));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(appears(QStringLiteral("Delete “gone” for good?")));
  expect_names("question");
  EXPECT_TRUE(becomes([this] { return focused() == QStringLiteral("Keep"); })) << "Enter alone deletes nothing";
  window.press(Qt::Key_Escape);
  EXPECT_EQ(archive().trash()->count(), 1);
  ASSERT_TRUE(becomes([this] { return item(QStringLiteral("Keep")) == nullptr; }));
  ASSERT_TRUE(tab_to(QStringLiteral("Delete for good…")));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(becomes([this] { return focused() == QStringLiteral("Keep"); }));
  window.press(Qt::Key_Tab, Qt::ShiftModifier);
  EXPECT_EQ(focused(), QStringLiteral("Delete for good"));
  window.press(Qt::Key_Space);
  EXPECT_TRUE(becomes([this] { return archive().trash()->count() == 0; }));
}

TEST_F(ArchiveScreens, ATemporaryChatSaysThatItIsNotSaved) {
  chat(QStringLiteral("kept"));
  window.press(Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_TRUE(chats().temporary());
  EXPECT_TRUE(appears(QStringLiteral("Not saved. Closing forgets it.")));
  EXPECT_TRUE(appears(QStringLiteral("Temporary chat, not saved")));
  expect_names("temporary");
  say(QStringLiteral("between us"));
  chats().remove(chats().current_id());
  EXPECT_TRUE(appears(QStringLiteral("The chat was forgotten")));
  EXPECT_TRUE(becomes([this] { return item(QStringLiteral("Not saved. Closing forgets it.")) == nullptr; }));
}

TEST_F(ArchiveScreens, AChatIsMovedToANewFolderWithoutAMouse) {
  chat(QStringLiteral("plans"));
  ASSERT_TRUE(appears(QStringLiteral("plans")));
  ASSERT_TRUE(tab_to(QStringLiteral("plans")));
  window.press(Qt::Key_Menu);
  ASSERT_TRUE(appears(QStringLiteral("Move to folder…")));
  expect_names("menu of a chat");
  for (int i = 0; i < 12 && focused() != QStringLiteral("Move to folder…"); ++i) window.press(Qt::Key_Down);
  ASSERT_EQ(focused(), QStringLiteral("Move to folder…"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(appears(QStringLiteral("No folder")));
  expect_names("folders");
  ASSERT_TRUE(tab_to(QStringLiteral("New folder…")));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(becomes([this] { return focused() == QStringLiteral("New folder"); }));
  window.type(QStringLiteral("Work"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(appears(QStringLiteral("Folder Work, 1, open")));
  ASSERT_TRUE(becomes([this] { return item(QStringLiteral("New folder")) == nullptr; }));
  ASSERT_TRUE(tab_to(QStringLiteral("Folder Work, 1, open")));
  window.press(Qt::Key_Return);
  EXPECT_TRUE(appears(QStringLiteral("Folder Work, 1, closed")));
  EXPECT_EQ(archive().sidebar()->current_row(), -1);
  window.press(Qt::Key_Right);
  EXPECT_TRUE(appears(QStringLiteral("Folder Work, 1, open")));
}

TEST_F(ArchiveScreens, AChatIsDraggedToAFolder) {
  chat(QStringLiteral("plans"));
  chats().addFolder(QStringLiteral("Work"));
  ASSERT_TRUE(appears(QStringLiteral("Folder Work, 0, open")));
  ASSERT_TRUE(appears(QStringLiteral("plans")));
  const auto middle = [&](const QString& name) {
    QQuickItem* found = item(name);
    return found->mapToScene(QPointF(found->width() / 2, found->height() / 2)).toPoint();
  };
  const QPoint from = middle(QStringLiteral("plans"));
  const QPoint to = middle(QStringLiteral("Folder Work, 0, open"));
  QTest::mousePress(&window.window(), Qt::LeftButton, {}, from);
  for (int step = 1; step <= 8; ++step) QTest::mouseMove(&window.window(), from + (to - from) * step / 8, 10);
  QTest::mouseRelease(&window.window(), Qt::LeftButton, {}, to);
  EXPECT_TRUE(appears(QStringLiteral("Folder Work, 1, open")));
}

TEST_F(ArchiveScreens, TheHeadersMenuCopiesEverything) {
  chat(QStringLiteral("plans"));
  ASSERT_TRUE(tab_to(QStringLiteral("What to do with this chat")));
  window.press(Qt::Key_Space);
  for (const char* name : {"Rename… (F2)", "Pin", "Duplicate", "Copy all", "Export as Markdown…",
                           "Export as JSON with all versions…", "Move to Trash (Delete)"})
    EXPECT_TRUE(appears(QString::fromUtf8(name))) << name;
  window.press(Qt::Key_Escape);
  EXPECT_TRUE(becomes([this] { return item(QStringLiteral("Duplicate")) == nullptr; }));
}

TEST_F(ArchiveScreens, FindingInAChatCountsAndGoesOn) {
  chat(QStringLiteral("one robot"));
  say(QStringLiteral("two robots"));
  window.press(Qt::Key_F, Qt::ControlModifier);
  EXPECT_EQ(focused(), QStringLiteral("Find in this chat"));
  window.type(QStringLiteral("robot"));
  ASSERT_TRUE(becomes([this] {
    for (QQuickItem* each : window.items()) {
      if (accessible_name(each).contains(QStringLiteral(" of "))) return true;
    }
    return false;
  }));
  window.press(Qt::Key_Return);
  window.press(Qt::Key_Return, Qt::ShiftModifier);
  window.press(Qt::Key_Escape);
  EXPECT_EQ(item(QStringLiteral("Find in this chat")), nullptr);
}

}  // namespace
}  // namespace etna::gui
