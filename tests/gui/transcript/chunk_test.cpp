#include "gui/transcript/markdown/chunk_splitter.h"

#include <gtest/gtest.h>

#include "gui/transcript/markdown/math_mask.h"

namespace etna::gui {
namespace {

QStringList sources(const QString& markdown) {
  QStringList result;
  for (const Chunk& chunk : split_chunks(markdown)) result << chunk.source;
  return result;
}

TEST(Chunks, ParagraphsCodeAndItemsStandByThemselves) {
  const QString text =
      QStringLiteral("One\nline\n\n- a\n- b\n  more\n\n```cpp\nint x;\n\n# no heading\n```\n# Head\nEnd");
  EXPECT_EQ(sources(text), (QStringList{QStringLiteral("One\nline\n"), QStringLiteral("- a\n"),
                                        QStringLiteral("- b\n  more\n\n"), QStringLiteral("int x;\n\n# no heading\n"),
                                        QStringLiteral("# Head\n"), QStringLiteral("End")}));
  EXPECT_EQ(split_chunks(text)[3].language, QStringLiteral("cpp"));
}

TEST(Chunks, NumberedItemsCountOnByThemselves) {
  const QVector<Chunk> chunks = split_chunks(QStringLiteral("3. c\n3. d\n3. e\n"));
  ASSERT_EQ(chunks.size(), 3);
  EXPECT_EQ(chunks[0].number, 3);
  EXPECT_EQ(chunks[2].number, 5);
}

TEST(Chunks, AFenceThatIsNotClosedIsCode) {
  const QVector<Chunk> chunks = split_chunks(QStringLiteral("Text\n````\nabc\n```\ndef"));
  ASSERT_EQ(chunks.size(), 2);
  EXPECT_EQ(chunks[1].kind, Chunk::Kind::code);
  EXPECT_EQ(chunks[1].source, QStringLiteral("abc\n```\ndef"));
}

TEST(Chunks, FormulasOfSeveralLinesAreNotCutAtTheirSigns) {
  EXPECT_EQ(sources(QStringLiteral("So:\n\\[\na\n- b\n= c\n\\]\nand")),
            (QStringList{QStringLiteral("So:\n"), QStringLiteral("\\[\na\n- b\n= c\n\\]\n"), QStringLiteral("and")}));
}

TEST(Chunks, NoChunkIsLongerThanALimitAndNothingIsLost) {
  const QString line = QString(1'000'000, u'x');
  QString all;
  for (const Chunk& chunk : split_chunks(line)) {
    EXPECT_LE(chunk.source.size(), 32 * 1024);
    all += chunk.source;
  }
  EXPECT_EQ(all, line);
}

TEST(MathMask, TakesFormulasButNotMoney) {
  const auto formulas = [](const char* text) { return mask_math(QString::fromUtf8(text)).sources; };
  EXPECT_EQ(formulas("where $a_1*b_1$ and \\(c\\)"),
            (QStringList{QStringLiteral("$a_1*b_1$"), QStringLiteral("\\(c\\)")}));
  EXPECT_EQ(formulas("costs $5 and $10"), QStringList());
  EXPECT_EQ(formulas("`$x$` and ```\n$y$\n```"), QStringList());
  EXPECT_EQ(formulas("\\$a$ b"), QStringList());
  EXPECT_EQ(formulas("$$\\int x$$"), QStringList{QStringLiteral("$$\\int x$$")});
  EXPECT_EQ(formulas("\\[ unclosed"), QStringList());
}

TEST(MathMask, MarksInHostileTextMeanNothing) {
  const QString hostile = QString(QChar(math_begin)) + u'0' + QChar(math_end) + QStringLiteral(" $x$");
  const MaskedMath masked = mask_math(hostile);
  EXPECT_EQ(masked.sources, QStringList{QStringLiteral("$x$")});
  EXPECT_EQ(masked.text.count(QChar(math_begin)), 1);
}

}  // namespace
}  // namespace etna::gui
