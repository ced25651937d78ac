#pragma once

#include <QPointer>

#include "gui/plot/image_item.h"
#include "gui/plot/segment_list.h"

namespace etna::gui {

/// One bar of several parts, each with its colour and pattern, and a tick for a limit. Drawn only when a boundary moves
/// by a pixel.
class StackedBar : public etna::gui::ImageItem {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(etna::gui::SegmentList* segments READ segments WRITE set_segments NOTIFY segmentsChanged)
  Q_PROPERTY(QList<QColor> colors READ colors WRITE set_colors NOTIFY lookChanged)
  Q_PROPERTY(QColor groundColor READ ground_color WRITE set_ground_color NOTIFY lookChanged)
  Q_PROPERTY(QColor tickColor READ tick_color WRITE set_tick_color NOTIFY lookChanged)
  Q_PROPERTY(double tick READ tick WRITE set_tick NOTIFY tickChanged)
  Q_PROPERTY(int overhang READ overhang WRITE set_overhang NOTIFY lookChanged)

public:
  using ImageItem::ImageItem;

  SegmentList* segments() const { return segments_; }

  void set_segments(SegmentList* segments);

  QList<QColor> colors() const { return colors_; }

  void set_colors(const QList<QColor>& colors);

  QColor ground_color() const { return ground_; }

  void set_ground_color(const QColor& color);

  QColor tick_color() const { return tick_color_; }

  void set_tick_color(const QColor& color);

  double tick() const { return tick_; }  ///< 0 to 1; below 0: none

  void set_tick(double tick);

  int overhang() const { return overhang_; }  ///< pixels that the tick stands out above and below

  void set_overhang(int pixels);

signals:
  void segmentsChanged();
  void lookChanged();
  void tickChanged();

protected:
  void paint(QPainter& painter, const QSizeF& size) override;
  void itemChange(ItemChange change, const ItemChangeData& value) override;

private:
  QVector<int> pixels() const;
  void compare();

  QPointer<SegmentList> segments_;
  QList<QColor> colors_;
  QColor ground_, tick_color_;
  double tick_ = -1;
  int overhang_ = 0;
  QVector<int> drawn_;  ///< boundaries, then colours and patterns: what the picture depends on
};

/// A square with one colour and pattern, for legends.
class PatternSwatch : public etna::gui::ImageItem {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(QColor color READ color WRITE set_color NOTIFY changed)
  Q_PROPERTY(QColor groundColor READ ground_color WRITE set_ground_color NOTIFY changed)
  Q_PROPERTY(int pattern READ pattern WRITE set_pattern NOTIFY changed)

public:
  using ImageItem::ImageItem;

  QColor color() const { return color_; }

  void set_color(const QColor& color);

  QColor ground_color() const { return ground_; }

  void set_ground_color(const QColor& color);

  int pattern() const { return static_cast<int>(pattern_); }

  void set_pattern(int pattern);

signals:
  void changed();

protected:
  void paint(QPainter& painter, const QSizeF& size) override;

private:
  QColor color_, ground_;
  Pattern pattern_ = Pattern::solid;
};

}  // namespace etna::gui
