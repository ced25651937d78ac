#include "gui/transcript/code/highlighter.h"

#include <gtest/gtest.h>

namespace etna::gui {
namespace {

QStringList coloured(const char* language, const QStringList& lines, CodeRole role) {
  const CodeLanguage* found = code_language(QLatin1String(language));
  if (!found) return {};
  const Highlighter highlighter(*found);
  QStringList result;
  int state = 0;
  for (const QString& line : lines) {
    QVector<CodeSpan> spans;
    state = highlighter.highlight(line, state, spans);
    for (const CodeSpan& span : spans) {
      EXPECT_LE(span.start + span.length, line.size());
      if (span.role == role) result << line.mid(span.start, span.length);
    }
  }
  return result;
}

TEST(Highlighter, KnowsWordsStringsNumbersAndComments) {
  const QStringList code = {QStringLiteral("def f(x):  # why"), QStringLiteral("    return 'a\\'b' + 0x1F")};
  EXPECT_EQ(coloured("python", code, CodeRole::keyword),
            (QStringList{QStringLiteral("def"), QStringLiteral("return")}));
  EXPECT_EQ(coloured("py", code, CodeRole::string), QStringList{QStringLiteral("'a\\'b'")});
  EXPECT_EQ(coloured("python", code, CodeRole::number), QStringList{QStringLiteral("0x1F")});
  EXPECT_EQ(coloured("python", code, CodeRole::comment), QStringList{QStringLiteral("# why")});
}

TEST(Highlighter, CommentsAndLongStringsGoOnOverLines) {
  EXPECT_EQ(coloured("cpp", {QStringLiteral("/* a"), QStringLiteral("b */ int x;")}, CodeRole::comment),
            (QStringList{QStringLiteral("/* a"), QStringLiteral("b */")}));
  EXPECT_EQ(coloured("python", {QStringLiteral("x = \"\"\"a"), QStringLiteral("b\"\"\" # c")}, CodeRole::string),
            (QStringList{QStringLiteral("\"\"\"a"), QStringLiteral("b\"\"\"")}));
}

TEST(Highlighter, AnUnknownLanguageIsPlain) {
  EXPECT_EQ(code_language(QStringLiteral("klingon")), nullptr);
  EXPECT_EQ(code_language({}), nullptr);
  EXPECT_EQ(code_language(QStringLiteral("TypeScript")), code_language(QStringLiteral("js")));
}

TEST(Highlighter, SqlDoesNotCareForCase) {
  EXPECT_EQ(coloured("sql", {QStringLiteral("select * FROM t -- all")}, CodeRole::keyword),
            (QStringList{QStringLiteral("select"), QStringLiteral("FROM")}));
}

}  // namespace
}  // namespace etna::gui
