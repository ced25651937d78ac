#include "gui/formula/formula_reader.h"

namespace etna::gui {

void FormulaReader::skip_spaces() {
  for (;;) {
    while (at_ < text_.size() && text_[at_].isSpace()) ++at_;
    if (at_ < text_.size() && text_[at_] == u'%') {
      while (at_ < text_.size() && text_[at_] != u'\n') ++at_;
      continue;
    }
    return;
  }
}

QChar FormulaReader::peek() {
  skip_spaces();
  return at_ < text_.size() ? text_[at_] : QChar();
}

QString FormulaReader::peek_command() {
  if (peek() != u'\\') return {};
  qsizetype end = at_ + 1;
  while (end < text_.size() && text_[end].isLetter() && text_[end].unicode() < 128) ++end;
  if (end == at_ + 1 && end < text_.size()) ++end;
  return text_.mid(at_ + 1, end - at_ - 1);
}

QString FormulaReader::take_command() {
  const QString command = peek_command();
  at_ += command.size() + 1;
  if (command.isEmpty()) failed_ = true;
  return command;
}

QString FormulaReader::take_raw_group() {
  if (peek() != u'{') {
    failed_ = true;
    return {};
  }
  int depth = 0;
  const qsizetype begin = at_ + 1;
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == u'\\') {
      ++at_;
    } else if (text_[at_] == u'{') {
      ++depth;
    } else if (text_[at_] == u'}' && --depth == 0) {
      return text_.mid(begin, at_++ - begin);
    }
  }
  failed_ = true;
  return {};
}

}  // namespace etna::gui
