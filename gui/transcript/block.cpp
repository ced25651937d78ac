#include "gui/transcript/block.h"

#include <QStringList>
#include <algorithm>

namespace etna::gui {
namespace {

using Kind = MessageBlock::Kind;

QString marks(TextStyles styles) {
  QString all;
  if (styles & TextStyle::bold) all += QLatin1String("**");
  if (styles & TextStyle::italic) all += u'*';
  if (styles & TextStyle::strike) all += QLatin1String("~~");
  return all;
}

QString reversed(QString text) {
  std::reverse(text.begin(), text.end());
  return text;
}

/// Code with a fence that is longer than any run of backticks in it.
QString code_span(const QString& text) {
  int longest = 0, run = 0;
  for (const QChar letter : text) {
    run = letter == u'`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const QString fence(longest + 1, u'`');
  const QString space = longest > 0 ? QStringLiteral(" ") : QString();
  return fence + space + text + space + fence;
}

QString span_markdown(const TextSpan& span, const QString& text) {
  if (!span.formula.isEmpty()) return span.formula;
  QString result = span.styles & TextStyle::code ? code_span(text) : text;
  const QString mark = marks(span.styles);
  result = mark + result + reversed(mark);
  if (span.link.isEmpty()) return result;
  if (!span.image && text == span.link) return text;
  return (span.image ? QStringLiteral("![") : QStringLiteral("[")) + result + QStringLiteral("](") + span.link + u')';
}

QString inline_markdown(const RichText& content, int from, int to) {
  QString result;
  int at = from;
  for (const TextSpan& span : content.spans) {
    const int begin = std::max(span.start, from);
    const int end = std::min(span.start + span.length, to);
    if (begin >= end) continue;
    result += QStringView(content.text).mid(at, begin - at);
    result += span_markdown(span, content.text.mid(begin, end - begin));
    at = end;
  }
  if (at < to) result += QStringView(content.text).mid(at, to - at);
  return result;
}

/// Text with the formulas in it as their source.
QString readable(const RichText& content) {
  if (!content.text.contains(QChar::ObjectReplacementCharacter)) return content.text;
  QString result;
  int at = 0;
  for (const TextSpan& span : content.spans) {
    if (span.formula.isEmpty()) continue;
    result += QStringView(content.text).mid(at, span.start - at);
    result += span.formula;
    at = span.start + span.length;
  }
  return result + content.text.mid(at);
}

QString table_markdown(const MessageBlock& block) {
  QString result;
  for (qsizetype i = 0; i < block.cells.size(); ++i) {
    const qsizetype column = i % block.columns;
    QString cell = inline_markdown(block.cells[i], 0, static_cast<int>(block.cells[i].text.size()));
    cell.replace(u'\n', u' ').replace(u'|', QLatin1String("\\|"));
    result += QLatin1String("| ") + cell + u' ';
    if (column != block.columns - 1) continue;
    result += QLatin1String("|\n");
    if (i != block.columns - 1) continue;
    for (int head = 0; head < block.columns; ++head) {
      const CellAlignment alignment = block.alignments.value(head);
      result += alignment == CellAlignment::centre  ? QLatin1String("|:---:")
                : alignment == CellAlignment::right ? QLatin1String("|---:")
                : alignment == CellAlignment::left  ? QLatin1String("|:---")
                                                    : QLatin1String("|---");
    }
    result += QLatin1String("|\n");
  }
  if (result.endsWith(u'\n')) result.chop(1);
  return result;
}

QString fenced(const MessageBlock& block) {
  QString code = block.content.text;
  if (!code.endsWith(u'\n')) code += u'\n';
  QString fence = QStringLiteral("```");
  while (code.contains(fence)) fence += u'`';
  return fence + block.title + u'\n' + code + fence;
}

QString marker_markdown(const MessageBlock& block) {
  if (block.marker == QStringLiteral("•")) return QStringLiteral("- ");
  if (block.marker == QStringLiteral("☐")) return QStringLiteral("- [ ] ");
  if (block.marker == QStringLiteral("☑")) return QStringLiteral("- [x] ");
  return block.marker.isEmpty() ? QStringLiteral("  ") : block.marker + u' ';
}

/// The block without what it stands in.
QString bare_markdown(const MessageBlock& block, int from, int to, bool whole) {
  switch (block.kind) {
    case Kind::code: return whole ? fenced(block) : block.content.text.mid(from, to - from);
    case Kind::table: return whole ? table_markdown(block) : block_text(block).mid(from, to - from);
    case Kind::rule: return QStringLiteral("---");
    case Kind::heading: {
      const QString text = inline_markdown(block.content, from, to);
      return whole ? QString(block.level, u'#') + u' ' + text : text;
    }
    case Kind::image:
    case Kind::paragraph:
    case Kind::list_item: return inline_markdown(block.content, from, to);
    default: return block_text(block).mid(from, to - from);
  }
}

}  // namespace

QString block_text(const MessageBlock& block) {
  switch (block.kind) {
    case Kind::table: {
      QString result;
      for (qsizetype i = 0; i < block.cells.size(); ++i)
        result += block.cells[i].text + ((i + 1) % block.columns == 0 ? u'\n' : u'\t');
      return result;
    }
    case Kind::tool_call:
      return block.title + u'\n' + block.content.text + (block.detail.isEmpty() ? QString() : u'\n' + block.detail);
    case Kind::attachment: return block.title;
    case Kind::thinking:
    case Kind::footer:
    case Kind::divider:
    case Kind::rule: return {};
    default: return block.content.text;
  }
}

QString spoken_text(const MessageBlock& block) {
  if (block.kind == Kind::divider) return block.title;
  if (block.kind == Kind::table || block.kind == Kind::tool_call || block.kind == Kind::attachment) {
    if (block.kind != Kind::table) return block_text(block);
    QString result;
    for (qsizetype i = 0; i < block.cells.size(); ++i)
      result += readable(block.cells[i]) + ((i + 1) % block.columns == 0 ? u'\n' : u'\t');
    return result;
  }
  return readable(block.content);
}

QString plain_text(const MessageBlock& block, int from, int to) {
  if (block.kind == Kind::divider) return {};  // nobody wrote it
  if (from <= 0 && to >= block_text(block).size()) return spoken_text(block);
  if (block.kind == Kind::table) return block_text(block).mid(from, to - from);
  QString result;
  int at = from;
  for (const TextSpan& span : block.content.spans) {
    if (span.formula.isEmpty() || span.start < from || span.start + span.length > to) continue;
    result += QStringView(block.content.text).mid(at, span.start - at);
    result += span.formula;
    at = span.start + span.length;
  }
  return result + block_text(block).mid(at, to - at);
}

QString block_markdown(const MessageBlock& block, int from, int to) {
  const int size = static_cast<int>(block_text(block).size());
  const bool whole = from <= 0 && to >= size;
  QString body = bare_markdown(block, std::max(from, 0), std::min(to, size), whole);
  if (!whole) return body;
  QString first, further;
  for (int depth = 0; depth < block.quote_depth; ++depth) first += QLatin1String("> ");
  further = first;
  if (block.kind != Kind::heading && block.level > 0) {
    const QString indent((block.level - 1) * 2, u' ');
    const QString marker = marker_markdown(block);
    first += indent + marker;
    further += indent + QString(marker.size(), u' ');
  }
  if (first.isEmpty()) return body;
  return first + body.replace(u'\n', u'\n' + further);
}

}  // namespace etna::gui
