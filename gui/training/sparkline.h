#pragma once

#include <QColor>
#include <QList>

#include "gui/plot/image_item.h"

namespace etna::gui {

/// A small line without axes: how a run's loss went, in a list of runs.
class Sparkline : public etna::gui::ImageItem {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(QList<double> values READ values WRITE set_values NOTIFY changed)
  Q_PROPERTY(QColor color READ color WRITE set_color NOTIFY changed)

public:
  using ImageItem::ImageItem;

  const QList<double>& values() const { return values_; }

  void set_values(const QList<double>& values);

  QColor color() const { return color_; }

  void set_color(const QColor& color);

signals:
  void changed();

protected:
  void paint(QPainter& painter, const QSizeF& size) override;

private:
  QList<double> values_;
  QColor color_;
};

}  // namespace etna::gui
