#pragma once

#include <QBrush>
#include <QColor>

#include "gui/plot/plot_data.h"

namespace etna::gui {

/// Fills with a colour, and with dots or stripes of `gap` in it. Eight logical pixels repeat; they do not grow with the
/// painter's scale.
QBrush pattern_brush(const QColor& color, const QColor& gap, Pattern pattern, double device_pixel_ratio);

}  // namespace etna::gui
