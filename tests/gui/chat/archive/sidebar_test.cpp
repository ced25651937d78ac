#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "tests/gui/chat/archive/archive_fixture.h"

namespace etna::gui {
namespace {

class SidebarTest : public ArchiveTest {
protected:
  SidebarList& sidebar() { return *archive().sidebar(); }

  /// "Work(1) one / Today / two": folders with their number, chats, headings in brackets.
  QString shown() {
    QStringList rows;
    for (int row = 0; row < sidebar().rowCount(); ++row) {
      const auto of = [&](SidebarList::Role role) { return sidebar().data(sidebar().index(row), role); };
      const QString title = of(SidebarList::TitleRole).toString();
      switch (of(SidebarList::KindRole).toInt()) {
        case SidebarList::Heading: rows << u'[' + title + u']'; break;
        case SidebarList::Folder: rows << title + u'(' + of(SidebarList::CountRole).toString() + u')'; break;
        default: rows << title;
      }
    }
    return rows.join(u' ');
  }

  void expect_rows(const char* rows) {
    EXPECT_TRUE(becomes([&] { return shown() == QLatin1String(rows); })) << shown().toStdString();
  }
};

TEST_F(SidebarTest, ChatsStandUnderPinnedFoldersAndDays) {
  const QAbstractItemModelTester tester(&sidebar());
  const int one = chat(QStringLiteral("one"));
  const int two = chat(QStringLiteral("two"));
  chat(QStringLiteral("three"));
  expect_rows("[Today] three two one");
  chats().addFolder(QStringLiteral("Work"));
  expect_rows("Work(0) [Today] three two one");
  chats().moveToFolder(one, 0);
  expect_rows("Work(1) one [Today] three two");
  chats().setPinned(two, true);
  expect_rows("[Pinned] two Work(1) one [Today] three");
  chats().renameFolder(0, QStringLiteral("Play"));
  expect_rows("[Pinned] two Play(1) one [Today] three");
  chats().remove(id_of(QStringLiteral("three")));
  expect_rows("[Pinned] two Play(1) one");
  chats().removeFolder(0);
  expect_rows("[Pinned] two [Today] one");
}

TEST_F(SidebarTest, ACollapsedFolderStaysSoAndOpensForARename) {
  const QAbstractItemModelTester tester(&sidebar());
  const int one = chat(QStringLiteral("one"));
  chats().addFolder(QStringLiteral("Work"));
  chats().moveToFolder(one, 0);
  chat(QStringLiteral("two"));
  sidebar().toggleFolder(0);
  expect_rows("Work(1) [Today] two");
  chats().select(one);
  EXPECT_EQ(sidebar().current_row(), -1);
  restart();
  ASSERT_TRUE(becomes([this] { return id_of(QStringLiteral("one")) != 0; }));
  expect_rows("Work(1) [Today] New chat two");
  sidebar().reveal(id_of(QStringLiteral("one")));
  expect_rows("Work(1) one [Today] New chat two");
}

TEST_F(SidebarTest, TheRowOfTheChatThatIsShownIsKnown) {
  chat(QStringLiteral("one"));
  const int two = chat(QStringLiteral("two"));
  expect_rows("[Today] two one");
  EXPECT_EQ(sidebar().current_row(), 1);
  chats().setPinned(id_of(QStringLiteral("one")), true);
  expect_rows("[Pinned] one [Today] two");
  EXPECT_EQ(sidebar().current_row(), 3);
  EXPECT_EQ(chats().current_id(), two);
}

TEST_F(SidebarTest, ADuplicateHasTheSameMessagesAndAnotherName) {
  const int id = chat(QStringLiteral("plans"));
  chats().duplicate(id);
  ASSERT_TRUE(becomes([this] { return chats().title() == QStringLiteral("plans (2)"); }));
  EXPECT_EQ(messages().count(), 2);
  say(QStringLiteral("only here"));
  chats().select(id);
  EXPECT_EQ(messages().count(), 2);
}

TEST_F(SidebarTest, WhatIsReadOnlyCanBeReadSearchedAndExportedButNotChanged) {
  const int kept = chat(QStringLiteral("old plans"));
  chats().addFolder(QStringLiteral("Work"));
  ASSERT_NE(kept, 0);
  come_back_reading_only();
  EXPECT_EQ(chats().refusal(), QStringLiteral("These chats were made by a newer Etna and are open for reading only."));
  const int id = id_of(QStringLiteral("old plans"));
  chats().select(id);
  ASSERT_TRUE(becomes([this] { return messages().count() == 2; }));
  const int count = chats().chats()->count();
  chats().rename(id, QStringLiteral("other"));
  chats().setPinned(id, true);
  chats().moveToFolder(id, 0);
  chats().addFolder(QStringLiteral("more"));
  chats().renameFolder(0, QStringLiteral("other"));
  chats().removeFolder(0);
  chats().remove(id);
  chats().duplicate(id);
  chats().removeMessage(0);
  chats().branch(1);
  QTest::qWait(20);
  EXPECT_EQ(chats().chats()->count(), count);
  EXPECT_EQ(chats().title(), QStringLiteral("old plans"));
  EXPECT_FALSE(sidebar().isPinned(id));
  EXPECT_EQ(chats().chats()->folder_names(), QStringList{QStringLiteral("Work")});
  EXPECT_EQ(messages().count(), 2);
  EXPECT_EQ(messages().at(1).state, MessageList::Done);

  archive().search()->set_text(QStringLiteral("plans"));
  ASSERT_TRUE(becomes([this] { return archive().search()->state() == SearchController::Found; }));
  QSignalSpy wanted(&chats(), &ChatController::messageWanted);
  archive().search()->open(1);
  EXPECT_TRUE(becomes([&] { return wanted.count() == 1; }));
  archive().files()->exportAll(QUrl::fromLocalFile(folder.filePath(QStringLiteral("all.jsonl"))), ChatFiles::Json);
  ASSERT_TRUE(becomes([this] { return !archive().files()->busy(); }));
  EXPECT_FALSE(archive().files()->failed()) << archive().files()->text().toStdString();
}

}  // namespace
}  // namespace etna::gui
