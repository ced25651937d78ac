#include "gui/chat/chat_list.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>

namespace etna::gui {
namespace {

TEST(ChatList, KeepsTheRulesOfItemModelsThroughEveryChange) {
  ChatList list;
  const QAbstractItemModelTester tester(&list);
  const int first = list.add();
  const int second = list.add();
  EXPECT_EQ(list.row_of(second), 0) << "newest first";
  list.set_title(first, QStringLiteral("One"));
  list.set_writing(first, true);
  EXPECT_TRUE(list.data(list.index(1), ChatList::WritingRole).toBool());
  Chat taken = list.take(1);
  EXPECT_EQ(taken.title, QStringLiteral("One"));
  list.put_back(1, std::move(taken));
  EXPECT_EQ(list.count(), 2);
  list.set_title(99, QStringLiteral("nobody"));
}

TEST(ChatList, ATitleIsOneLineOfSixWordsAtMost) {
  EXPECT_EQ(title_from(QStringLiteral("  Hello\n world ")), QStringLiteral("Hello world"));
  EXPECT_EQ(title_from(QStringLiteral("a b c d e f")), QStringLiteral("a b c d e f"));
  EXPECT_EQ(title_from(QStringLiteral("a b c d e f g")), QStringLiteral("a b c d e f…"));
  EXPECT_EQ(title_from(QString(100, u'x')).size(), 61);
}

}  // namespace
}  // namespace etna::gui
