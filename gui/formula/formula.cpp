#include "gui/formula/formula.h"

#include <QFont>
#include <QFontMetricsF>

#include "gui/formula/formula_parser.h"
#include "gui/formula/formula_setter.h"

namespace etna::gui {
namespace {

/// The source as it was written.
class SourceFormula : public Formula {
public:
  SourceFormula(const QString& source, const FormulaStyle& style) : text_(source.simplified()), font_(style.mono) {
    font_.setPixelSize(qRound(style.size * 13 / 15));
  }

  double width() const override { return QFontMetricsF(font_).horizontalAdvance(text_) + 2; }

  double ascent() const override { return QFontMetricsF(font_).ascent(); }

  double descent() const override { return QFontMetricsF(font_).descent(); }

  bool understood() const override { return false; }

  void paint(QPainter& painter, const QPointF& baseline, const QColor& color) const override {
    painter.setFont(font_);
    painter.setPen(color);
    painter.drawText(baseline, text_);
  }

private:
  QString text_;
  QFont font_;
};

class SetFormula : public Formula {
public:
  explicit SetFormula(FormulaBox box) : box_(std::move(box)) {}

  double width() const override { return box_.width; }

  double ascent() const override { return box_.ascent; }

  double descent() const override { return box_.descent; }

  bool understood() const override { return true; }

  void paint(QPainter& painter, const QPointF& baseline, const QColor& color) const override {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(baseline);
    painter.setPen(color);
    for (const FormulaBox::Glyphs& each : box_.glyphs) {
      painter.setFont(each.font);
      painter.drawText(each.place, each.text);
    }
    for (const FormulaBox::Shape& each : box_.shapes) {
      const bool line = each.pen > 0;
      painter.setPen(line ? QPen(color, each.pen, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin) : QPen(Qt::NoPen));
      painter.setBrush(line ? QBrush(Qt::NoBrush) : QBrush(color));
      painter.drawPath(each.path);
    }
    painter.restore();
  }

private:
  FormulaBox box_;
};

// Wider or higher than this is no formula a person reads.
constexpr double largest = 20'000;

}  // namespace

std::shared_ptr<const Formula> Formula::make(const QString& source, const FormulaStyle& style) {
  if (const FormulaNodePointer node = parse_formula(source)) {
    FormulaBox box = FormulaSetter(style).set(*node);
    if (box.width < largest && box.height() < largest) return std::make_shared<SetFormula>(std::move(box));
  }
  return std::make_shared<SourceFormula>(source, style);
}

}  // namespace etna::gui
