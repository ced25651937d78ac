#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "tests/gui/chat/archive/archive_fixture.h"

namespace etna::gui {
namespace {

class ChatSearchTest : public ArchiveTest {
protected:
  SearchController& search() { return *archive().search(); }

  SearchList& results() { return *search().results(); }

  void look_for(const QString& text) {
    search().set_text(text);
    ASSERT_TRUE(becomes([&] { return search().answered() == text.trimmed(); }));
  }

  QVariant at(int row, SearchList::Role role) { return results().data(results().index(row), role); }
};

TEST_F(ChatSearchTest, FindsMessagesChatByChatAndMarksTheWords) {
  const QAbstractItemModelTester tester(&results());
  chat(QStringLiteral("How do swallows fly <b>fast</b>?"));
  chat(QStringLiteral("Nothing about birds"));
  look_for(QStringLiteral("swallow"));
  ASSERT_EQ(search().state(), SearchController::Found);
  ASSERT_EQ(results().count(), 2) << "a chat and its message";
  EXPECT_TRUE(at(0, SearchList::HeadRole).toBool());
  EXPECT_FALSE(at(1, SearchList::HeadRole).toBool());
  EXPECT_EQ(at(1, SearchList::MarkedRole).toString(),
            QStringLiteral("How do <b>swallows</b> fly &lt;b&gt;fast&lt;/b&gt;?"));
  EXPECT_EQ(at(1, SearchList::WhoRole).toString(), QStringLiteral("You"));
  EXPECT_EQ(search().summary(), QStringLiteral("1 message in 1 chat"));
}

TEST_F(ChatSearchTest, ShowsOnlyTheAnswerToWhatIsTypedNow) {
  chat(QStringLiteral("one swallow"));
  QStringList answers;
  QObject::connect(&search(), &SearchController::changed, &search(), [&] {
    if (!search().answered().isEmpty()) answers << search().answered();
  });
  for (const char* typed : {"s", "sw", "swa", "swallow", "zebra"}) search().set_text(QLatin1String(typed));
  ASSERT_TRUE(becomes([&] { return search().state() == SearchController::Nothing; }));
  EXPECT_EQ(answers, QStringList{QStringLiteral("zebra")});
}

TEST_F(ChatSearchTest, WhatIsClearedWhileItIsSearchedStaysEmpty) {
  chat(QStringLiteral("one swallow"));
  search().set_text(QStringLiteral("swallow"));
  search().set_text({});
  EXPECT_EQ(search().state(), SearchController::Idle);
  look_for(QStringLiteral("one"));
  EXPECT_EQ(search().state(), SearchController::Found);
  search().set_text(QStringLiteral("  "));
  EXPECT_EQ(search().state(), SearchController::Idle);
  EXPECT_EQ(results().count(), 0);
}

TEST_F(ChatSearchTest, SearchesTheTrashWhenAsked) {
  chats().remove(chat(QStringLiteral("a swallow in the bin")));
  look_for(QStringLiteral("swallow"));
  EXPECT_EQ(search().state(), SearchController::Nothing);
  search().set_trash_too(true);
  ASSERT_TRUE(becomes([&] { return search().state() == SearchController::Found; }));
  EXPECT_TRUE(at(0, SearchList::TrashedRole).toBool());
  QSignalSpy wanted(&search(), &SearchController::trashWanted);
  search().open(1);
  EXPECT_EQ(wanted.count(), 1) << "what lies in the Trash is shown there";
}

TEST_F(ChatSearchTest, OpensTheChatAtTheMessage) {
  const int birds = chat(QStringLiteral("A swallow first"));
  say(QStringLiteral("and something else"));
  chat(QStringLiteral("another chat"));
  look_for(QStringLiteral("swal"));
  QSignalSpy wanted(&chats(), &ChatController::messageWanted);
  search().open(results().next(-1, 1));
  EXPECT_EQ(chats().current_id(), birds);
  ASSERT_TRUE(becomes([&] { return wanted.count() == 1; }));
  EXPECT_EQ(wanted.at(0).at(0).toInt(), 0);
  EXPECT_EQ(wanted.at(0).at(1).toString(), QStringLiteral("swallow"));
}

TEST_F(ChatSearchTest, OpensAChatThatWasNotReadYet) {
  chat(QStringLiteral("A swallow from before"));
  restart();
  ASSERT_TRUE(becomes([this] { return id_of(QStringLiteral("A swallow from before")) != 0; }));
  look_for(QStringLiteral("swallow"));
  QSignalSpy wanted(&chats(), &ChatController::messageWanted);
  search().open(1);
  ASSERT_TRUE(becomes([&] { return wanted.count() == 1; }));
  EXPECT_EQ(messages().count(), 2);
}

TEST_F(ChatSearchTest, ShowsTheVersionThatTheMessageIsIn) {
  chat(QStringLiteral("A swallow first"));
  chats().beginEdit(0);
  say(QStringLiteral("A sparrow instead"));
  ASSERT_EQ(messages().at(0).text, QStringLiteral("A sparrow instead"));
  look_for(QStringLiteral("swallow"));
  QSignalSpy wanted(&chats(), &ChatController::messageWanted);
  search().open(results().next(-1, 1));
  ASSERT_TRUE(becomes([&] { return wanted.count() == 1; }));
  EXPECT_EQ(messages().at(0).text, QStringLiteral("A swallow first"));
}

TEST_F(ChatSearchTest, ArrowKeysPassOverHeadings) {
  chat(QStringLiteral("swallow one"));
  chat(QStringLiteral("swallow two"));
  look_for(QStringLiteral("swallow"));
  ASSERT_EQ(results().count(), 4);
  EXPECT_EQ(results().next(-1, 1), 1);
  EXPECT_EQ(results().next(1, 1), 3);
  EXPECT_EQ(results().next(3, 1), 3) << "the last one";
  EXPECT_EQ(results().next(3, -1), 1);
  EXPECT_EQ(results().next(1, -1), 1) << "the first one";
}

TEST_F(ChatSearchTest, AChatOfWhichOnlyTheNameMatchesCanBeOpened) {
  const int id = chat(QStringLiteral("hello"));
  chats().rename(id, QStringLiteral("Ornithology"));
  chats().newChat();
  look_for(QStringLiteral("ornith"));
  ASSERT_EQ(results().count(), 1);
  EXPECT_EQ(at(0, SearchList::MarkedRole).toString(), QStringLiteral("<b>Ornithology</b>"));
  EXPECT_EQ(results().next(-1, 1), 0);
  search().open(0);
  EXPECT_EQ(chats().current_id(), id);
}

TEST(MarkedText, LeavesOutWhatComesLongBeforeTheMatch) {
  const std::string before = "one two three four five six seven eight nine ten eleven twelve thirteen ";
  chats::Excerpt excerpt{before + "needle end", {{before.size(), before.size() + 6}}};
  const QString text = marked_text(excerpt);
  EXPECT_TRUE(text.startsWith(QStringLiteral("…"))) << text.toStdString();
  EXPECT_TRUE(text.endsWith(QStringLiteral("<b>needle</b> end")));
  EXPECT_LT(text.size(), 80);
  EXPECT_EQ(marked_text({"a & b", {{0, 1}}}), QStringLiteral("<b>a</b> &amp; b"));
  EXPECT_EQ(marked_text({"no match", {}}), QStringLiteral("no match"));
}

}  // namespace
}  // namespace etna::gui
