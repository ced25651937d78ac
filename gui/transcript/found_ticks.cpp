#include "gui/transcript/found_ticks.h"

#include <QPainter>
#include <algorithm>

namespace etna::gui {
namespace {

constexpr int thickness = 2;

}  // namespace

FoundTicks::FoundTicks(QQuickItem* parent) : QQuickPaintedItem(parent) {
  connect(this, &FoundTicks::looksChanged, this, [this] { update(); });
}

void FoundTicks::set_view(TranscriptView* view) {
  if (view == view_) return;
  if (view_) disconnect(view_, nullptr, this, nullptr);
  view_ = view;
  if (view) {
    connect(view, &TranscriptView::foundChanged, this, [this] { update(); });
    // Told for each step of scrolling, too; the lines move only with the height.
    connect(view, &TranscriptView::contentChanged, this, [this] {
      if (!view_ || view_->found_count() == 0 || view_->content_height() == told_height_) return;
      told_height_ = view_->content_height();
      update();
    });
  }
  emit viewChanged();
  update();
}

int FoundTicks::line_at(double place) const {
  return std::clamp(static_cast<int>(place * (height() - thickness)), 0,
                    std::max(0, static_cast<int>(height()) - thickness));
}

std::vector<int> FoundTicks::lines() const {
  std::vector<int> lines;
  if (!view_) return lines;
  for (const double place : view_->found_places()) {
    const int line = line_at(place);
    if (lines.empty() || lines.back() != line) lines.push_back(line);
  }
  return lines;
}

void FoundTicks::paint(QPainter* painter) {
  if (!view_) return;
  const auto breadth = static_cast<int>(width());
  for (const int line : lines()) painter->fillRect(0, line, breadth, thickness, color_);
  if (const double now = view_->found_place_now(); now >= 0)
    painter->fillRect(0, line_at(now) - 1, breadth, thickness + 2, now_color_);
}

}  // namespace etna::gui
