#include <QAbstractItemModelTester>
#include <QDateTime>
#include <QSignalSpy>

#include "tests/gui/chat/archive/archive_fixture.h"

namespace etna::gui {
namespace {

class ChatTrashTest : public ArchiveTest {
protected:
  ChatTrash& trash() { return *archive().trash(); }

  /// Throws a chat away; its ticket.
  double thrown(const QString& text) {
    chats().remove(chat(text));
    EXPECT_TRUE(becomes([&] { return ticket_of(text) != 0; }));
    return ticket_of(text);
  }
};

TEST_F(ChatTrashTest, AChatComesBackFromTheTrash) {
  const QAbstractItemModelTester tester(&trash());
  const double ticket = thrown(QStringLiteral("keep me"));
  chats().forgetRemoved();
  EXPECT_EQ(id_of(QStringLiteral("keep me")), 0);
  trash().restore(ticket);
  ASSERT_TRUE(becomes([this] { return id_of(QStringLiteral("keep me")) != 0; }));
  ASSERT_TRUE(becomes([this] { return trash().count() == 0; }));
  chats().select(id_of(QStringLiteral("keep me")));
  ASSERT_TRUE(becomes([this] { return messages().count() == 2; }));
  restart();
  EXPECT_TRUE(becomes([this] { return id_of(QStringLiteral("keep me")) != 0; }));
}

TEST_F(ChatTrashTest, RestoringWhatCouldBeUndoneEndsTheUndo) {
  const double ticket = thrown(QStringLiteral("keep me"));
  QSignalSpy over(&chats(), &ChatController::undoOver);
  trash().restore(ticket);
  ASSERT_TRUE(becomes([this] { return id_of(QStringLiteral("keep me")) != 0; }));
  EXPECT_EQ(over.count(), 1);
  const int chats_now = chats().chats()->count();
  chats().undoRemove();
  EXPECT_EQ(chats().chats()->count(), chats_now) << "it is there once";
}

TEST_F(ChatTrashTest, UndoTakesAChatOutOfTheTrash) {
  thrown(QStringLiteral("keep me"));
  chats().undoRemove();
  EXPECT_TRUE(becomes([this] { return trash().count() == 0; }));
  EXPECT_NE(id_of(QStringLiteral("keep me")), 0);
}

TEST_F(ChatTrashTest, WhatIsDeletedForGoodDoesNotComeBack) {
  const double ticket = thrown(QStringLiteral("secret words"));
  QSignalSpy over(&chats(), &ChatController::undoOver);
  trash().erase(ticket);
  EXPECT_EQ(over.count(), 1) << "nobody is offered what cannot be done";
  chats().undoRemove();
  EXPECT_EQ(id_of(QStringLiteral("secret words")), 0);
  archive().search()->set_trash_too(true);
  archive().search()->set_text(QStringLiteral("secret"));
  EXPECT_TRUE(becomes([this] { return archive().search()->state() == SearchController::Nothing; }));
  restart();
  EXPECT_TRUE(becomes([this] { return trash().known(); }));
  EXPECT_EQ(trash().count(), 0);
}

TEST_F(ChatTrashTest, TheTrashIsEmptiedAtOnce) {
  thrown(QStringLiteral("one"));
  thrown(QStringLiteral("two"));
  EXPECT_EQ(trash().data(trash().index(0), ChatTrash::TitleRole).toString(), QStringLiteral("two"))
      << "the last thrown away first";
  trash().empty();
  EXPECT_TRUE(becomes([this] { return trash().count() == 0; }));
}

TEST_F(ChatTrashTest, AChatThatWasNeverKeptDoesNotGoThere) {
  QSignalSpy removed(&chats(), &ChatController::removed);
  chats().newTemporaryChat();
  say(QStringLiteral("whispered"));
  chats().remove(chats().current_id());
  ASSERT_EQ(removed.count(), 1);
  EXPECT_FALSE(removed.at(0).at(1).toBool());
  thrown(QStringLiteral("spoken"));
  EXPECT_EQ(trash().count(), 1);
}

TEST(TrashNote, SaysWhenItWasDeletedAndHowLongItStays) {
  const chats::Time day = 24LL * 60 * 60 * 1000;
  const chats::Time now = QDateTime(QDate(2026, 5, 20), QTime(12, 0)).toMSecsSinceEpoch();
  EXPECT_EQ(trash_note(now, now, 30), QStringLiteral("Deleted today · 30 days left"));
  EXPECT_EQ(trash_note(now - day, now, 30), QStringLiteral("Deleted yesterday · 29 days left"));
  EXPECT_EQ(trash_note(now - 29 * day - 1, now, 30), QStringLiteral("Deleted 29 days ago · 1 day left"));
  EXPECT_EQ(trash_note(now - 40 * day, now, 30), QStringLiteral("Deleted 40 days ago · goes at the next start"));
  EXPECT_EQ(trash_note(now + day, now, 30), QStringLiteral("Deleted today · 30 days left")) << "the clock was set back";
}

}  // namespace
}  // namespace etna::gui
