// Chats across restarts, and the versions of their messages.
#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "gui/store/database.h"
#include "tests/gui/app_fixture.h"

namespace etna::gui {
namespace {

class ChatKeepingTest : public AppTest {
protected:
  ChatController& chats() { return *app->chats(); }

  MessageList& messages() { return *chats().messages(); }

  void send(const QString& text) {
    chats().set_draft(text);
    chats().send();
  }

  void ask(const QString& text) {
    send(text);
    ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  }

  /// Closes the window and opens it again, with the stored chat of this title shown.
  void come_back_to(const QString& title) {
    restart();
    ASSERT_TRUE(becomes([&] { return id_of(title) != 0; })) << title.toStdString() << " is gone";
    chats().select(id_of(title));
    ASSERT_TRUE(becomes([this] { return !chats().opening(); }));
  }

  int id_of(const QString& title) {
    for (int row = 0; row < chats().chats()->count(); ++row) {
      if (chats().chats()->at(row).title == title) return chats().chats()->at(row).id;
    }
    return 0;
  }

  QStringList texts() {
    QStringList found;
    for (int row = 0; row < messages().count(); ++row) found << messages().at(row).text.left(12);
    return found;
  }
};

TEST_F(ChatKeepingTest, AChatIsThereAfterARestartWithTextStatisticsAndTitle) {
  load();
  ask(QStringLiteral("one two three"));
  const QString reply = messages().at(1).text;
  const auto tokens = messages().at(1).statistics->generated_tokens;
  come_back_to(QStringLiteral("one two three"));
  ASSERT_EQ(messages().count(), 2);
  EXPECT_EQ(messages().at(0).text, QStringLiteral("one two three"));
  EXPECT_EQ(messages().at(1).text, reply);
  EXPECT_EQ(messages().at(1).state, MessageList::Done);
  ASSERT_TRUE(messages().at(1).statistics);
  EXPECT_EQ(messages().at(1).statistics->generated_tokens, tokens);
  EXPECT_EQ(messages().at(1).model_name, QStringLiteral("Etna Starter"));
}

TEST_F(ChatKeepingTest, AnUntouchedChatIsNotKept) {
  restart();
  QTest::qWait(50);
  EXPECT_EQ(chats().chats()->count(), 1);
}

TEST_F(ChatKeepingTest, AChatGoesOnWhereItWas) {
  load();
  ask(QStringLiteral("first"));
  come_back_to(QStringLiteral("first"));
  load();
  ask(QStringLiteral("second"));
  EXPECT_EQ(messages().count(), 4);
  EXPECT_EQ(messages().request_before(3).size(), 3u);
  come_back_to(QStringLiteral("first"));
  EXPECT_EQ(messages().count(), 4);
}

TEST_F(ChatKeepingTest, WhatWasTypedIsThereAfterARestart) {
  chats().set_draft(QStringLiteral("half a thought"));
  restart();
  ASSERT_TRUE(becomes([this] { return chats().chats()->count() == 2; }));
  chats().select(chats().chats()->at(1).id);
  EXPECT_EQ(chats().draft(), QStringLiteral("half a thought"));
}

TEST_F(ChatKeepingTest, AReplyThatTheEndOfTheProgramCutOffCanBeContinued) {
  load();
  send(QStringLiteral("something very long"));
  ASSERT_TRUE(becomes([this] { return chats().lastReply().size() > 200; }));
  come_back_to(QStringLiteral("something very long"));
  ASSERT_EQ(messages().count(), 2);
  EXPECT_EQ(messages().at(1).state, MessageList::Interrupted);
  const QString before = messages().at(1).text;
  EXPECT_GE(before.size(), 200) << "a program that ends in order loses nothing";
  EXPECT_EQ(messages().data(messages().index(1), MessageList::StatisticsRole).toString(),
            QStringLiteral("stopped: the app closed"));
  EXPECT_FALSE(chats().can_continue()) << "there is no model";
  load();
  ASSERT_TRUE(chats().can_continue());
  chats().continueReply();
  ASSERT_TRUE(becomes([this] { return chats().lastReply().size() > 400; }));
  chats().stop();
  const QString after = chats().lastReply();
  EXPECT_TRUE(after.startsWith(before));
  ASSERT_TRUE(becomes([this] { return messages().at(1).statistics.has_value(); }));
  come_back_to(QStringLiteral("something very long"));
  EXPECT_EQ(messages().at(1).text, after);
  EXPECT_EQ(messages().at(1).state, MessageList::Done);
}

TEST_F(ChatKeepingTest, WritingAgainKeepsTheOldReplyAsAVersion) {
  const QAbstractItemModelTester tester(&messages());
  load();
  ask(QStringLiteral("Hello"));
  chats().regenerate();
  ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  EXPECT_EQ(messages().at(1).version, 2);
  EXPECT_EQ(messages().at(1).versions, 2);
  ask(QStringLiteral("and more"));
  ASSERT_EQ(messages().count(), 4);
  chats().switchVersion(1, -1);
  ASSERT_TRUE(becomes([this] { return messages().count() == 2; }));
  EXPECT_EQ(messages().at(1).version, 1);
  chats().switchVersion(1, 1);
  ASSERT_TRUE(becomes([this] { return messages().count() == 4; })) << "what followed is still there";
  come_back_to(QStringLiteral("Hello"));
  EXPECT_EQ(messages().count(), 4);
  EXPECT_EQ(messages().at(1).version, 2);
}

TEST_F(ChatKeepingTest, AnEditedMessageIsAVersionAndTheDraftFromBeforeComesBack) {
  load();
  ask(QStringLiteral("first"));
  ask(QStringLiteral("second"));
  chats().set_draft(QStringLiteral("unsent"));
  chats().beginEdit(0);
  EXPECT_TRUE(chats().editing());
  EXPECT_EQ(chats().draft(), QStringLiteral("first"));
  chats().cancelEdit();
  EXPECT_EQ(chats().draft(), QStringLiteral("unsent"));
  chats().beginEdit(0);
  ask(QStringLiteral("changed"));
  EXPECT_FALSE(chats().editing());
  EXPECT_EQ(chats().draft(), QStringLiteral("unsent"));
  ASSERT_EQ(messages().count(), 2);
  EXPECT_EQ(messages().at(0).text, QStringLiteral("changed"));
  EXPECT_EQ(messages().at(0).versions, 2);
  chats().switchVersion(0, -1);
  ASSERT_TRUE(becomes([this] { return messages().count() == 4; }));
  EXPECT_EQ(messages().at(0).text, QStringLiteral("first"));
}

TEST_F(ChatKeepingTest, ABranchIsANewChatAndTheOldOneStays) {
  load();
  ask(QStringLiteral("first"));
  ask(QStringLiteral("second"));
  const int old = chats().current_id();
  chats().branch(1);
  ASSERT_TRUE(becomes([&] { return chats().current_id() != old; }));
  EXPECT_EQ(chats().title(), QStringLiteral("first (2)"));
  EXPECT_EQ(messages().count(), 2);
  ask(QStringLiteral("another way"));
  EXPECT_EQ(messages().count(), 4);
  chats().select(old);
  EXPECT_EQ(messages().count(), 4);
  EXPECT_EQ(messages().at(2).text, QStringLiteral("second"));
  come_back_to(QStringLiteral("first (2)"));
  EXPECT_EQ(messages().at(2).text, QStringLiteral("another way"));
}

TEST_F(ChatKeepingTest, ADeletedMessageComesBackWithUndo) {
  load();
  ask(QStringLiteral("first"));
  ask(QStringLiteral("second"));
  QSignalSpy removed(&chats(), &ChatController::messageRemoved);
  chats().removeMessage(1);
  ASSERT_TRUE(becomes([this] { return messages().count() == 3; }));
  EXPECT_EQ(removed.count(), 1);
  chats().undoRemove();
  ASSERT_TRUE(becomes([this] { return messages().count() == 4; }));
  chats().removeMessage(1);
  ASSERT_TRUE(becomes([this] { return messages().count() == 3; }));
  come_back_to(QStringLiteral("first"));
  EXPECT_EQ(messages().count(), 3);
}

TEST_F(ChatKeepingTest, ADeletedChatStaysAwayAndOneThatCameBackStays) {
  load();
  ask(QStringLiteral("stays"));
  const int stays = chats().current_id();
  chats().newChat();
  ask(QStringLiteral("goes"));
  chats().remove(chats().current_id());
  chats().remove(stays);
  chats().undoRemove();
  EXPECT_EQ(chats().title(), QStringLiteral("stays"));
  EXPECT_EQ(messages().count(), 2);
  come_back_to(QStringLiteral("stays"));
  EXPECT_EQ(id_of(QStringLiteral("goes")), 0);
}

TEST_F(ChatKeepingTest, NamesPinsAndFoldersAreKept) {
  load();
  ask(QStringLiteral("a"));
  const int first = chats().current_id();
  chats().newChat();
  ask(QStringLiteral("b"));
  chats().setPinned(first, true);
  chats().rename(first, QStringLiteral("mine"));
  chats().addFolder(QStringLiteral("Work"));
  chats().moveToFolder(chats().current_id(), 0);
  come_back_to(QStringLiteral("mine"));
  EXPECT_EQ(chats().chats()->row_of(id_of(QStringLiteral("mine"))), 0);
  EXPECT_EQ(chats().chats()->folder_names(), QStringList{QStringLiteral("Work")});
  const QModelIndex second = chats().chats()->index(chats().chats()->row_of(id_of(QStringLiteral("b"))));
  EXPECT_EQ(chats().chats()->data(second, ChatList::GroupRole).toString(), QStringLiteral("Work"));
  chats().removeFolder(0);
  restart();
  ASSERT_TRUE(becomes([this] { return id_of(QStringLiteral("b")) != 0; }));
  EXPECT_TRUE(chats().chats()->folder_names().isEmpty());
}

TEST_F(ChatKeepingTest, ATemporaryChatWorksAndIsForgotten) {
  load();
  chats().newTemporaryChat();
  EXPECT_TRUE(chats().temporary());
  ask(QStringLiteral("secret"));
  EXPECT_EQ(messages().count(), 2);
  chats().regenerate();
  ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  chats().set_draft(QStringLiteral("more"));
  chats().newChat();
  ask(QStringLiteral("kept"));
  come_back_to(QStringLiteral("kept"));
  EXPECT_EQ(chats().chats()->count(), 2) << "the new one and the kept one";
}

TEST_F(ChatKeepingTest, TheSystemPromptAndThinkingBelongToTheChat) {
  load(QStringLiteral("/models/thinking"));
  chats().set_system_prompt(QStringLiteral("Be brief."));
  chats().set_thinking(false);
  ask(QStringLiteral("Hello"));
  EXPECT_TRUE(messages().at(1).thinking.isEmpty());
  come_back_to(QStringLiteral("Hello"));
  EXPECT_EQ(chats().system_prompt(), QStringLiteral("Be brief."));
  EXPECT_FALSE(chats().thinking());
}

TEST_F(ChatKeepingTest, AReplyThatBrokeKeepsItsReason) {
  load(QStringLiteral("/models/lost"));
  ask(QStringLiteral("Hello"));
  EXPECT_EQ(messages().at(1).state, MessageList::Broken);
  come_back_to(QStringLiteral("Hello"));
  EXPECT_EQ(messages().at(1).state, MessageList::Broken);
  EXPECT_EQ(messages().at(1).problem.code, QStringLiteral("E-GPU-02"));
  EXPECT_FALSE(messages().at(1).text.isEmpty());
}

TEST_F(ChatKeepingTest, AReplyStoppedBeforeTheModelSawItIsKeptInItsPlace) {
  library().load(QStringLiteral("/models/slow"));
  send(QStringLiteral("Hello"));
  chats().stop();
  library().cancel();
  ASSERT_TRUE(becomes([this] { return !library().loading(); }));
  load();
  ask(QStringLiteral("again"));
  come_back_to(QStringLiteral("Hello"));
  EXPECT_EQ(messages().count(), 4);
}

TEST_F(ChatKeepingTest, ANewerEtnasChatsAreNotTouchedAndCanBeRead) {
  load();
  ask(QStringLiteral("from the future"));
  app->shut_down();
  engine.reset();
  app.reset();
  {
    auto database = etna::store::Database::open((folder.path() + QStringLiteral("/chats.db")).toStdString(),
                                                etna::store::Database::Mode::create);
    database.run("PRAGMA user_version = 99");
  }
  engine = std::make_unique<Engine>();
  app = std::make_unique<App>(*engine, store, folder.path());
  ASSERT_TRUE(becomes([this] { return chats().store_problem().is_set(); }));
  EXPECT_EQ(chats().store_problem().code, QStringLiteral("E-DB-01"));
  load();
  chats().set_draft(QStringLiteral("x"));
  EXPECT_FALSE(chats().can_send());
  EXPECT_FALSE(chats().hint().isEmpty());
  chats().newTemporaryChat();
  chats().set_draft(QStringLiteral("x"));
  EXPECT_TRUE(chats().can_send());
  chats().openReadOnly();
  ASSERT_TRUE(becomes([this] { return id_of(QStringLiteral("from the future")) != 0; }));
  chats().select(id_of(QStringLiteral("from the future")));
  ASSERT_TRUE(becomes([this] { return messages().count() == 2; }));
  EXPECT_FALSE(chats().can_send());
}

}  // namespace
}  // namespace etna::gui
