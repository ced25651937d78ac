#pragma once

#include <QVector>

/// Round values for the axes of plots, inside [min, max], in order. Empty where the range makes no sense.
namespace etna::gui {

/// Steps of 1, 2 or 5 times a power of ten; at most `most` values.
QVector<double> decimal_ticks(double min, double max, int most);

/// From 0, in steps of powers of two of bytes; at most `most` values.
QVector<double> byte_ticks(double max, int most);

/// Powers of ten; with less than two of them, also 2 and 5 times those.
QVector<double> log_ticks(double min, double max);

}  // namespace etna::gui
