#pragma once

#include <QString>
#include <QVector>

namespace etna::gui {

/// What a stretch of code is.
enum class CodeRole { keyword, type, string, number, comment };

struct CodeSpan {
  int start = 0;
  int length = 0;
  CodeRole role = CodeRole::keyword;

  friend bool operator==(const CodeSpan&, const CodeSpan&) = default;
};

/// A language's words and marks. What every language shares (numbers, quotes) is in the highlighter.
struct CodeLanguage {
  QStringList names;  ///< as they stand behind a fence, in lower case
  QStringList keywords;
  QStringList types;          ///< types, constants and functions that belong to the language
  QStringList line_comments;  ///< "//", "#"
  QString comment_begin, comment_end;
  QStringList long_strings;  ///< quotes that go on over lines: """, `
  QString quotes = QStringLiteral("\"'");
  bool ignores_case = false;
  bool tags = false;              ///< HTML, XML
  bool whole_line_marks = false;  ///< diff: the first character decides
};

/// The language behind a fence; null: not known, its code stays plain.
const CodeLanguage* code_language(const QString& name);

/// Colours code line by line. What a line begins in (a comment, a long string) is a number that the line before
/// returned; 0 for the first.
class Highlighter {
public:
  explicit Highlighter(const CodeLanguage& language);

  /// The spans of a line, and the state of the next one.
  int highlight(QStringView line, int state, QVector<CodeSpan>& spans) const;

private:
  int mark_line(QStringView line, QVector<CodeSpan>& spans) const;
  int skip_comment(QStringView line, int at, QVector<CodeSpan>& spans, int& state) const;
  int skip_long_string(QStringView line, int at, int begin, int which, QVector<CodeSpan>& spans, int& state) const;
  int skip_word(QStringView line, int at, QVector<CodeSpan>& spans) const;

  const CodeLanguage& language_;
};

}  // namespace etna::gui
