#include "gui/memory/use_list.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

namespace etna::gui {
namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

std::vector<MemoryPoolStatus> pools(std::uint64_t weights) {
  MemoryPoolStatus pool;
  pool.name = "System memory";
  pool.uses = {{"Qwen3-4B", "weights", weights, 4 * gib, 1},
               {"Qwen3-4B", "kv_cache", gib, gib, 1},
               {"engine", "prompt_cache", gib / 2, 5 * gib, 0}};
  return {pool};
}

QStringList kinds(const UseList& list) {
  QStringList all;
  for (int row = 0; row < list.count(); ++row) all << list.data(list.index(row), UseList::KindRole).toString();
  return all;
}

TEST(UseList, BeginsWithTheLargestAndSortsByEachColumn) {
  UseList list;
  const QAbstractItemModelTester tester(&list);
  list.set(pools(2 * gib));
  EXPECT_EQ(kinds(list),
            (QStringList{QStringLiteral("Weights"), QStringLiteral("Context"), QStringLiteral("Prompt cache")}));
  list.sortBy(UseList::KindColumn);
  EXPECT_EQ(kinds(list).front(), QStringLiteral("Context"));
  EXPECT_FALSE(list.descending());
  list.sortBy(UseList::KindColumn);
  EXPECT_EQ(kinds(list).front(), QStringLiteral("Weights")) << "a second time the other way round";
  list.sortBy(UseList::PeakColumn);
  EXPECT_EQ(kinds(list).front(), QStringLiteral("Prompt cache"));
  EXPECT_TRUE(list.descending());
}

TEST(UseList, AnnouncesOnlyTheRowsThatLookDifferent) {
  UseList list;
  list.set(pools(2 * gib));
  QSignalSpy changed(&list, &UseList::dataChanged);
  QSignalSpy reset(&list, &UseList::modelReset);
  list.set(pools(2 * gib + 1));
  EXPECT_EQ(changed.count(), 0) << "a byte more looks the same";
  list.set(pools(3 * gib));
  EXPECT_EQ(changed.count(), 1);
  EXPECT_EQ(reset.count(), 0);
}

TEST(UseList, IsCopiedAsItIsShown) {
  UseList list;
  list.set(pools(2 * gib));
  EXPECT_EQ(list.copyText(), QStringLiteral("Kind\tOwner\tWhere\tNow\tMost\n"
                                            "Weights\tQwen3-4B\tSystem memory\t2 GiB\t4 GiB\n"
                                            "Context\tQwen3-4B\tSystem memory\t1 GiB\t1 GiB\n"
                                            "Prompt cache\tengine\tSystem memory\t0.5 GiB\t5 GiB\n"));
}

}  // namespace
}  // namespace etna::gui
