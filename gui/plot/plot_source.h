#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>

#include "gui/plot/plot_data.h"

namespace etna::gui {

/// Where a plot's values come from. Made on demand: nobody asks while the plot is out of sight. Series for QML name
/// this base in full (image_item.h).
class PlotSource : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Controllers own their series")

public:
  using QObject::QObject;

  virtual const PlotData& plot() const = 0;

  /// What is at x, in words: for the tooltip and the screen reader. Empty: nothing.
  virtual QString describe(double x) const = 0;

signals:
  void plotChanged();  ///< or may have: a plot compares
};

}  // namespace etna::gui
