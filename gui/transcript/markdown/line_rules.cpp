#include "gui/transcript/markdown/line_rules.h"

namespace etna::gui {

int line_indent(QStringView line) {
  int column = 0;
  for (const QChar letter : line) {
    if (letter == u' ') {
      ++column;
    } else if (letter == u'\t') {
      column += 4 - column % 4;
    } else {
      break;
    }
  }
  return column;
}

bool is_blank(QStringView line) {
  for (const QChar letter : line) {
    if (letter != u' ' && letter != u'\t' && letter != u'\n' && letter != u'\r') return false;
  }
  return true;
}

bool is_heading(QStringView line) {
  if (line_indent(line) > 3) return false;
  line = line.trimmed();
  qsizetype marks = 0;
  while (marks < line.size() && line[marks] == u'#') ++marks;
  return marks >= 1 && marks <= 6 && (marks == line.size() || line[marks] == u' ' || line[marks] == u'\t');
}

bool is_rule(QStringView line) {
  if (line_indent(line) > 3) return false;
  line = line.trimmed();
  if (line.isEmpty() || (line[0] != u'-' && line[0] != u'*' && line[0] != u'_')) return false;
  int marks = 0;
  for (const QChar letter : line) {
    if (letter == line[0]) {
      ++marks;
    } else if (letter != u' ' && letter != u'\t') {
      return false;
    }
  }
  return marks >= 3;
}

bool is_setext_underline(QStringView line) {
  if (line_indent(line) > 3) return false;
  line = line.trimmed();
  if (line.isEmpty() || (line[0] != u'-' && line[0] != u'=')) return false;
  for (const QChar letter : line) {
    if (letter != line[0]) return false;
  }
  return true;
}

bool is_table_delimiter(QStringView line) {
  line = line.trimmed();
  bool dash = false;
  for (const QChar letter : line) {
    if (letter != u'|' && letter != u'-' && letter != u':' && letter != u' ' && letter != u'\t') return false;
    dash = dash || letter == u'-';
  }
  return dash && line.contains(u'|');
}

bool is_quote(QStringView line) {
  return line_indent(line) <= 3 && line.trimmed().startsWith(u'>');
}

ListMarker list_marker(QStringView line) {
  ListMarker result;
  const int indent = line_indent(line);
  if (indent > 3 || is_rule(line)) return result;
  qsizetype at = 0;
  while (at < line.size() && line[at] == u' ') ++at;
  const qsizetype begin = at;
  while (at < line.size() && at - begin < 9 && line[at] >= u'0' && line[at] <= u'9') ++at;
  if (at == line.size()) return result;
  const QChar mark = line[at];
  if (at > begin) {
    if (mark != u'.' && mark != u')') return result;
    result.number = line.mid(begin, at - begin).toInt();
  } else if (mark != u'-' && mark != u'+' && mark != u'*') {
    return result;
  }
  const QStringView rest = line.mid(at + 1);
  result.empty = is_blank(rest);
  if (!result.empty && rest[0] != u' ' && rest[0] != u'\t') return {};
  result.is_marker = true;
  result.marker = mark.unicode();
  const int spaces = result.empty ? 1 : line_indent(rest);
  // Five spaces and more begin indented code in the item.
  result.content_column = indent + static_cast<int>(at - begin) + 1 + (spaces > 4 ? 1 : spaces);
  return result;
}

int fence_length(QStringView line, char16_t& mark) {
  if (line_indent(line) > 3) return 0;
  line = line.trimmed();
  if (line.isEmpty() || (line[0] != u'`' && line[0] != u'~')) return 0;
  int length = 0;
  while (length < line.size() && line[length] == line[0]) ++length;
  if (length < 3 || (line[0] == u'`' && line.mid(length).contains(u'`'))) return 0;
  mark = line[0].unicode();
  return length;
}

QString open_math(QStringView line) {
  if (line_indent(line) > 3) return {};
  line = line.trimmed();
  for (const auto& [begin, end] : {std::pair{u"$$", u"$$"}, std::pair{u"\\[", u"\\]"}}) {
    if (line.startsWith(QStringView(begin)))
      return line.mid(2).contains(QStringView(end)) ? QString() : QStringView(end).toString();
  }
  return {};
}

}  // namespace etna::gui
