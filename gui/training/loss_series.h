#pragma once

#include "gui/plot/plot_source.h"
#include "gui/training/run_records.h"

namespace etna::gui {

/// The loss of a run: each step pale, smoothed strong, checks as dots on a line; of a second run, to compare, smoothed
/// alone.
class LossSeries : public etna::gui::PlotSource {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("A run owns it")
  Q_PROPERTY(bool smooth READ smooth WRITE set_smooth NOTIFY viewChanged)
  Q_PROPERTY(bool logarithmic READ logarithmic WRITE set_logarithmic NOTIFY viewChanged)
  Q_PROPERTY(bool lastOnly READ last_only WRITE set_last_only NOTIFY viewChanged)
  Q_PROPERTY(bool empty READ empty NOTIFY plotChanged)
  Q_PROPERTY(QString summary READ summary NOTIFY plotChanged)
  Q_PROPERTY(QString checkNote READ check_note NOTIFY plotChanged)

public:
  static constexpr std::size_t last_steps = 200;

  using PlotSource::PlotSource;

  bool smooth() const { return smooth_; }

  void set_smooth(bool on);

  bool logarithmic() const { return logarithmic_; }

  void set_logarithmic(bool on);

  bool last_only() const { return last_only_; }  ///< the last 200 steps

  void set_last_only(bool on);

  bool empty() const { return steps_.empty(); }

  QString summary() const;     ///< "loss fell from 2.41 to 1.12; last check 1.19"
  QString check_note() const;  ///< why there is no check yet: "First check at step 100"; empty: there is one

  /// `iterations`: all that are asked for. `check_every`: 0: never.
  void begin(std::uint64_t iterations, std::uint64_t check_every, bool has_check_rows);
  void add(const runs::Events& events);
  void forget_after(std::uint64_t iteration);
  void compare(const std::vector<runs::Step>& steps, const QString& name);  ///< none: nothing to compare with

  const std::vector<runs::Step>& steps() const { return steps_; }

  const std::vector<runs::Check>& checks() const { return checks_; }

  const PlotData& plot() const override;
  QString describe(double x) const override;

signals:
  void viewChanged();

private:
  void set_view(bool& flag, bool on);
  PlotData make() const;
  void touch();

  std::vector<runs::Step> steps_;  ///< in order
  std::vector<runs::Check> checks_;
  std::vector<runs::Step> other_;
  QString other_name_;
  std::uint64_t iterations_ = 0, check_every_ = 0;
  bool has_check_rows_ = true;
  bool smooth_ = true, logarithmic_ = false, last_only_ = false;
  mutable PlotData plot_;
  mutable bool stale_ = true;
};

/// Each loss with those before it, which count less and less: what a person would draw through the points.
QVector<QPointF> smoothed(const std::vector<runs::Step>& steps);

}  // namespace etna::gui
