#pragma once

#include <QPointF>
#include <QString>
#include <QVector>

/// What a plot shows, as values: two that are equal look the same, so nothing is drawn again for them.
namespace etna::gui {

/// How an area or a swatch is filled, so that it can be told apart without colour.
enum class Pattern { solid, dots, stripes };

struct PlotSeries {
  enum class Style {
    area,  ///< stacked on the areas before it, which have the same x in the same order
    line,
    dots,
  };

  QString name;
  int color = 0;  ///< index of the plot's colours
  Pattern pattern = Pattern::solid;
  Style style = Style::line;
  double width = 1.5;       ///< of a line, in pixels
  double opacity = 1;       ///< 0 to 1: a raw series is paler than its smoothed one
  QVector<QPointF> points;  ///< in order of x; a y that is not a number breaks a line

  friend bool operator==(const PlotSeries&, const PlotSeries&) = default;
};

/// Something that happened at a time.
struct PlotMark {
  double x = 0;
  QString text;
  bool bad = false;  ///< drawn in the colour of trouble, and as another shape

  friend bool operator==(const PlotMark&, const PlotMark&) = default;
};

/// A horizontal line to compare with.
struct PlotLevel {
  double y = 0;
  QString text;

  friend bool operator==(const PlotLevel&, const PlotLevel&) = default;
};

struct PlotTick {
  double value = 0;
  QString text;

  friend bool operator==(const PlotTick&, const PlotTick&) = default;
};

struct PlotData {
  QVector<PlotSeries> series;
  QVector<PlotMark> marks;  ///< in order of x
  QVector<PlotLevel> levels;
  QVector<PlotTick> x_ticks;
  QVector<PlotTick> y_ticks;
  double x_min = 0;
  double x_max = 1;
  double y_min = 0;
  double y_max = 1;
  bool log_y = false;  ///< y_min > 0 then

  friend bool operator==(const PlotData&, const PlotData&) = default;
};

}  // namespace etna::gui
