#include "gui/chat/chat_controller.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "tests/gui/fixture.h"

namespace etna::gui {
namespace {

using ChatControllerTest = ControllerTest;

TEST_F(ChatControllerTest, StartsWithOneEmptyChat) {
  EXPECT_EQ(chats.chats()->count(), 1);
  EXPECT_EQ(chats.messages()->count(), 0);
  EXPECT_EQ(chats.title(), QStringLiteral("New chat"));
}

TEST_F(ChatControllerTest, NothingIsSentWithoutAModelAndTheHintSaysWhy) {
  chats.set_draft(QStringLiteral("Hello"));
  EXPECT_FALSE(chats.can_send());
  EXPECT_FALSE(chats.hint().isEmpty());
  chats.send();
  EXPECT_EQ(chats.messages()->count(), 0);
  EXPECT_EQ(chats.draft(), QStringLiteral("Hello"));
}

TEST_F(ChatControllerTest, AnswersAMessageWithStatisticsAndStopReason) {
  const QAbstractItemModelTester tester(chats.messages());
  load();
  send(QStringLiteral("Tell me a story about one two three four"));
  EXPECT_EQ(chats.messages()->count(), 2);
  EXPECT_TRUE(chats.draft().isEmpty());
  EXPECT_TRUE(chats.writing());
  wait_for_reply();
  EXPECT_EQ(last_message().state, MessageList::Done);
  EXPECT_TRUE(last_message().text.startsWith(QStringLiteral("Once there was"))) << last_message().text.toStdString();
  EXPECT_TRUE(last_message().text.endsWith(QStringLiteral("in the right place.\"")));
  ASSERT_TRUE(last_message().statistics);
  EXPECT_EQ(last_message().statistics->stop_reason, StopReason::end_of_text);
  EXPECT_FALSE(chats.speed().isEmpty());
}

TEST_F(ChatControllerTest, TheTitleIsTheFirstSixWords) {
  load();
  send(QStringLiteral("one two three four five six seven"));
  EXPECT_EQ(chats.title(), QStringLiteral("one two three four five six…"));
  wait_for_reply();
}

TEST_F(ChatControllerTest, StopFreezesTheTextAtOnce) {
  load();
  send(QStringLiteral("something very long"));
  ASSERT_TRUE(becomes([this] { return last_message().text.size() > 40; }));
  chats.stop();
  const QString text = last_message().text;
  EXPECT_FALSE(chats.writing());
  EXPECT_EQ(last_message().state, MessageList::Done);
  ASSERT_TRUE(becomes([this] { return last_message().statistics.has_value(); }));
  EXPECT_EQ(last_message().statistics->stop_reason, StopReason::stopped);
  QTest::qWait(50);
  EXPECT_EQ(last_message().text, text);
}

TEST_F(ChatControllerTest, AMessageSentWhileTheModelLoadsWaitsForIt) {
  library.loadStarter();
  send(QStringLiteral("Hello"));
  EXPECT_EQ(last_message().state, MessageList::Waiting);
  wait_for_reply();
  EXPECT_EQ(last_message().state, MessageList::Done);
  EXPECT_FALSE(last_message().text.isEmpty());
}

TEST_F(ChatControllerTest, AWaitingMessageSurvivesAFailedLoadAndIsAnsweredByTheNextModel) {
  library.load(QStringLiteral("/models/damaged"));
  send(QStringLiteral("Hello"));
  ASSERT_TRUE(becomes([this] { return library.state() == LibraryController::Failed; }));
  EXPECT_EQ(last_message().state, MessageList::Waiting);
  load();
  wait_for_reply();
  EXPECT_FALSE(last_message().text.isEmpty());
}

TEST_F(ChatControllerTest, AWaitingMessageCanBeCancelled) {
  library.load(QStringLiteral("/models/slow"));
  send(QStringLiteral("Hello"));
  chats.stop();
  EXPECT_FALSE(chats.writing());
  EXPECT_EQ(last_message().statistics->stop_reason, StopReason::stopped);
}

TEST_F(ChatControllerTest, ALostDeviceKeepsTheTextAndExplainsItself) {
  load(QStringLiteral("/models/lost"));
  send(QStringLiteral("Hello"));
  wait_for_reply();
  EXPECT_EQ(last_message().state, MessageList::Broken);
  EXPECT_EQ(last_message().problem.code, QStringLiteral("E-GPU-02"));
  EXPECT_FALSE(last_message().text.isEmpty());
  EXPECT_TRUE(chats.last_reply_broken());
}

TEST_F(ChatControllerTest, RegenerateWritesTheLastReplyAgain) {
  load();
  send(QStringLiteral("Hello"));
  wait_for_reply();
  const QString first = last_message().text;
  chats.regenerate();
  EXPECT_EQ(chats.messages()->count(), 2);
  EXPECT_TRUE(last_message().text.isEmpty());
  wait_for_reply();
  EXPECT_EQ(last_message().text, first);
}

TEST_F(ChatControllerTest, TheEndOfAStoppedReplyDoesNotTouchTheOneThatReplacedIt) {
  load();
  send(QStringLiteral("something very long"));
  ASSERT_TRUE(becomes([this] { return last_message().text.size() > 40; }));
  chats.stop();
  chats.regenerate();
  ASSERT_TRUE(becomes([this] { return last_message().text.size() > 40; }));
  EXPECT_EQ(last_message().state, MessageList::Writing);
  EXPECT_FALSE(last_message().statistics);
  chats.stop();
}

TEST_F(ChatControllerTest, TheModelIsAskedWithTheWholeChat) {
  load();
  send(QStringLiteral("first"));
  wait_for_reply();
  send(QStringLiteral("second"));
  wait_for_reply();
  const std::vector<ChatMessage> request = chats.messages()->request_before(3);
  ASSERT_EQ(request.size(), 3);
  EXPECT_EQ(request[0].role, "user");
  EXPECT_EQ(request[1].role, "assistant");
  EXPECT_EQ(request[2].content, "second");
}

TEST_F(ChatControllerTest, ADraftBelongsToItsChat) {
  const int first = chats.current_id();
  load();
  send(QStringLiteral("Hello"));
  wait_for_reply();
  chats.set_draft(QStringLiteral("half a thought"));
  chats.newChat();
  EXPECT_TRUE(chats.draft().isEmpty());
  chats.select(first);
  EXPECT_EQ(chats.draft(), QStringLiteral("half a thought"));
}

TEST_F(ChatControllerTest, NewChatReusesAnUntouchedOne) {
  chats.newChat();
  chats.newChat();
  EXPECT_EQ(chats.chats()->count(), 1);
}

TEST_F(ChatControllerTest, ADeletedChatComesBackWithUndo) {
  const QAbstractItemModelTester tester(chats.chats());
  load();
  send(QStringLiteral("keep me"));
  wait_for_reply();
  const int id = chats.current_id();
  QSignalSpy removed(&chats, &ChatController::removed);
  chats.remove(id);
  EXPECT_EQ(removed.count(), 1);
  EXPECT_EQ(chats.chats()->row_of(id), -1);
  EXPECT_EQ(chats.messages()->count(), 0);
  chats.undoRemove();
  EXPECT_EQ(chats.current_id(), id);
  EXPECT_EQ(chats.messages()->count(), 2);
  EXPECT_EQ(chats.title(), QStringLiteral("keep me"));
}

TEST_F(ChatControllerTest, DeletingAChatThatIsWritingStopsItsReply) {
  load();
  send(QStringLiteral("something very long"));
  ASSERT_TRUE(becomes([this] { return last_message().text.size() > 40; }));
  chats.remove(chats.current_id());
  EXPECT_FALSE(chats.writing());
  chats.forgetRemoved();
  QTest::qWait(50);  // the engine's last words find nobody and harm nobody
  EXPECT_EQ(chats.chats()->count(), 1);
}

TEST_F(ChatControllerTest, AReplyGoesOnInTheBackground) {
  load();
  send(QStringLiteral("something very long"));
  const int busy = chats.current_id();
  chats.newChat();
  EXPECT_FALSE(chats.writing());
  chats.set_draft(QStringLiteral("Hello"));
  EXPECT_FALSE(chats.can_send());
  EXPECT_FALSE(chats.hint().isEmpty());
  chats.select(busy);
  EXPECT_TRUE(chats.writing());
  chats.stop();
}

TEST_F(ChatControllerTest, LoadingAnotherModelStopsTheReplyAndKeepsItsText) {
  load();
  send(QStringLiteral("something very long"));
  ASSERT_TRUE(becomes([this] { return last_message().text.size() > 40; }));
  library.load(QStringLiteral("/models/other"));
  EXPECT_FALSE(chats.writing());
  EXPECT_FALSE(last_message().text.isEmpty());
  ASSERT_TRUE(becomes([this] { return library.loaded(); }));
  EXPECT_EQ(library.name(), QStringLiteral("other"));
}

TEST_F(ControllerTest, ALongDraftIsCountedAMomentLater) {
  chats.set_draft(QString(199, QLatin1Char('a')));
  EXPECT_FALSE(becomes([this] { return !chats.draft_tokens().isEmpty(); }, 400)) << "a short one is not";
  chats.set_draft(QString(400, QLatin1Char('a')));
  EXPECT_TRUE(becomes([this] { return chats.draft_tokens() == QStringLiteral("100 tokens"); }));
  chats.set_draft(QString(64 * 1024, QLatin1Char('a')));
  EXPECT_TRUE(becomes([this] { return chats.draft_tokens().startsWith(QStringLiteral("about 16")); }));
  chats.set_draft({});
  EXPECT_TRUE(chats.draft_tokens().isEmpty());
}

TEST_F(ChatControllerTest, ThoughtsStandApartFromTheReplyAndGoBackWithIt) {
  const QAbstractItemModelTester tester(chats.messages());
  load(QStringLiteral("/models/thinking"));
  send(QStringLiteral("Hello"));
  const auto title = [this] {
    return chats.messages()->data(chats.messages()->index(1), MessageList::ThinkingTitleRole).toString();
  };
  ASSERT_TRUE(becomes([this] { return !last_message().thinking.isEmpty(); }));
  EXPECT_TRUE(last_message().thinks_now);
  EXPECT_TRUE(last_message().text.isEmpty());
  EXPECT_EQ(last_message().state, MessageList::Writing);
  EXPECT_EQ(title(), QStringLiteral("Thinking…"));
  wait_for_reply();
  EXPECT_FALSE(last_message().thinks_now);
  EXPECT_FALSE(last_message().thinking_open);
  EXPECT_TRUE(last_message().thinking.startsWith(QStringLiteral("Okay")));
  EXPECT_TRUE(last_message().text.startsWith(QStringLiteral("Once there was")));
  EXPECT_EQ(title(), QStringLiteral("Thought for 12 s"));
  const auto history = chats.messages()->request_before(2);
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].content, last_message().text.toStdString());
  EXPECT_EQ(history[1].thinking, last_message().thinking.toStdString());
}

TEST_F(ChatControllerTest, ThinkingStoppedHalfWayStandsStill) {
  load(QStringLiteral("/models/thinking"));
  send(QStringLiteral("Hello"));
  ASSERT_TRUE(becomes([this] { return !last_message().thinking.isEmpty(); }));
  chats.stop();
  const QString thoughts = last_message().thinking;
  EXPECT_FALSE(last_message().thinks_now);
  ASSERT_TRUE(becomes([this] { return last_message().statistics.has_value(); }));
  EXPECT_EQ(last_message().thinking, thoughts);
}

TEST_F(ChatControllerTest, ThinkingCanBeSwitchedOffPerChatWhereTheModelLetsOne) {
  load();
  EXPECT_FALSE(chats.can_switch_thinking());
  load(QStringLiteral("/models/thinking"));
  EXPECT_TRUE(chats.can_switch_thinking());
  EXPECT_TRUE(chats.thinking());
  chats.set_thinking(false);
  send(QStringLiteral("Hello"));
  wait_for_reply();
  EXPECT_TRUE(last_message().thinking.isEmpty());
  EXPECT_FALSE(last_message().text.isEmpty());
  chats.newChat();
  EXPECT_TRUE(chats.thinking());
}

TEST_F(ChatControllerTest, ToolCallsAndWarningsArePartOfAReply) {
  const QAbstractItemModelTester tester(chats.messages());
  load();
  send(QStringLiteral("How is the weather?"));
  wait_for_reply();
  const QModelIndex reply = chats.messages()->index(1);
  EXPECT_EQ(chats.messages()->data(reply, MessageList::ToolNamesRole).toStringList(),
            QStringList{QStringLiteral("get_weather")});
  EXPECT_EQ(chats.messages()->data(reply, MessageList::ToolArgumentsRole).toStringList(),
            QStringList{QStringLiteral("{\"city\":\"Rome\",\"days\":3}")});
  EXPECT_FALSE(chats.messages()->data(reply, MessageList::NoticeRole).toString().isEmpty());
}

}  // namespace
}  // namespace etna::gui
