#include "gui/plot/plot_ticks.h"

#include <algorithm>
#include <cmath>

namespace etna::gui {
namespace {

bool makes_sense(double min, double max) {
  return std::isfinite(min) && std::isfinite(max) && min < max;
}

QVector<double> multiples(double step, double min, double max) {
  QVector<double> values;
  // Counted rather than added up: a sum of tenths drifts.
  const double last = std::floor(max / step + 1e-9);
  for (double i = std::ceil(min / step - 1e-9); i <= last; ++i) values << (i == 0 ? 0 : i * step);
  return values;
}

QVector<double> powers(double min, double max, std::initializer_list<double> factors) {
  QVector<double> values;
  for (double exponent = std::floor(std::log10(min)); exponent <= std::ceil(std::log10(max)); ++exponent) {
    for (const double factor : factors) {
      const double value = factor * std::pow(10.0, exponent);
      if (value >= min * (1 - 1e-9) && value <= max * (1 + 1e-9)) values << value;
    }
  }
  return values;
}

}  // namespace

QVector<double> decimal_ticks(double min, double max, int most) {
  if (!makes_sense(min, max) || most < 2) return {};
  const double coarse = (max - min) / (most - 1);
  const double power = std::pow(10.0, std::floor(std::log10(coarse)));
  for (const double factor : {1.0, 2.0, 5.0, 10.0, 20.0}) {
    const QVector<double> values = multiples(factor * power, min, max);
    if (factor * power >= coarse * (1 - 1e-9) && values.size() <= most) return values;
  }
  return {};
}

QVector<double> byte_ticks(double max, int most) {
  if (!makes_sense(0, max) || most < 2) return {};
  double step = 1;
  while (max / step > most - 1) step *= 2;
  return multiples(step, 0, max);
}

QVector<double> log_ticks(double min, double max) {
  if (!makes_sense(min, max) || min <= 0) return {};
  const QVector<double> tens = powers(min, max, {1.0});
  return tens.size() >= 2 ? tens : powers(min, max, {1.0, 2.0, 5.0});
}

}  // namespace etna::gui
