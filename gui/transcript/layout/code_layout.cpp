#include "gui/transcript/layout/code_layout.h"

#include <QFontMetricsF>
#include <QTextLayout>
#include <algorithm>
#include <cmath>

namespace etna::gui {
namespace {

// Longer lines are cut into rows of this many characters.
constexpr int longest_row = 1000;

int columns_of(QChar letter) {
  // Ideographs and the like are two columns wide.
  return letter.unicode() >= 0x1100 && !letter.isLowSurrogate() ? 2 : letter == u'\t' ? 4 : 1;
}

}  // namespace

CodeLayout::CodeLayout(const MessageBlock& block, const BlockState& state, const TranscriptTheme& theme)
    : block_(block),
      state_(state),
      face_(code_face(theme)),
      insets_(block_, theme, false),
      language_(code_language(block.title)),
      ground_(theme.window),
      border_(theme.border),
      selection_(theme.selection),
      found_(theme.found),
      found_now_(theme.found_now),
      scroll_colour_(theme.control_border),
      colours_{theme.keyword, theme.type, theme.string, theme.number, theme.text3},
      head_(theme.scaled(36)),
      foot_(theme.scaled(32)),
      column_(QFontMetricsF(face_.font).horizontalAdvance(u'0')) {
  const QString& text = block_.content.text;
  for (qsizetype at = text.indexOf(u'\n'); at >= 0; at = text.indexOf(u'\n', at + 1))
    line_starts_.push_back(static_cast<int>(at) + 1);
}

int CodeLayout::columns_per_row() const {
  if (!state_.wrapped) return longest_row;
  return std::clamp(static_cast<int>((width_ - insets_.text() - 2 * length::m) / column_), 10, longest_row);
}

void CodeLayout::cut_rows(std::size_t first_line) {
  while (!rows_.empty() && rows_.back().line >= static_cast<int>(first_line)) rows_.pop_back();
  const QString& text = block_.content.text;
  const int most = columns_per_row();
  for (std::size_t line = first_line; line < line_starts_.size(); ++line) {
    const int begin = line_starts_[line];
    const int end = line + 1 < line_starts_.size() ? line_starts_[line + 1] - 1 : static_cast<int>(text.size());
    int start = begin, columns = 0;
    for (int i = begin; i < end; ++i) {
      const int wide = columns_of(text[i]);
      if (columns + wide > most && i > start && !text[i].isLowSurrogate()) {
        rows_.push_back({start, i - start, static_cast<int>(line)});
        widest_ = std::max(widest_, columns);
        start = i;
        columns = 0;
      }
      columns += wide;
    }
    rows_.push_back({start, end - start, static_cast<int>(line)});
    widest_ = std::max(widest_, columns);
  }
}

double CodeLayout::layout(double width) {
  if (rows_.empty() || (state_.wrapped && width != width_)) {
    width_ = width;
    widest_ = 0;
    rows_.clear();
    cut_rows(0);
  }
  width_ = width;
  state_.scroll = std::min(state_.scroll, scroll_range());
  height_ = head_ + 2 * length::m + shown_rows() * face_.line + (folds() ? foot_ : 0);
  return height_;
}

bool CodeLayout::extend(const MessageBlock& block) {
  const QString& old = block_.content.text;
  const bool same = block.kind == block_.kind && block.title == block_.title && block.level == block_.level &&
                    block.quote_depth == block_.quote_depth && block.content.text.startsWith(old);
  if (!same || rows_.empty()) return false;
  const qsizetype from = old.size();
  const std::size_t first = line_starts_.size() - 1;
  block_ = block;
  const QString& text = block_.content.text;
  for (qsizetype at = text.indexOf(u'\n', from); at >= 0; at = text.indexOf(u'\n', at + 1))
    line_starts_.push_back(static_cast<int>(at) + 1);
  if (states_.size() > first + 1) states_.resize(first + 1);
  cut_rows(first);
  return true;
}

int CodeLayout::shown_rows() const {
  const int all = static_cast<int>(rows_.size());
  return folds() && !state_.open ? folded_lines : all;
}

double CodeLayout::scroll_range() const {
  if (state_.wrapped) return 0;
  const double room = width_ - insets_.text() - 2 * length::m;
  return std::max(0.0, std::ceil(widest_ * column_ - room));
}

QRectF CodeLayout::text_area() const {
  const double x = insets_.text();
  return {x + 1, head_, width_ - x - 2, height_ - head_ - (folds() ? foot_ : 0) - 1};
}

void CodeLayout::highlight_until(int line) const {
  if (!language_) return;
  const Highlighter highlighter(*language_);
  QVector<CodeSpan> unused;
  const QStringView text(block_.content.text);
  while (static_cast<int>(states_.size()) <= line) {
    const std::size_t at = states_.size() - 1;
    const int begin = line_starts_[at], end = line_starts_[at + 1] - 1;
    unused.clear();
    states_.push_back(highlighter.highlight(text.mid(begin, end - begin), states_[at], unused));
  }
}

QVector<QTextLayout::FormatRange> CodeLayout::colours(const Row& row) const {
  QVector<QTextLayout::FormatRange> ranges;
  if (!language_) return ranges;
  highlight_until(row.line);
  const auto line = static_cast<std::size_t>(row.line);
  const int begin = line_starts_[line];
  const int end =
      line + 1 < line_starts_.size() ? line_starts_[line + 1] - 1 : static_cast<int>(block_.content.text.size());
  QVector<CodeSpan> spans;
  Highlighter(*language_).highlight(QStringView(block_.content.text).mid(begin, end - begin), states_[line], spans);
  for (const CodeSpan& span : spans) {
    const int from = std::max(begin + span.start, row.start),
              to = std::min(begin + span.start + span.length, row.start + row.length);
    if (from >= to) continue;
    QTextLayout::FormatRange range{.start = from - row.start, .length = to - from, .format = {}};
    range.format.setForeground(colours_[static_cast<int>(span.role)]);
    ranges << range;
  }
  return ranges;
}

void CodeLayout::lay_out(QTextLayout& layout, const Row& row, const QVector<QTextLayout::FormatRange>& colours) const {
  layout.setFont(face_.font);
  layout.setText(block_.content.text.mid(row.start, row.length));
  layout.setFormats(colours);
  QTextOption option;
  option.setWrapMode(QTextOption::NoWrap);
  // Code runs from left to right, whatever letters are in it.
  option.setTextDirection(Qt::LeftToRight);
  option.setAlignment(Qt::AlignLeft | Qt::AlignAbsolute);
  option.setTabStopDistance(4 * column_);
  layout.setTextOption(option);
  layout.beginLayout();
  QTextLine line = layout.createLine();
  if (line.isValid()) line.setLineWidth(1 << 20);
  layout.endLayout();
}

void CodeLayout::paint_row(const PaintContext& context, const Row& row, const QPointF& place) const {
  QTextLayout layout;
  lay_out(layout, row, colours(row));
  QVector<QTextLayout::FormatRange> marks;
  const auto mark = [&](const TextRange& range, const QColor& color) {
    const int from = std::max(range.from - row.start, 0), to = std::min(range.to - row.start, row.length);
    if (from >= to) return;
    QTextLayout::FormatRange all{.start = from, .length = to - from, .format = {}};
    all.format.setBackground(color);
    marks << all;
  };
  for (qsizetype i = 0; i < context.found.size(); ++i)
    mark(context.found[i], i == context.found_now ? found_now_ : found_);
  mark(context.selection, selection_);
  context.painter.setPen(face_.color);
  const double y = layout.lineCount() > 0 ? std::round((face_.line - layout.lineAt(0).height()) / 2) : 0;
  layout.draw(&context.painter, place + QPointF(0, y), marks);
}

void CodeLayout::paint_card(const PaintContext& context) const {
  QPainter& painter = context.painter;
  const double x = insets_.text();
  painter.setPen(QPen(border_, 1));
  painter.setBrush(ground_);
  painter.drawRoundedRect(QRectF(x + 0.5, 0.5, width_ - x - 1, height_ - 1), length::card, length::card);
  painter.fillRect(QRectF(x + 1, head_ - 1, width_ - x - 2, 1), border_);
}

void CodeLayout::paint_scroll_bar(QPainter& painter) const {
  const double range = scroll_range();
  if (range <= 0) return;
  const QRectF area = text_area();
  const double room = area.width() - 2 * length::m;
  const double length = std::max(24.0, room * room / (room + range));
  const double x = area.x() + length::m + (room - length) * state_.scroll / range;
  painter.setPen(Qt::NoPen);
  painter.setBrush(scroll_colour_);
  painter.drawRoundedRect(QRectF(x, area.bottom() - 7, length, 4), 2, 2);
}

void CodeLayout::paint(const PaintContext& context) const {
  insets_.paint_bars(context.painter, width_, height_);
  paint_card(context);
  const QRectF area = text_area();
  context.painter.save();
  context.painter.setClipRect(area, Qt::IntersectClip);
  const double top = head_ + length::m;
  const int first = std::max(0, static_cast<int>((context.top - top) / face_.line) - 1);
  const int last = std::min(shown_rows(), static_cast<int>((context.bottom - top) / face_.line) + 1);
  for (int row = first; row < last; ++row)
    paint_row(context, rows_[static_cast<std::size_t>(row)],
              QPointF(area.x() + length::m - 1 - state_.scroll, top + row * face_.line));
  context.painter.restore();
  paint_scroll_bar(context.painter);
}

int CodeLayout::position_at(const QPointF& point) const {
  if (rows_.empty()) return 0;
  const double y = point.y() - head_ - length::m;
  if (y < 0) return 0;
  const int index = static_cast<int>(y / face_.line);
  if (index >= shown_rows()) return static_cast<int>(block_.content.text.size());
  const Row& row = rows_[static_cast<std::size_t>(index)];
  QTextLayout layout;
  lay_out(layout, row);
  const double x = point.x() - insets_.text() - length::m + state_.scroll;
  return row.start + (layout.lineCount() > 0 ? std::clamp(layout.lineAt(0).xToCursor(x), 0, row.length) : 0);
}

int CodeLayout::row_of(int position) const {
  const auto after = std::ranges::upper_bound(rows_, position, {}, &Row::start);
  return std::max(0, static_cast<int>(after - rows_.begin()) - 1);
}

QRectF CodeLayout::cursor_rect(int position) const {
  if (rows_.empty()) return {};
  const int index = std::min(row_of(position), shown_rows() - 1);
  const Row& row = rows_[static_cast<std::size_t>(index)];
  QTextLayout layout;
  lay_out(layout, row);
  const double x =
      layout.lineCount() > 0 ? layout.lineAt(0).cursorToX(std::clamp(position - row.start, 0, row.length)) : 0;
  return {insets_.text() + length::m + x - state_.scroll, head_ + length::m + index * face_.line, 1, face_.line};
}

}  // namespace etna::gui
