#pragma once

#include <QColor>
#include <QFont>
#include <QPainter>
#include <QRectF>
#include <QVector>

#include "gui/plot/plot_data.h"

namespace etna::gui {

/// The looks of a plot; the screens take them from their tokens.
struct PlotLook {
  QVector<QColor> colors;  ///< of series
  QColor text;
  QColor grid;
  QColor ground;  ///< what lies below: shows in the gaps of patterns
  QColor mark;
  QColor trouble;
  QFont font;

  friend bool operator==(const PlotLook&, const PlotLook&) = default;
};

/// Where values are on the screen.
class PlotFrame {
public:
  /// `area`: inside of the axes, in pixels.
  PlotFrame(const PlotData& data, const QRectF& area);

  double x(double value) const;
  double y(double value) const;     ///< values outside of the axis lie on its ends
  double value_at(double x) const;  ///< inverse of x(), clamped to the axis

  const QRectF& area() const { return area_; }

private:
  double x_min_, x_max_, y_min_, y_max_;
  bool log_y_;
  QRectF area_;
};

/// Room for the labels at the left and below, and for marks above.
QRectF plot_area(const PlotData& data, const PlotLook& look, const QSizeF& size);

void paint_plot(QPainter& painter, const QSizeF& size, const PlotData& data, const PlotLook& look);

}  // namespace etna::gui
