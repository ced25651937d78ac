#include "gui/text/markdown_blocks.h"

#include <gtest/gtest.h>

#include <QElapsedTimer>

namespace etna::gui {
namespace {

using Kind = Block::Kind;

QVector<Block> blocks_of(const char* markdown) { return markdown_blocks(QString::fromUtf8(markdown)); }

TEST(MarkdownBlocks, ParagraphsAndHeadingsAreBlocksOfTheirOwn) {
  const auto blocks = blocks_of("## Title\n\nOne *two* **three** `four`.\nStill one.");
  ASSERT_EQ(blocks.size(), 2);
  EXPECT_EQ(blocks[0].kind, Kind::heading);
  EXPECT_EQ(blocks[0].level, 2);
  EXPECT_EQ(blocks[1].text.toStdString(), "One <i>two</i> <b>three</b> <code>four</code>. Still one.");
  EXPECT_EQ(blocks[1].plain.toStdString(), "One two three four. Still one.");
}

TEST(MarkdownBlocks, EachListItemIsABlockWithItsMarkerAndDepth) {
  const auto blocks = blocks_of("3. three\n4. four\n   - inner\n   - [x] done\n\n     more\n");
  ASSERT_EQ(blocks.size(), 5);
  EXPECT_EQ(blocks[0].marker.toStdString(), "3.");
  EXPECT_EQ(blocks[1].marker.toStdString(), "4.");
  EXPECT_EQ(blocks[2].marker.toStdString(), "•");
  EXPECT_EQ(blocks[2].level, 2);
  EXPECT_EQ(blocks[3].marker.toStdString(), "☑");
  EXPECT_EQ(blocks[4].marker.toStdString(), "") << "a further paragraph of the item";
  EXPECT_EQ(blocks[4].level, 2);
}

TEST(MarkdownBlocks, CodeKeepsItsSpacesAndItsLanguage) {
  const auto blocks = blocks_of("```cpp\nif (a < b)\n    return;\n```");
  ASSERT_EQ(blocks.size(), 1);
  EXPECT_EQ(blocks[0].kind, Kind::code);
  EXPECT_EQ(blocks[0].language.toStdString(), "cpp");
  EXPECT_EQ(blocks[0].plain.toStdString(), "if (a < b)\n    return;");
  EXPECT_EQ(blocks[0].text.toStdString(), "if (a &lt; b)<br>    return;");
}

TEST(MarkdownBlocks, AFenceThatIsStillOpenIsCodeAlready) {
  const auto blocks = blocks_of("```python\nprint(1");
  ASSERT_EQ(blocks.size(), 1);
  EXPECT_EQ(blocks[0].kind, Kind::code);
  EXPECT_EQ(blocks[0].plain.toStdString(), "print(1");
}

TEST(MarkdownBlocks, QuotesCountTheirDepth) {
  const auto blocks = blocks_of("> one\n>> two\n\nthree");
  ASSERT_EQ(blocks.size(), 3);
  EXPECT_EQ(blocks[0].quote_depth, 1);
  EXPECT_EQ(blocks[1].quote_depth, 2);
  EXPECT_EQ(blocks[2].quote_depth, 0);
}

TEST(MarkdownBlocks, TablesAreCellsRowByRow) {
  const auto blocks = blocks_of("| a | b |\n|---|---|\n| 1 | **2** |\n| 3 |");
  ASSERT_EQ(blocks.size(), 1);
  EXPECT_EQ(blocks[0].kind, Kind::table);
  EXPECT_EQ(blocks[0].columns, 2);
  EXPECT_EQ(blocks[0].cells, QStringList({"a", "b", "1", "<b>2</b>", "3", ""}));
}

TEST(MarkdownBlocks, WhatLooksLikeHtmlIsText) {
  const auto blocks = blocks_of("<script>alert(1)</script> <img src=x> &lt;b&gt; &amp;");
  ASSERT_EQ(blocks.size(), 1);
  EXPECT_FALSE(blocks[0].text.contains(u'<')) << blocks[0].text.toStdString();
  EXPECT_TRUE(blocks[0].plain.contains(QStringLiteral("<script>")));
  EXPECT_TRUE(blocks[0].plain.endsWith(QStringLiteral("<b> &")));
}

TEST(MarkdownBlocks, OnlyWebAndMailLinksAreLinks) {
  EXPECT_TRUE(blocks_of("[a](https://example.org)")[0].text.contains(QStringLiteral("<a href=\"https://example.org\">a</a>")));
  for (const char* bad : {"[a](javascript:alert(1))", "[a](file:///etc/passwd)", "[a](data:text/html,x)", "[a](x\"y)"})
    EXPECT_EQ(blocks_of(bad)[0].text.toStdString(), "a") << bad;
}

TEST(MarkdownBlocks, ImagesAreNeverFetched) {
  const auto blocks = blocks_of("![alt](https://example.org/x.png)");
  EXPECT_FALSE(blocks[0].text.contains(QStringLiteral("<img")));
  EXPECT_EQ(blocks[0].plain.toStdString(), "alt");
}

TEST(MarkdownBlocks, HostileTextIsHandledInTime) {
  QElapsedTimer timer;
  timer.start();
  for (const QString& text : {QString(20'000, u'>') + u'x', QString(20'000, u'*'), QStringLiteral("- ").repeated(5'000),
                              QStringLiteral("[").repeated(20'000), QStringLiteral("|a").repeated(5'000) + u'\n' + QStringLiteral("|-").repeated(5'000),
                              QString(1, QChar::Null), QString(QChar(0xD800))}) {
    for (const Block& block : markdown_blocks(text)) {
      EXPECT_LE(block.quote_depth, 6);
      EXPECT_LE(block.level, 6);
      EXPECT_LE(block.columns, 64);
    }
  }
  EXPECT_LT(timer.elapsed(), 5'000);
}

TEST(MarkdownBlocks, NothingIsNoBlock) {
  EXPECT_TRUE(blocks_of("").isEmpty());
  EXPECT_TRUE(blocks_of("\n \n").isEmpty());
}

}  // namespace
}  // namespace etna::gui
