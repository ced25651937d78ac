// Messages with files, and messages that wait for the end of a reply.
#include <QAbstractItemModelTester>
#include <QFile>

#include "tests/gui/app_fixture.h"

namespace etna::gui {
namespace {

class QueueTest : public AppTest {
protected:
  ChatController& chats() { return *app->chats(); }

  QueueList& queue() { return *chats().queue(); }

  void send(const QString& text) {
    chats().set_draft(text);
    chats().send();
  }

  void wait_for_replies() {
    ASSERT_TRUE(becomes([this] { return !chats().busy(); }, 30'000));
  }

  void attach(const QString& name, const QByteArray& bytes) {
    QFile file(folder.filePath(name));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    file.close();
    chats().desk()->addFiles({QUrl::fromLocalFile(file.fileName())});
    ASSERT_TRUE(becomes([this] { return !chats().attachments()->reading(); }));
  }

  QStringList texts() {
    QStringList texts;
    for (int row = 0; row < chats().messages()->count(); ++row) {
      if (chats().messages()->at(row).sender == MessageList::User) texts << chats().messages()->at(row).text;
    }
    return texts;
  }

  QStringList queued() {
    QStringList texts;
    for (const QueuedMessage& message : queue().messages()) texts << message.text;
    return texts;
  }

  /// Waits until all that was asked of the store is on the disk.
  void flush() {
    bool done = false;
    chats().chat_store().flush([&](const auto&) { done = true; });
    ASSERT_TRUE(becomes([&] { return done; }));
  }

  void select_stored(const QString& title) {
    const ChatList& list = *chats().chats();
    ASSERT_TRUE(becomes([&] { return list.count() > 1; }));
    for (int row = 0; row < list.count(); ++row) {
      if (list.at(row).title == title) return chats().select(list.at(row).id);
    }
    FAIL() << "there is no chat " << title.toStdString();
  }
};

TEST_F(QueueTest, AMessageThatIsSentWhileAReplyRunsWaitsAndFollowsInOrder) {
  const QAbstractItemModelTester tester(&queue());
  load();
  send(QStringLiteral("first"));
  send(QStringLiteral("second"));
  send(QStringLiteral("third"));
  EXPECT_EQ(queued(), QStringList({QStringLiteral("second"), QStringLiteral("third")}));
  EXPECT_TRUE(chats().draft().isEmpty());
  EXPECT_EQ(texts(), QStringList(QStringLiteral("first")));
  ASSERT_TRUE(becomes([this] { return texts().size() == 3 && !chats().busy(); }, 60'000));
  EXPECT_EQ(texts(), QStringList({QStringLiteral("first"), QStringLiteral("second"), QStringLiteral("third")}));
  EXPECT_EQ(queue().count(), 0);
}

TEST_F(QueueTest, AQueuedMessageCanBeChangedAndTakenAway) {
  load();
  send(QStringLiteral("something very long"));
  send(QStringLiteral("second"));
  send(QStringLiteral("third"));
  queue().edit(0);
  queue().finishEdit(QStringLiteral(" changed "));
  queue().remove(1);
  EXPECT_EQ(queued(), QStringList(QStringLiteral("changed")));
  queue().edit(0);
  queue().finishEdit({});
  EXPECT_EQ(queue().count(), 0);
  chats().stop();
}

TEST_F(QueueTest, WhatIsBeingChangedIsNotSentUntilItIsDone) {
  load();
  send(QStringLiteral("first"));
  send(QStringLiteral("second"));
  queue().edit(0);
  wait_for_replies();
  EXPECT_EQ(queue().count(), 1);
  queue().finishEdit(QStringLiteral("better"));
  wait_for_replies();
  EXPECT_EQ(texts(), QStringList({QStringLiteral("first"), QStringLiteral("better")}));
}

TEST_F(QueueTest, AfterAStopTheQueueWaitsForThePerson) {
  load();
  send(QStringLiteral("something very long"));
  send(QStringLiteral("second"));
  chats().stop();
  EXPECT_EQ(queued(), QStringList(QStringLiteral("second")));
  EXPECT_EQ(queue().pause(), QStringLiteral("Not sent, because you stopped the reply."));
  ASSERT_TRUE(chats().can_send_queued());
  chats().sendQueued();
  EXPECT_EQ(texts().last(), QStringLiteral("second"));
  EXPECT_TRUE(queue().pause().isEmpty());
  wait_for_replies();
}

TEST_F(QueueTest, AfterAFailureTheQueueWaitsForThePerson) {
  load(QStringLiteral("/models/hungry"));
  send(QStringLiteral("first"));
  send(QStringLiteral("second"));
  wait_for_replies();
  EXPECT_EQ(queued(), QStringList(QStringLiteral("second")));
  EXPECT_EQ(queue().pause(), QStringLiteral("Not sent, because the reply failed."));
}

TEST_F(QueueTest, TheQueueAndTheDraftsFilesComeBackAfterARestart) {
  load();
  send(QStringLiteral("something very long"));
  attach(QStringLiteral("a.txt"), "one");
  send(QStringLiteral("second"));
  attach(QStringLiteral("b.txt"), "two");
  chats().set_draft(QStringLiteral("half a thought"));
  restart();
  select_stored(QStringLiteral("something very long"));
  ASSERT_TRUE(becomes([this] { return queue().count() == 1; }));
  EXPECT_EQ(queued(), QStringList(QStringLiteral("second")));
  EXPECT_EQ(queue().messages()[0].files.at(0).file->bytes, "one");
  EXPECT_EQ(queue().pause(), QStringLiteral("Not sent, because Etna was closed."));
  EXPECT_EQ(chats().draft(), QStringLiteral("half a thought"));
  ASSERT_EQ(chats().attachments()->count(), 1);
  EXPECT_EQ(chats().attachments()->at(0).file->bytes, "two");
}

TEST_F(QueueTest, AQueuedMessageIsOnTheDiskAtOnce) {
  load();
  send(QStringLiteral("something very long"));
  send(QStringLiteral("second"));
  flush();
  // As after a kill: what the disk has at this moment.
  QTemporaryDir left;
  for (const char* name : {"chats.db", "chats.db-wal"})
    ASSERT_TRUE(QFile::copy(folder.filePath(QLatin1String(name)), left.filePath(QLatin1String(name))));
  Engine other;
  QSettings settings(left.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
  App after(other, settings, left.path());
  ChatController& found = *after.chats();
  ASSERT_TRUE(becomes([&] { return found.chats()->count() == 2; }));
  for (int row = 0; row < 2; ++row) {
    if (!found.chats()->at(row).title.isEmpty()) found.select(found.chats()->at(row).id);
  }
  EXPECT_TRUE(becomes([&] { return found.queue()->count() == 1; }));
  EXPECT_TRUE(becomes([&] { return found.messages()->count() > 0; }));
  EXPECT_EQ(found.messages()->at(0).text, QStringLiteral("something very long"));
  after.shut_down();
  chats().stop();
}

TEST_F(QueueTest, TheModelReadsFilesBeforeTheMessage) {
  load();
  attach(QStringLiteral("a.py"), "x = 1\n");
  send(QStringLiteral("[echo] what is x?"));
  EXPECT_EQ(chats().attachments()->count(), 0);
  wait_for_replies();
  EXPECT_TRUE(chats().lastReply().endsWith(QStringLiteral("File: a.py\n```py\nx = 1\n```\n\n[echo] what is x?")))
      << chats().lastReply().toStdString();
  EXPECT_EQ(chats().messages()->at(0).files.at(0).name(), QStringLiteral("a.py"));
}

TEST_F(QueueTest, AFileAloneCanBeSentAndNamesTheChat) {
  load();
  attach(QStringLiteral("notes.md"), "# Notes");
  ASSERT_TRUE(chats().can_send());
  chats().send();
  EXPECT_EQ(chats().title(), QStringLiteral("notes.md"));
  wait_for_replies();
  EXPECT_EQ(chats().messages()->count(), 2);
}

TEST_F(QueueTest, VersionsBranchesAndNewTriesKeepTheFiles) {
  load();
  attach(QStringLiteral("a.txt"), "one");
  send(QStringLiteral("[echo] first"));
  wait_for_replies();
  chats().regenerate();
  wait_for_replies();
  EXPECT_TRUE(chats().lastReply().contains(QStringLiteral("File: a.txt")));

  chats().set_draft(QStringLiteral("unsent"));
  chats().beginEdit(0);
  ASSERT_EQ(chats().attachments()->count(), 1) << "the files can be changed, too";
  send(QStringLiteral("[echo] better"));
  EXPECT_EQ(chats().draft(), QStringLiteral("unsent"));
  EXPECT_EQ(chats().attachments()->count(), 0);
  wait_for_replies();
  EXPECT_TRUE(chats().lastReply().contains(QStringLiteral("File: a.txt")));
  EXPECT_EQ(chats().messages()->at(0).versions, 2);

  flush();
  chats().branch(1);
  ASSERT_TRUE(becomes([this] { return chats().title().endsWith(QStringLiteral("(2)")); }));
  EXPECT_EQ(chats().messages()->at(0).files.at(0).file->bytes, "one");
}

TEST_F(QueueTest, LeavingAnEditBringsTheDraftsFilesBack) {
  load();
  send(QStringLiteral("first"));
  wait_for_replies();
  attach(QStringLiteral("a.txt"), "one");
  chats().beginEdit(0);
  EXPECT_EQ(chats().attachments()->count(), 0);
  chats().cancelEdit();
  ASSERT_EQ(chats().attachments()->count(), 1);
  EXPECT_EQ(chats().attachments()->at(0).name(), QStringLiteral("a.txt"));
}

TEST_F(QueueTest, UpEditsTheLastMessageOfTheQueueElseTheLastOfMine) {
  EXPECT_FALSE(chats().editLast());
  load();
  send(QStringLiteral("first"));
  wait_for_replies();
  EXPECT_TRUE(chats().editLast());
  EXPECT_EQ(chats().draft(), QStringLiteral("first"));
  chats().cancelEdit();
  send(QStringLiteral("something very long"));
  EXPECT_FALSE(chats().editLast()) << "not while its reply is written";
  send(QStringLiteral("third"));
  EXPECT_TRUE(chats().editLast());
  EXPECT_EQ(queue().edited_row(), 0);
  chats().stop();
}

TEST_F(QueueTest, ATemporaryChatHasAQueueAndFilesThatAreNotKept) {
  chats().newTemporaryChat();
  load();
  attach(QStringLiteral("a.txt"), "one");
  send(QStringLiteral("[echo] first"));
  send(QStringLiteral("second"));
  ASSERT_TRUE(becomes([this] { return texts().size() == 2 && !chats().busy(); }, 30'000));
  EXPECT_EQ(texts().last(), QStringLiteral("second"));
}

}  // namespace
}  // namespace etna::gui
