#include "gui/text/block_list.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSet>

#include "tests/gui/offline/canned_answers.h"

namespace etna::gui {
namespace {

TEST(BlockList, AGrowingReplyChangesOnlyItsLastBlocks) {
  BlockList list;
  const QAbstractItemModelTester tester(&list);
  int earlier_changes = 0;
  QObject::connect(&list, &BlockList::dataChanged, [&](const QModelIndex& first) {
    // A new line may turn the last block into two or join the last two.
    if (first.row() < list.rowCount() - 2) ++earlier_changes;
  });
  const QString text = QString::fromStdString(canned_answer("Explain how a model answers."));
  for (qsizetype length = 0; length <= text.size(); ++length) list.set_markdown(text.left(length));
  EXPECT_EQ(earlier_changes, 0);

  BlockList whole;
  whole.set_markdown(text);
  ASSERT_EQ(list.rowCount(), whole.rowCount());
  for (int row = 0; row < list.rowCount(); ++row)
    EXPECT_EQ(list.data(list.index(row), BlockList::TextRole), whole.data(whole.index(row), BlockList::TextRole));
}

TEST(BlockList, AShorterTextTakesItsBlocksAway) {
  BlockList list;
  const QAbstractItemModelTester tester(&list);
  list.set_markdown(QStringLiteral("a\n\nb\n\nc"));
  EXPECT_EQ(list.rowCount(), 3);
  list.set_markdown(QStringLiteral("a"));
  EXPECT_EQ(list.rowCount(), 1);
}

}  // namespace
}  // namespace etna::gui
