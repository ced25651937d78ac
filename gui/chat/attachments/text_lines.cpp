#include "gui/chat/attachments/text_lines.h"

namespace etna::gui {
namespace {

constexpr qsizetype longest_line = 2000;  // characters

}  // namespace

void TextLines::set_text(const QString& text) {
  if (text == text_) return;
  text_ = text;
  QStringList lines;
  for (const QStringView line : QStringView(text).split(u'\n')) {
    qsizetype at = 0;
    while (line.size() - at > longest_line) {
      const qsizetype part = line[at + longest_line].isLowSurrogate() ? longest_line - 1 : longest_line;
      lines << line.mid(at, part).toString();
      at += part;
    }
    QStringView rest = line.mid(at);
    if (rest.endsWith(u'\r')) rest.chop(1);
    lines << rest.toString();
  }
  setStringList(lines);
  emit textChanged();
}

}  // namespace etna::gui
