#include "gui/chat/chat_list.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QDateTime>
#include <QLocale>

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

TEST(ChatList, PinnedChatsComeFirstThenFoldersThenTheLastChanged) {
  ChatList list;
  const QAbstractItemModelTester tester(&list);
  const auto stored = [&](const char* title, chats::Time changed) {
    chats::ChatSummary summary;
    summary.title = title;
    summary.changed = changed;
    return list.add_stored(summary);
  };
  const auto titles = [&] {
    QStringList found;
    for (int row = 0; row < list.count(); ++row) found << list.at(row).title;
    return found.join(u' ');
  };
  list.set_folders({{.id = 7, .name = "Work", .position = 0}});
  const int old = stored("old", 1000);
  const int middle = stored("middle", 2000);
  stored("young", 3000);
  EXPECT_EQ(titles(), QStringLiteral("young middle old"));
  list.set_pinned(old, true);
  EXPECT_EQ(titles(), QStringLiteral("old young middle"));
  EXPECT_EQ(list.data(list.index(0), ChatList::GroupRole).toString(), QStringLiteral("Pinned"));
  list.set_folder(middle, 7);
  EXPECT_EQ(titles(), QStringLiteral("old middle young"));
  EXPECT_EQ(list.data(list.index(1), ChatList::GroupRole).toString(), QStringLiteral("Work"));
  list.set_pinned(old, false);
  EXPECT_EQ(titles(), QStringLiteral("middle young old"));
  list.touch(old);
  EXPECT_EQ(titles(), QStringLiteral("middle old young"));
  list.set_folders({});
  EXPECT_EQ(titles(), QStringLiteral("old young middle"));
}

TEST(ChatList, DaysAreGroupedAsPeopleSpeakOfThem) {
  const auto moment = [](int year, int month, int day) {
    return QDateTime(QDate(year, month, day), QTime(12, 0)).toMSecsSinceEpoch();
  };
  const chats::Time now = moment(2026, 3, 20);
  EXPECT_EQ(day_group(now, now), QStringLiteral("Today"));
  EXPECT_EQ(day_group(moment(2026, 3, 19), now), QStringLiteral("Yesterday"));
  EXPECT_EQ(day_group(moment(2026, 3, 13), now), QStringLiteral("Previous 7 days"));
  EXPECT_EQ(day_group(moment(2026, 1, 31), now), QLocale().standaloneMonthName(1));
  EXPECT_EQ(day_group(moment(2025, 12, 31), now), QLocale().standaloneMonthName(12) + QStringLiteral(" 2025"));
}

TEST(ChatList, ATitleIsOneLineOfSixWordsAtMost) {
  EXPECT_EQ(title_from(QStringLiteral("  Hello\n world ")), QStringLiteral("Hello world"));
  EXPECT_EQ(title_from(QStringLiteral("a b c d e f")), QStringLiteral("a b c d e f"));
  EXPECT_EQ(title_from(QStringLiteral("a b c d e f g")), QStringLiteral("a b c d e f…"));
  EXPECT_EQ(title_from(QString(100, u'x')).size(), 61);
}

}  // namespace
}  // namespace etna::gui
