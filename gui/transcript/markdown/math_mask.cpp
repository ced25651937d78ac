#include "gui/transcript/markdown/math_mask.h"

namespace etna::gui {
namespace {

// A formula longer than this is a paragraph with a stray delimiter.
constexpr qsizetype longest_formula = 4000;

class Masker {
public:
  explicit Masker(const QString& source) : text_(source) {}

  MaskedMath run() {
    while (at_ < text_.size()) step();
    return std::move(result_);
  }

private:
  QChar peek(qsizetype offset = 0) const { return at_ + offset < text_.size() ? text_[at_ + offset] : QChar(); }

  void step() {
    const QChar letter = text_[at_];
    if (letter == u'`' || (letter == u'~' && at_line_start())) return skip_code(letter);
    if (letter == u'\\') {
      if (peek(1) == u'(' && take(QStringLiteral("\\("), QStringLiteral("\\)"))) return;
      if (peek(1) == u'[' && take(QStringLiteral("\\["), QStringLiteral("\\]"))) return;
      copy(at_ + 1 < text_.size() ? 2 : 1);
      return;
    }
    if (letter == u'$') {
      if (peek(1) == u'$') {
        if (!take(QStringLiteral("$$"), QStringLiteral("$$"))) copy(2);
        return;
      }
      if (!take_single()) copy(1);
      return;
    }
    if (letter == math_begin || letter == math_end) {
      result_.text += QChar(QChar::ReplacementCharacter);
      ++at_;
      return;
    }
    copy(1);
  }

  bool at_line_start() const {
    qsizetype i = at_;
    while (i > 0 && text_[i - 1] == u' ') --i;
    return i == 0 || text_[i - 1] == u'\n';
  }

  void copy(qsizetype length) {
    result_.text += text_.mid(at_, length);
    at_ += length;
  }

  /// Code spans and fences alike end with a run of the same length; without one there is no code.
  void skip_code(QChar mark) {
    qsizetype run = 0;
    while (peek(run) == mark) ++run;
    const QString fence(run, mark);
    qsizetype end = at_ + run;
    const bool is_fence = run >= 3 && at_line_start();
    while ((end = text_.indexOf(fence, end)) >= 0) {
      qsizetype length = 0;
      while (end + length < text_.size() && text_[end + length] == mark) ++length;
      if (length == run || (is_fence && length > run)) break;
      end += length;
    }
    if (end < 0 && is_fence) return copy(text_.size() - at_);
    copy(end < 0 ? run : end + run - at_);
  }

  bool take(const QString& open, const QString& close) {
    const QStringView window = text_.mid(at_, longest_formula);
    const qsizetype end = window.indexOf(close, open.size());
    if (end < 0 || window.mid(open.size(), end - open.size()).trimmed().isEmpty()) return false;
    put(end + close.size());
    return true;
  }

  bool take_single() {
    const QChar first = peek(1);
    if (first.isNull() || first.isSpace() || first == u'$') return false;
    if (at_ > 0 && (text_[at_ - 1].isLetterOrNumber() || text_[at_ - 1] == u'$')) return false;
    for (qsizetype i = 1; i < longest_formula; ++i) {
      const QChar letter = peek(i);
      if (letter.isNull() || letter == u'\n' || letter == u'`') return false;
      if (letter == u'\\') {
        ++i;
        continue;
      }
      if (letter != u'$') continue;
      if (text_[at_ + i - 1].isSpace() || peek(i + 1).isDigit() || peek(i + 1) == u'$') return false;
      put(i + 1);
      return true;
    }
    return false;
  }

  void put(qsizetype length) {
    const QString source = text_.mid(at_, length).toString();
    result_.text += QChar(math_begin) + QString::number(result_.sources.size()) + QChar(math_end);
    result_.sources << source;
    at_ += length;
  }

  QStringView text_;
  qsizetype at_ = 0;
  MaskedMath result_;
};

}  // namespace

QString MaskedMath::unmask(const QString& piece) const {
  qsizetype begin = piece.indexOf(QChar(math_begin));
  if (begin < 0) return piece;
  QString result;
  qsizetype at = 0;
  while (begin >= 0) {
    const qsizetype end = piece.indexOf(QChar(math_end), begin);
    if (end < 0) break;
    result += QStringView(piece).mid(at, begin - at);
    result += sources.value(QStringView(piece).mid(begin + 1, end - begin - 1).toInt());
    at = end + 1;
    begin = piece.indexOf(QChar(math_begin), at);
  }
  return result + piece.mid(at);
}

MaskedMath mask_math(const QString& markdown) {
  bool may_have = false;
  for (const QChar letter : markdown)
    may_have = may_have || letter == u'$' || letter == u'\\' || letter == math_begin || letter == math_end;
  if (!may_have) return {markdown, {}};
  return Masker(markdown).run();
}

bool is_display_math(const QString& source) {
  return source.startsWith(QLatin1String("$$")) || source.startsWith(QLatin1String("\\["));
}

QString formula_body(const QString& source) {
  const int length = source.startsWith(u'$') && !source.startsWith(QLatin1String("$$")) ? 1 : 2;
  return source.mid(length, source.size() - 2 * length).trimmed();
}

}  // namespace etna::gui
