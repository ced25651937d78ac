#pragma once

#include <QColor>
#include <QPainter>
#include <QString>
#include <memory>

namespace etna::gui {

/// How a formula is set.
struct FormulaStyle {
  QString family;        ///< of letters and digits
  QString mono;          ///< of the source, where it can't be set
  double size = 15;      ///< of the font, in pixels
  bool display = false;  ///< on a line of its own: big operators and fractions
};

/// A formula, laid out once: fractions, roots, scripts, big operators with their limits, matrices, growing delimiters,
/// accents, Greek and the usual symbols of LaTeX's mathematics. What is not understood shows as its source.
class Formula {
public:
  virtual ~Formula() = default;

  /// `source` without its delimiters; any text. Never null.
  static std::shared_ptr<const Formula> make(const QString& source, const FormulaStyle& style);

  virtual double width() const = 0;
  virtual double ascent() const = 0;   ///< above the baseline
  virtual double descent() const = 0;  ///< below it
  virtual bool understood() const = 0;
  virtual void paint(QPainter& painter, const QPointF& baseline, const QColor& color) const = 0;
};

}  // namespace etna::gui
