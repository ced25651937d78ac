#include "gui/transcript/code/highlighter.h"

namespace etna::gui {
namespace {

constexpr int in_comment = 1;
constexpr int in_long_string = 2;  // and up: which of the long strings

bool starts_word(QChar letter) {
  return letter.isLetter() || letter == u'_' || letter == u'@' || letter == u'$';
}

bool goes_on_word(QChar letter) {
  return letter.isLetterOrNumber() || letter == u'_';
}

int number_end(QStringView line, int at) {
  const int size = static_cast<int>(line.size());
  int end = at + 1;
  while (end < size) {
    const QChar letter = line[end];
    const bool exponent = (letter == u'+' || letter == u'-') && (line[end - 1] == u'e' || line[end - 1] == u'E');
    if (!letter.isLetterOrNumber() && letter != u'.' && letter != u'_' && !exponent) break;
    ++end;
  }
  return end;
}

int string_end(QStringView line, int at) {
  const QChar quote = line[at];
  const int size = static_cast<int>(line.size());
  for (int i = at + 1; i < size; ++i) {
    if (line[i] == u'\\') {
      ++i;
    } else if (line[i] == quote) {
      return i + 1;
    }
  }
  return size;
}

}  // namespace

Highlighter::Highlighter(const CodeLanguage& language) : language_(language) {}

int Highlighter::highlight(QStringView line, int state, QVector<CodeSpan>& spans) const {
  if (language_.whole_line_marks) return mark_line(line, spans);
  const int size = static_cast<int>(line.size());
  int at = 0;
  if (state == in_comment) at = skip_comment(line, 0, spans, state);
  if (state >= in_long_string) at = skip_long_string(line, 0, 0, state - in_long_string, spans, state);
  while (at < size) {
    const QStringView rest = line.mid(at);
    const QChar letter = line[at];
    bool comment = false;
    for (const QString& mark : language_.line_comments)
      comment = comment || rest.startsWith(mark, language_.ignores_case ? Qt::CaseInsensitive : Qt::CaseSensitive);
    if (comment) {
      spans << CodeSpan{at, size - at, CodeRole::comment};
      return 0;
    }
    if (!language_.comment_begin.isEmpty() && rest.startsWith(language_.comment_begin)) {
      at = skip_comment(line, at, spans, state);
      if (state != 0) return state;
      continue;
    }
    int which = -1;
    for (int i = 0; i < language_.long_strings.size() && which < 0; ++i) {
      if (rest.startsWith(language_.long_strings[i])) which = i;
    }
    if (which >= 0) {
      const int begin = at + static_cast<int>(language_.long_strings[which].size());
      at = skip_long_string(line, begin, at, which, spans, state);
      if (state != 0) return state;
      continue;
    }
    if (language_.quotes.contains(letter)) {
      const int end = string_end(line, at);
      spans << CodeSpan{at, end - at, CodeRole::string};
      at = end;
    } else if (letter.isDigit()) {
      const int end = number_end(line, at);
      spans << CodeSpan{at, end - at, CodeRole::number};
      at = end;
    } else if (starts_word(letter) || (language_.tags && letter == u'<')) {
      at = skip_word(line, at, spans);
    } else {
      ++at;
    }
  }
  return 0;
}

int Highlighter::mark_line(QStringView line, QVector<CodeSpan>& spans) const {
  if (line.isEmpty()) return 0;
  const int size = static_cast<int>(line.size());
  if (line[0] == u'+') spans << CodeSpan{0, size, CodeRole::string};
  if (line[0] == u'-') spans << CodeSpan{0, size, CodeRole::number};
  if (line.startsWith(QLatin1String("@@"))) spans << CodeSpan{0, size, CodeRole::comment};
  return 0;
}

int Highlighter::skip_comment(QStringView line, int at, QVector<CodeSpan>& spans, int& state) const {
  const qsizetype from = state == in_comment ? at : at + language_.comment_begin.size();
  const qsizetype found = line.indexOf(language_.comment_end, from);
  const int end = static_cast<int>(found < 0 ? line.size() : found + language_.comment_end.size());
  if (end > at) spans << CodeSpan{at, end - at, CodeRole::comment};
  state = found < 0 ? in_comment : 0;
  return end;
}

int Highlighter::skip_long_string(QStringView line, int at, int begin, int which, QVector<CodeSpan>& spans,
                                  int& state) const {
  const QString& quote = language_.long_strings[which];
  qsizetype found = line.indexOf(quote, at);
  while (found > 0 && line[found - 1] == u'\\') found = line.indexOf(quote, found + 1);
  const int end = static_cast<int>(found < 0 ? line.size() : found + quote.size());
  if (end > begin) spans << CodeSpan{begin, end - begin, CodeRole::string};
  state = found < 0 ? in_long_string + which : 0;
  return end;
}

int Highlighter::skip_word(QStringView line, int at, QVector<CodeSpan>& spans) const {
  const int size = static_cast<int>(line.size());
  int end = at + 1;
  if (language_.tags && line[at] == u'<') {
    while (end < size && (goes_on_word(line[end]) || line[end] == u'/' || line[end] == u'-' || line[end] == u'!'))
      ++end;
    if (end > at + 1) spans << CodeSpan{at, end - at, CodeRole::keyword};
    return end;
  }
  while (end < size && goes_on_word(line[end])) ++end;
  if (language_.tags) {
    if (end < size && line[end] == u'=') spans << CodeSpan{at, end - at, CodeRole::type};
    return end;
  }
  const QString word = line.mid(at, end - at).toString();
  const Qt::CaseSensitivity sensitivity = language_.ignores_case ? Qt::CaseInsensitive : Qt::CaseSensitive;
  if (language_.keywords.contains(word, sensitivity)) {
    spans << CodeSpan{at, end - at, CodeRole::keyword};
  } else if (language_.types.contains(word, sensitivity)) {
    spans << CodeSpan{at, end - at, CodeRole::type};
  } else if (word.startsWith(u'@')) {
    spans << CodeSpan{at, end - at, CodeRole::type};
  } else if (end < size && line[end] == u'(') {
    spans << CodeSpan{at, end - at, CodeRole::type};
  }
  return end;
}

}  // namespace etna::gui
