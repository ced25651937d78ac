#include <gtest/gtest.h>

#include <QElapsedTimer>
#include <random>

#include "gui/transcript/markdown/markdown_stream.h"

namespace etna::gui {
namespace {

using Kind = MessageBlock::Kind;

const char* const everything = R"(# Title with *stress*

Text with **bold**, `code`, [a link](https://example.org/x_y) and $a_1 + b$ in it.
Another line.

1. one
1. two
   - nested
     ```python
     def f(): pass
     ```
1. three

- [ ] open
- [x] done

> A quote
> of two lines
>
> and a second paragraph

| a | b |
|:--|--:|
| 1 | 2 |

$$
\sum_{i=1}^n i
$$

Setext
===

```cpp
int main() {

  return 0;
}
```

![alt](https://example.org/p.png)

---

See [the site][1] and $$x$$ inside.

[1]: https://example.org/one
)";

QVector<MessageBlock> streamed(const QString& text, std::mt19937& random) {
  MarkdownStream stream;
  for (qsizetype at = 0; at < text.size();) {
    const qsizetype length = 1 + static_cast<qsizetype>(random() % 23);
    stream.append(text.mid(at, length));
    at += length;
  }
  stream.finish();
  return stream.blocks();
}

QList<Kind> kinds(const QVector<MessageBlock>& blocks) {
  QList<Kind> result;
  for (const MessageBlock& block : blocks) result << block.kind;
  return result;
}

TEST(Markdown, ByPiecesItIsTheSameAsAtOnce) {
  const QString text = QString::fromUtf8(everything);
  const QVector<MessageBlock> whole = parse_markdown(text);
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) ASSERT_EQ(streamed(text, random), whole) << round;
}

TEST(Markdown, RandomTextByPiecesIsTheSameAsAtOnce) {
  static const QStringList words = {
      QStringLiteral("# "),  QStringLiteral("\n"),    QStringLiteral("\n\n"),  QStringLiteral("- "),
      QStringLiteral("```"), QStringLiteral("> "),    QStringLiteral("word "), QStringLiteral("**"),
      QStringLiteral("$"),   QStringLiteral("$$"),    QStringLiteral("| a "),  QStringLiteral("|---|"),
      QStringLiteral("1. "), QStringLiteral("   "),   QStringLiteral("\\["),   QStringLiteral("\\]"),
      QStringLiteral("---"), QStringLiteral("[a](b"), QStringLiteral("`"),     QStringLiteral("~~~")};
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    QString text;
    for (int i = 0; i < 60; ++i) text += words[static_cast<qsizetype>(random() % words.size())];
    ASSERT_EQ(streamed(text, random), parse_markdown(text)) << text.toStdString();
  }
}

TEST(Markdown, FrozenBlocksStayAsTheyAre) {
  const QString text = QString::fromUtf8(everything);
  MarkdownStream stream;
  QVector<MessageBlock> frozen;
  for (const QChar letter : text) {
    stream.append(QString(letter));
    ASSERT_GE(stream.frozen(), frozen.size());
    ASSERT_EQ(stream.blocks().mid(0, frozen.size()), frozen);
    frozen = stream.blocks().mid(0, stream.frozen());
  }
}

TEST(Markdown, EveryKindOfBlockIsThere) {
  const QVector<MessageBlock> blocks = parse_markdown(QString::fromUtf8(everything));
  EXPECT_EQ(kinds(blocks),
            (QList<Kind>{Kind::heading,   Kind::paragraph, Kind::list_item, Kind::list_item, Kind::list_item,
                         Kind::code,      Kind::list_item, Kind::list_item, Kind::list_item, Kind::paragraph,
                         Kind::paragraph, Kind::table,     Kind::formula,   Kind::heading,   Kind::code,
                         Kind::image,     Kind::rule,      Kind::paragraph, Kind::formula,   Kind::paragraph}));
  EXPECT_EQ(blocks[3].marker, QStringLiteral("2."));
  EXPECT_EQ(blocks[4].level, 2);
  EXPECT_EQ(blocks[7].marker, QStringLiteral("☐"));
  EXPECT_EQ(blocks[10].quote_depth, 1);
  EXPECT_TRUE(blocks[10].quote_goes_on);
  EXPECT_EQ(blocks[11].columns, 2);
  EXPECT_EQ(blocks[11].alignments[1], CellAlignment::right);
  EXPECT_EQ(blocks[17].content.spans.value(0).link, QStringLiteral("https://example.org/one"));
}

TEST(Markdown, LinksGoNowhereButToTheWeb) {
  for (const char* target :
       {"javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "vbscript:x", "//host/x"}) {
    const QVector<MessageBlock> blocks = parse_markdown(QStringLiteral("[x](%1)").arg(QLatin1String(target)));
    ASSERT_EQ(blocks.size(), 1);
    EXPECT_TRUE(blocks[0].content.spans.isEmpty() || blocks[0].content.spans[0].link.isEmpty()) << target;
  }
}

TEST(Markdown, HtmlIsText) {
  const QVector<MessageBlock> blocks = parse_markdown(QStringLiteral("<b>x</b> &lt;i&gt; &#x41; &nosuch; <img src=x>"));
  ASSERT_EQ(blocks.size(), 1);
  EXPECT_EQ(blocks[0].content.text, QStringLiteral("<b>x</b> <i> A &nosuch; <img src=x>"));
}

TEST(Markdown, HostileTextNeitherHangsNorCrashes) {
  const QStringList hostile = {QString(20'000, u'>'),
                               QString(20'000, u'['),
                               QString(20'000, u'*'),
                               QString(20'000, u'`'),
                               QString(20'000, u'$'),
                               QStringLiteral("- ").repeated(10'000),
                               QStringLiteral("1. ").repeated(5'000),
                               QStringLiteral("|").repeated(20'000) + u'\n' + QStringLiteral("|-").repeated(10'000),
                               QStringLiteral("[a]: b\n").repeated(5'000) + QStringLiteral("[a]").repeated(5'000),
                               QStringLiteral("&amp;").repeated(20'000),
                               QStringLiteral("\u200B\u202E\uFEFF\uFFFC").repeated(5'000),
                               QString(QChar(0xD800)) + QStringLiteral("x") + QChar(0xDC00) + QChar(0),
                               QStringLiteral("\\[").repeated(10'000),
                               QStringLiteral("> - ").repeated(4'000)};
  QElapsedTimer clock;
  for (const QString& text : hostile) {
    clock.start();
    parse_markdown(text);
    // Far from any limit that a person notices; what is guarded against takes minutes.
    EXPECT_LT(clock.elapsed(), 20'000) << text.left(20).toStdString();
  }
}

TEST(Markdown, NestingIsFlatAndBounded) {
  for (const MessageBlock& block : parse_markdown(QStringLiteral("> ").repeated(500) + QStringLiteral("deep")))
    EXPECT_LE(block.quote_depth, 6);
}

}  // namespace
}  // namespace etna::gui
