#include "gui/chat/message_list.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

namespace etna::gui {
namespace {

TEST(MessageList, KeepsTheRulesOfItemModelsThroughEveryChange) {
  MessageList list;
  const QAbstractItemModelTester tester(&list);
  list.add(MessageList::User, QStringLiteral("Hello"), MessageList::Done);
  const int reply = list.add(MessageList::Model, {}, MessageList::Reading, QStringLiteral("Etna Starter"));
  list.append_text(reply, QStringLiteral("# Title\n\nText"));
  list.set_state(reply, MessageList::Done);
  list.set_statistics(reply, {});
  EXPECT_FALSE(list.data(list.index(0), MessageList::LastRole).toBool());
  EXPECT_TRUE(list.data(list.index(1), MessageList::LastRole).toBool());
  list.remove_from(reply);
  EXPECT_TRUE(list.data(list.index(0), MessageList::LastRole).toBool());
  EXPECT_EQ(list.last_reply(), -1);
}

TEST(MessageList, AMessageThatReplacesAnotherIsNotTakenForIt) {
  MessageList list;
  list.add(MessageList::Model, QStringLiteral("first try"), MessageList::Done);
  const auto first = list.at(0).serial;
  MessageList::Message second{.sender = MessageList::Model, .text = QStringLiteral("second try")};
  second.serial = first;
  list.replace_from(0, {second});
  EXPECT_NE(list.at(0).serial, first);
}

TEST(MessageList, EmptyMessagesAreNotPartOfARequest) {
  MessageList list;
  list.add(MessageList::User, QStringLiteral("Hello"), MessageList::Done);
  list.add(MessageList::Model, {}, MessageList::Broken);
  list.add(MessageList::User, QStringLiteral("Again"), MessageList::Done);
  EXPECT_EQ(list.request_before(3).size(), 2);
}

TEST(MessageList, ThoughtsAreFoldedUntilAPersonOpensThem) {
  MessageList list;
  const QAbstractItemModelTester tester(&list);
  const int reply = list.add(MessageList::Model, {}, MessageList::Writing);
  list.append_thinking(reply, QStringLiteral("Hm"));
  list.append_thinking(reply, QStringLiteral(" yes"));
  EXPECT_EQ(list.data(list.index(reply), MessageList::ThinkingRole).toString(), QStringLiteral("Hm yes"));
  EXPECT_FALSE(list.data(list.index(reply), MessageList::ThinkingOpenRole).toBool());
  list.setThinkingOpen(reply, true);
  list.set_thinking_time(reply, 3, false);
  EXPECT_TRUE(list.data(list.index(reply), MessageList::ThinkingOpenRole).toBool());
  list.setThinkingOpen(7, true);
}

}  // namespace
}  // namespace etna::gui
