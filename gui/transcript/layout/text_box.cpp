#include "gui/transcript/layout/text_box.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>
#include <limits>

#include "gui/transcript/markdown/math_mask.h"

namespace etna::gui {
namespace {

// Wide enough for any line that is not to be broken, small enough for Qt's fixed point numbers.
constexpr double endless = 1 << 22;

QFont sized(const QString& family, double pixels) {
  QFont font(family);
  font.setPixelSize(std::max(1, qRound(pixels)));
  return font;
}

/// A letter that carries a formula: it is not seen, and as wide as the formula.
constexpr QChar stand_in = u'x';

}  // namespace

TextFace reading_face(const TranscriptTheme& theme) {
  return {.font = sized(theme.family, theme.scaled(15)),
          .line = static_cast<double>(theme.scaled(24)),
          .color = theme.text};
}

TextFace body_face(const TranscriptTheme& theme) {
  return {.font = sized(theme.family, theme.scaled(14)),
          .line = static_cast<double>(theme.scaled(20)),
          .color = theme.text};
}

TextFace code_face(const TranscriptTheme& theme) {
  TextFace face{.font = sized(theme.mono, theme.scaled(13)),
                .line = static_cast<double>(theme.scaled(20)),
                .color = theme.text,
                .wrap = QTextOption::WrapAnywhere};
  face.font.setStyleStrategy(QFont::PreferNoShaping);
  return face;
}

TextBox::TextBox(const RichText& content, const TextFace& face, const TranscriptTheme& theme)
    : content_(content),
      face_(face),
      selection_(theme.selection),
      found_(theme.found),
      found_now_(theme.found_now),
      right_to_left_(content.text.isRightToLeft()) {
  QString text = content_.text;
  text.replace(u'\n', QChar(QChar::LineSeparator));
  layout_.setFont(face.font);
  layout_.setCacheEnabled(true);
  const auto ranges = formats(theme);
  for (const Placed& placed : formulas_) text[placed.position] = stand_in;
  layout_.setText(text);
  layout_.setFormats(ranges);
  QTextOption option;
  option.setWrapMode(face.wrap);
  option.setTextDirection(right_to_left_ ? Qt::RightToLeft : Qt::LeftToRight);
  const bool right =
      face.alignment == CellAlignment::right || (face.alignment == CellAlignment::natural && right_to_left_);
  option.setAlignment(Qt::AlignAbsolute | (right                                     ? Qt::AlignRight
                                           : face.alignment == CellAlignment::centre ? Qt::AlignHCenter
                                                                                     : Qt::AlignLeft));
  option.setTabStopDistance(4 * QFontMetricsF(face.font).horizontalAdvance(u' '));
  layout_.setTextOption(option);
}

QVector<QTextLayout::FormatRange> TextBox::formats(const TranscriptTheme& theme) {
  QVector<QTextLayout::FormatRange> ranges;
  for (const TextSpan& span : content_.spans) {
    QTextLayout::FormatRange range{.start = span.start, .length = span.length, .format = {}};
    QFont font = face_.font;
    if (span.styles & TextStyle::code) {
      font = sized(theme.mono, face_.font.pixelSize() * 13.0 / 15.0);
      range.format.setBackground(theme.sunken);
    }
    if (span.styles & TextStyle::bold) font.setWeight(QFont::Bold);
    if (span.styles & TextStyle::italic) font.setItalic(true);
    if (span.styles & TextStyle::strike) font.setStrikeOut(true);
    if (!span.link.isEmpty()) {
      range.format.setForeground(theme.link);
      font.setUnderline(true);
    }
    if (!span.formula.isEmpty()) {
      auto formula = Formula::make(formula_body(span.formula), {.family = theme.family,
                                                                .mono = theme.mono,
                                                                .size = static_cast<double>(face_.font.pixelSize()),
                                                                .display = false});
      font = face_.font;
      font.setLetterSpacing(QFont::AbsoluteSpacing, formula->width() - QFontMetricsF(font).horizontalAdvance(stand_in));
      range.format.setForeground(QColor(Qt::transparent));
      formulas_.push_back({span.start, std::move(formula)});
    }
    range.format.setFont(font);
    ranges << range;
  }
  return ranges;
}

void TextBox::layout(double width) {
  layout_.beginLayout();
  double y = 0;
  used_width_ = 0;
  for (QTextLine line = layout_.createLine(); line.isValid(); line = layout_.createLine()) {
    line.setLineWidth(std::max(1.0, width));
    place_line(line, y, width);
  }
  layout_.endLayout();
  height_ = std::max(y, face_.line);
}

void TextBox::place_line(QTextLine& line, double& y, double width) {
  double ascent = line.ascent(), descent = line.descent();
  const int begin = line.textStart(), end = begin + line.textLength();
  for (const Placed& placed : formulas_) {
    if (placed.position < begin || placed.position >= end) continue;
    ascent = std::max(ascent, placed.formula->ascent() + 1);
    descent = std::max(descent, placed.formula->descent() + 1);
  }
  const double height = std::max(face_.line, std::ceil(ascent + descent));
  const double baseline = std::floor(y + (height - ascent - descent) / 2 + ascent + 0.5);
  line.setPosition(QPointF(0, baseline - line.ascent()));
  used_width_ = std::max(used_width_, std::min(width, line.naturalTextWidth()));
  y += height;
}

double TextBox::natural_width() {
  layout(endless);
  return std::ceil(used_width_);
}

void TextBox::paint(const PaintContext& context, const QPointF& origin, int first) const {
  QVector<QTextLayout::FormatRange> marks;
  const auto mark = [&](const TextRange& range, const QColor& color) {
    const int from = std::max(range.from - first, 0), to = std::min(range.to - first, size());
    if (from >= to) return;
    QTextLayout::FormatRange all{.start = from, .length = to - from, .format = {}};
    all.format.setBackground(color);
    marks << all;
  };
  for (qsizetype i = 0; i < context.found.size(); ++i)
    mark(context.found[i], i == context.found_now ? found_now_ : found_);
  mark(context.selection, selection_);
  context.painter.setPen(face_.color);
  const QRectF clip(-endless, context.top - 1, 2 * endless, context.bottom - context.top + 2);
  layout_.draw(&context.painter, origin, marks, clip);
  paint_formulas(context, origin);
}

void TextBox::paint_formulas(const PaintContext& context, const QPointF& origin) const {
  for (const Placed& placed : formulas_) {
    const QTextLine line = layout_.lineForTextPosition(placed.position);
    if (!line.isValid()) continue;
    const double y = origin.y() + line.y() + line.ascent();
    if (y + placed.formula->descent() < context.top || y - placed.formula->ascent() > context.bottom) continue;
    const double x = std::min(line.cursorToX(placed.position), line.cursorToX(placed.position + 1));
    const double room = line.width();
    context.painter.save();
    context.painter.translate(origin.x() + x, y);
    // One that is wider than the column shrinks into it.
    if (placed.formula->width() > room) {
      const double scale = room / placed.formula->width();
      context.painter.scale(scale, scale);
    }
    placed.formula->paint(context.painter, QPointF(), face_.color);
    context.painter.restore();
  }
}

void TextBox::paint_caret(QPainter& painter, const QPointF& origin, const QColor& color) const {
  const QRectF rect = cursor_rect(size());
  const double height = std::min(rect.height(), face_.line - 4);
  const double x = right_to_left_ ? rect.x() - 5 : rect.x() + 3;
  painter.fillRect(QRectF(origin.x() + x, origin.y() + rect.center().y() - height / 2, 2, height), color);
}

int TextBox::position_at(const QPointF& point) const {
  for (int i = 0; i < layout_.lineCount(); ++i) {
    const QTextLine line = layout_.lineAt(i);
    const double next = i + 1 < layout_.lineCount() ? layout_.lineAt(i + 1).y() : std::numeric_limits<double>::max();
    if (point.y() >= next && i + 1 < layout_.lineCount()) continue;
    return std::clamp(line.xToCursor(point.x()), 0, size());
  }
  return 0;
}

QRectF TextBox::cursor_rect(int position) const {
  const QTextLine line = layout_.lineForTextPosition(std::clamp(position, 0, size()));
  if (!line.isValid()) return QRectF(0, 0, 1, face_.line);
  return QRectF(line.cursorToX(position), line.y(), 1, line.height());
}

const TextSpan* TextBox::span_at(const QPointF& point) const {
  for (int i = 0; i < layout_.lineCount(); ++i) {
    const QTextLine line = layout_.lineAt(i);
    if (point.y() < line.y() || point.y() > line.y() + line.height()) continue;
    if (!line.naturalTextRect().adjusted(0, -4, 0, 4).contains(point)) continue;
    const int position = line.xToCursor(point.x(), QTextLine::CursorOnCharacter);
    for (const TextSpan& span : content_.spans) {
      if (position >= span.start && position < span.start + span.length) return &span;
    }
  }
  return nullptr;
}

}  // namespace etna::gui
