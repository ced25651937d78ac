#include <algorithm>

#include "gui/transcript/found_ticks.h"
#include "tests/gui/transcript/view_fixture.h"

namespace etna::gui {
namespace {

class ViewFind : public ViewTest {
protected:
  void find(const QString& query) {
    view->set_query(query);
    ASSERT_TRUE(QTest::qWaitFor([&] { return !view->searching(); }));
    settle();
  }
};

TEST_F(ViewFind, CountsEverywhereAndBeginsAtTheEnd) {
  add_pairs(300);
  find(QStringLiteral("question 1"));
  // 1, 10 to 19, 100 to 199.
  EXPECT_EQ(view->found_count(), 111);
  EXPECT_EQ(view->found_index(), 110);
}

TEST_F(ViewFind, GoesRoundAndBringsEachIntoSight) {
  add_pairs(100);
  find(QStringLiteral("Question 5"));
  ASSERT_EQ(view->found_count(), 11);
  QSet<int> indices;
  for (int i = 0; i < 11; ++i) {
    view->findNext(1);
    settle();
    indices << view->found_index();
    bool seen_match = false;
    for (const SeenBlock& seen : view->body().seen())
      seen_match =
          seen_match ||
          block_text(view->body().cell(seen.row).entry(seen.block).block).startsWith(QStringLiteral("Question 5"));
    EXPECT_TRUE(seen_match) << view->found_index();
  }
  EXPECT_EQ(indices.size(), 11);
}

TEST_F(ViewFind, BeginsInTheMessageThatItIsToldToLookAt) {
  add_pairs(100);
  view->findAt(QStringLiteral("Question 5"), 10);
  settle();
  EXPECT_EQ(view->found_index(), 0) << "question 5 itself, not 59";
  ASSERT_TRUE(QTest::qWaitFor([&] { return !view->searching(); }));
  EXPECT_EQ(view->found_count(), 11);
  EXPECT_EQ(view->found_index(), 0);
  view->findNext(1);
  EXPECT_EQ(view->found_index(), 1);
  view->findAt(QStringLiteral("Question 5"), 4);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !view->searching(); }));
  EXPECT_EQ(view->found_index(), 10) << "there is none in that one: from the end";
}

TEST_F(ViewFind, MarksThePlacesBesideTheScrollBar) {
  FoundTicks ticks;
  ticks.setSize(QSizeF(8, 400));
  ticks.set_view(view);
  EXPECT_TRUE(ticks.lines().empty());
  add_pairs(100);
  find(QStringLiteral("Question 5"));
  const std::vector<int> lines = ticks.lines();
  ASSERT_EQ(lines.size(), 11u);
  EXPECT_TRUE(std::ranges::is_sorted(lines));
  EXPECT_NEAR(lines.front(), 400 * 5 / 100, 30);
  EXPECT_NEAR(lines.back(), 400 * 59 / 100, 40);
  find(QStringLiteral("question"));
  EXPECT_LE(ticks.lines().size(), 100u);
  find({});
  EXPECT_TRUE(ticks.lines().empty());
}

TEST_F(ViewFind, LooksThroughMarks) {
  source.add(TranscriptMessage::Role::model,
             QStringLiteral("a **bo**ld word\n\n```\ncode word\n```\n\n| word |\n|---|\n| x |"));
  settle();
  find(QStringLiteral("bold word"));
  EXPECT_EQ(view->found_count(), 1);
  find(QStringLiteral("WORD"));
  EXPECT_EQ(view->found_count(), 3);
  find(QStringLiteral("nothing"));
  EXPECT_EQ(view->found_count(), 0);
  EXPECT_EQ(view->found_index(), -1);
  find({});
  EXPECT_EQ(view->found_count(), 0);
}

TEST_F(ViewFind, UnfoldsTheCodeThatHidesAMatch) {
  source.add(TranscriptMessage::Role::model,
             QStringLiteral("```\n") + QStringLiteral("x\n").repeated(60) + QStringLiteral("needle\n```"));
  settle();
  EXPECT_FALSE(view->body().cell(0).entry(0).state.open);
  find(QStringLiteral("needle"));
  EXPECT_TRUE(view->body().cell(0).entry(0).state.open);
}

}  // namespace
}  // namespace etna::gui
