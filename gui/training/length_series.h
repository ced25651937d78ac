#pragma once

#include "engine/training_data.h"
#include "gui/plot/plot_source.h"

namespace etna::gui {

/// How long the rows of training data are, with the line at which they are cut.
class LengthSeries : public etna::gui::PlotSource {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The data step owns it")
  Q_PROPERTY(QString summary READ summary NOTIFY plotChanged)

public:
  using PlotSource::PlotSource;

  void set(const DataReport& report, std::uint64_t limit);

  QString summary() const;  ///< for a screen reader

  const PlotData& plot() const override { return plot_; }

  QString describe(double x) const override;

private:
  DataReport report_;
  std::uint64_t longer_ = 0;  ///< rows that are cut
  PlotData plot_;
};

}  // namespace etna::gui
