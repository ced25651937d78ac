// Chats that are longer than the model's context.
#include <QSignalSpy>

#include "tests/gui/app_fixture.h"

namespace etna::gui {
namespace {

/// The stand-in's starter has 1 024 tokens; four letters are one, and each message has four more.
class OverflowTest : public AppTest {
protected:
  ChatController& chats() { return *app->chats(); }

  MessageList& messages() { return *chats().messages(); }

  OverflowQuestion& question() { return *app->inspector()->overflow(); }

  void send(const QString& text) {
    chats().set_draft(text);
    chats().send();
  }

  void ask(const QString& text) {
    send(text);
    ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  }

  /// Three turns that fit, and one that does not.
  void fill() {
    for (int turn = 0; turn < 3; ++turn) ask(QStringLiteral("joke %1").arg(turn));
    send(QString(2400, u'y'));
  }

  void fill_and_wait() {
    fill();
    ASSERT_TRUE(becomes([this] { return question().asking() && !question().looking(); }));
  }

  const MessageList::Message& last() { return messages().at(messages().count() - 1); }

  QList<int> unseen() {
    QList<int> rows;
    for (int row = 0; row < messages().count(); ++row) {
      if (messages().is_unseen(row)) rows << row;
    }
    return rows;
  }
};

TEST_F(OverflowTest, NothingIsReadBeforeAPersonHasSaidWhatToDo) {
  load();
  fill_and_wait();
  EXPECT_EQ(last().state, MessageList::Waiting);
  EXPECT_TRUE(last().text.isEmpty());
  EXPECT_TRUE(chats().writing());
  EXPECT_TRUE(question().body().startsWith(QStringLiteral("It needs 1,"))) << question().body().toStdString();
  EXPECT_TRUE(question().body().endsWith(QStringLiteral(" tokens; 1,024 fit. Choose what to do:")));
  EXPECT_EQ(question().grow_text(), QString()) << "the starter was made for 1 024 tokens";
  EXPECT_FALSE(question().grow_note().isEmpty()) << "and says so";
  EXPECT_EQ(question().leave_text(), QStringLiteral("Leave out the 2 oldest turns"));
}

TEST_F(OverflowTest, TheOldestTurnsAreLeftOutOnceAndAreMarked) {
  load();
  fill_and_wait();
  question().leaveOut();
  EXPECT_FALSE(question().asking());
  ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  EXPECT_EQ(last().state, MessageList::Done);
  EXPECT_FALSE(last().text.isEmpty());
  const QList<int> rows = unseen();
  ASSERT_FALSE(rows.isEmpty());
  EXPECT_EQ(rows.first(), 2) << "the first message and its reply stay";
  EXPECT_EQ(rows.size() % 2, 0) << "whole turns";
  EXPECT_EQ(rows.last() - rows.first() + 1, rows.size());
  EXPECT_EQ(last().statistics->context.left_out.messages, static_cast<std::uint64_t>(rows.size()));
  EXPECT_EQ(chats().settings().overflow, chats::Overflow::ask) << "only this once";
}

TEST_F(OverflowTest, WithInstructionsTheSameMessagesAreMarked) {
  load();
  chats().set_system_prompt(QStringLiteral("Be brief."));
  fill_and_wait();
  question().leaveOut();
  ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  EXPECT_EQ(unseen().value(0, -1), 2);
}

TEST_F(OverflowTest, APolicyAsksNothingAndTheMarksAreThereBeforeTheFirstWord) {
  load(QStringLiteral("/models/Qwen3-4B"));
  app->inspector()->context()->set_policy(2);
  int marked = -1;
  QObject::connect(&messages(), &MessageList::grown, app.get(), [&] {
    if (messages().count() == 12 && marked < 0) marked = static_cast<int>(unseen().size());
  });
  for (int turn = 0; turn < 5; ++turn) ask(QStringLiteral("joke %1 ").arg(turn) + QString(4000, u'x'));
  EXPECT_TRUE(unseen().isEmpty());
  send(QString(8000, u'y'));
  ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  EXPECT_FALSE(question().asking());
  EXPECT_GT(marked, 0) << "when the reply began";
  EXPECT_EQ(unseen().size(), marked);
  EXPECT_GT(unseen().first(), 2) << "turns of the beginning stay";
}

TEST_F(OverflowTest, TheMarksAreThereAfterARestartAndGoWithALargerContext) {
  load(QStringLiteral("/models/Qwen3-4B"));
  app->inspector()->context()->set_policy(1);
  for (int turn = 0; turn < 4; ++turn) ask(QStringLiteral("joke %1 ").arg(turn) + QString(9000, u'x'));
  const QList<int> rows = unseen();
  ASSERT_FALSE(rows.isEmpty());
  const QString title = chats().title();
  restart();
  const auto id_of = [&] {
    for (int row = 0; row < chats().chats()->count(); ++row) {
      if (chats().chats()->at(row).title == title) return chats().chats()->at(row).id;
    }
    return 0;
  };
  ASSERT_TRUE(becomes([&] { return id_of() != 0; }));
  chats().select(id_of());
  ASSERT_TRUE(becomes([this] { return !chats().opening(); }));
  EXPECT_EQ(unseen(), rows);
  EXPECT_EQ(app->inspector()->context()->policy(), 1);

  load(QStringLiteral("/models/Qwen3-4B"));
  ChatInspector& inspector = *app->inspector();
  inspector.set_size(static_cast<int>(inspector.sizes().indexOf(QStringLiteral("16,384 tokens"))));
  ASSERT_FALSE(inspector.reload_text().isEmpty()) << inspector.sizes().join(u' ').toStdString();
  inspector.reload();
  ASSERT_TRUE(becomes([this] { return library().loaded() && library().model().context_length == 16'384; }));
  EXPECT_TRUE(inspector.reload_text().isEmpty());
  ask(QStringLiteral("And now?"));
  EXPECT_TRUE(unseen().isEmpty());
}

TEST_F(OverflowTest, ALargerContextIsLoadedAndTheReplyGoesOn) {
  load(QStringLiteral("/models/Qwen3-4B"));
  for (int turn = 0; turn < 2; ++turn) ask(QStringLiteral("joke %1 ").arg(turn) + QString(9000, u'x'));
  send(QString(10'000, u'x'));
  ASSERT_TRUE(becomes([this] { return question().asking() && !question().looking(); }));
  EXPECT_TRUE(question().grow_text().startsWith(QStringLiteral("Make it 16,384 (+")))
      << question().grow_text().toStdString();
  EXPECT_TRUE(question().grow_text().endsWith(QStringLiteral("GiB, fits)")));
  question().grow();
  EXPECT_FALSE(question().asking());
  ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  EXPECT_EQ(library().model().context_length, 16'384u);
  EXPECT_EQ(last().state, MessageList::Done);
  EXPECT_FALSE(last().text.isEmpty());
  EXPECT_TRUE(unseen().isEmpty());
  EXPECT_EQ(chats().settings().context_length, 16'384u);
}

TEST_F(OverflowTest, CancellingKeepsTheMessageAndSaysThatTheContextIsFull) {
  load();
  fill_and_wait();
  question().cancel();
  EXPECT_FALSE(question().asking());
  EXPECT_FALSE(chats().writing());
  EXPECT_EQ(last().state, MessageList::Done);
  EXPECT_EQ(last().statistics->stop_reason, StopReason::context_full);
  EXPECT_EQ(messages().at(messages().count() - 2).text, QString(2400, u'y'));
  chats().regenerate();
  EXPECT_TRUE(becomes([this] { return question().asking(); })) << "asked again";
}

TEST_F(OverflowTest, TheQuestionBelongsToItsChat) {
  load();
  fill_and_wait();
  const int full = chats().current_id();
  chats().newChat();
  EXPECT_FALSE(question().asking());
  chats().select(full);
  EXPECT_TRUE(question().asking());
}

TEST_F(OverflowTest, TheRingTellsWhatTakesTheContext) {
  load();
  ContextMeter& meter = *app->inspector()->context();
  chats().set_system_prompt(QString(40, u's'));
  ask(QStringLiteral("joke"));
  ASSERT_TRUE(becomes([&] { return meter.known() && meter.parts()->parts().value(1).tokens > 0; }));
  EXPECT_EQ(meter.parts()->parts().at(0).tokens, 14u) << "System";
  EXPECT_EQ(meter.parts()->parts().at(2).tokens, 0u) << "Attachments";
  EXPECT_EQ(meter.parts()->parts().at(3).tokens, 0u) << "This message";
  EXPECT_EQ(meter.parts()->parts().at(4).tokens, 128u) << "an eighth is kept for the reply";
  EXPECT_TRUE(meter.text().endsWith(QStringLiteral("of 1,024 tokens"))) << meter.text().toStdString();

  chats().set_draft(QString(400, u'd'));
  meter.set_watched(true);
  ASSERT_TRUE(becomes([&] { return meter.parts()->parts().at(3).tokens == 104; }));
  EXPECT_GT(meter.used(), 0.1);
  EXPECT_TRUE(meter.note().isEmpty());
  chats().set_draft(QString(4000, u'd'));
  ASSERT_TRUE(becomes([&] { return !meter.note().isEmpty(); }));
  EXPECT_EQ(meter.used(), 1.0);
  meter.set_watched(false);
  library().unload(library().model_id());
  EXPECT_TRUE(becomes([&] { return !meter.known(); }));
}

TEST_F(OverflowTest, ATemporaryChatIsAskedToo) {
  load();
  chats().newTemporaryChat();
  fill_and_wait();
  question().leaveOut();
  ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  EXPECT_FALSE(unseen().isEmpty());
}

}  // namespace
}  // namespace etna::gui
