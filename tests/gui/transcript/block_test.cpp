#include "gui/transcript/block.h"

#include <gtest/gtest.h>

#include "gui/transcript/markdown/markdown_stream.h"

namespace etna::gui {
namespace {

QString round_trip(const QString& markdown) {
  QString result;
  for (const MessageBlock& block : parse_markdown(markdown))
    result += block_markdown(block, 0, static_cast<int>(block_text(block).size())) + QStringLiteral("\n\n");
  return result.trimmed();
}

TEST(Block, CopiedMarkdownMeansTheSameAgain) {
  const QString text = QStringLiteral(
      "## Head\n\nSome **bold**, *slanted*, ~~gone~~, `code` and [a link](https://example.org/).\n\n- item\n\n"
      "```cpp\nint x;\n```\n\n| a | b |\n|:---|---:|\n| 1 | 2 |\n\n> quote\n\n$$x^2$$\n\nand $a_1$ too\n\n---");
  const QString copied = round_trip(text);
  EXPECT_EQ(parse_markdown(copied), parse_markdown(text)) << copied.toStdString();
}

TEST(Block, FormulasAreCopiedAsTheyWereWritten) {
  const QVector<MessageBlock> blocks = parse_markdown(QStringLiteral("see \\(a_1\\) here"));
  ASSERT_EQ(blocks.size(), 1);
  const int size = static_cast<int>(block_text(blocks[0]).size());
  EXPECT_EQ(block_markdown(blocks[0], 0, size), QStringLiteral("see \\(a_1\\) here"));
  EXPECT_EQ(plain_text(blocks[0], 0, size), QStringLiteral("see \\(a_1\\) here"));
  EXPECT_EQ(spoken_text(blocks[0]), QStringLiteral("see \\(a_1\\) here"));
}

TEST(Block, APartOfABlockHasTheMarksOfThatPart) {
  const QVector<MessageBlock> blocks = parse_markdown(QStringLiteral("a **bold word** b"));
  EXPECT_EQ(block_markdown(blocks[0], 2, 6), QStringLiteral("**bold**"));
  EXPECT_EQ(plain_text(blocks[0], 2, 6), QStringLiteral("bold"));
}

TEST(Block, BackticksInCodeSurviveACopy) {
  const QString text = QStringLiteral("`` a`b ``");
  EXPECT_EQ(parse_markdown(round_trip(text)), parse_markdown(text));
}

}  // namespace
}  // namespace etna::gui
