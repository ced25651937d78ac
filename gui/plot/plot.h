#pragma once

#include <QPointer>

#include "gui/plot/image_item.h"
#include "gui/plot/plot_painter.h"
#include "gui/plot/plot_source.h"

namespace etna::gui {

/// Areas and lines over time, of any source. Pointing at it, or the arrow keys, read values: left and right step along
/// the points, up and down from mark to mark, Home and End go to the ends. Nothing is drawn while nothing changed or
/// the plot is out of sight.
class Plot : public etna::gui::ImageItem {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(etna::gui::PlotSource* source READ source WRITE set_source NOTIFY sourceChanged)
  Q_PROPERTY(QList<QColor> colors READ colors WRITE set_colors NOTIFY lookChanged)
  Q_PROPERTY(QColor textColor READ text_color WRITE set_text_color NOTIFY lookChanged)
  Q_PROPERTY(QColor gridColor READ grid_color WRITE set_grid_color NOTIFY lookChanged)
  Q_PROPERTY(QColor groundColor READ ground_color WRITE set_ground_color NOTIFY lookChanged)
  Q_PROPERTY(QColor troubleColor READ trouble_color WRITE set_trouble_color NOTIFY lookChanged)
  Q_PROPERTY(QFont font READ font WRITE set_font NOTIFY lookChanged)
  Q_PROPERTY(bool reading READ reading NOTIFY cursorChanged)
  Q_PROPERTY(double cursorX READ cursor_x NOTIFY cursorChanged)
  Q_PROPERTY(QString readout READ readout NOTIFY cursorChanged)
  Q_PROPERTY(QRectF area READ area NOTIFY areaChanged)

public:
  explicit Plot(QQuickItem* parent = nullptr);

  PlotSource* source() const { return source_; }

  void set_source(PlotSource* source);

  QList<QColor> colors() const { return look_.colors; }

  void set_colors(const QList<QColor>& colors) { set_look(&PlotLook::colors, colors); }

  QColor text_color() const { return look_.text; }

  void set_text_color(const QColor& color);

  QColor grid_color() const { return look_.grid; }

  void set_grid_color(const QColor& color) { set_look(&PlotLook::grid, color); }

  QColor ground_color() const { return look_.ground; }

  void set_ground_color(const QColor& color) { set_look(&PlotLook::ground, color); }

  QColor trouble_color() const { return look_.trouble; }

  void set_trouble_color(const QColor& color) { set_look(&PlotLook::trouble, color); }

  QFont font() const { return look_.font; }

  void set_font(const QFont& font) { set_look(&PlotLook::font, font); }

  bool reading() const { return reading_; }  ///< the cursor is somewhere

  double cursor_x() const;  ///< in pixels

  QString readout() const { return readout_; }  ///< what is there

  QRectF area() const;  ///< inside of the axes, in pixels

signals:
  void sourceChanged();
  void lookChanged();
  void cursorChanged();
  void areaChanged();

protected:
  void paint(QPainter& painter, const QSizeF& size) override;
  void itemChange(ItemChange change, const ItemChangeData& value) override;
  void geometryChange(const QRectF& now, const QRectF& before) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void hoverMoveEvent(QHoverEvent* event) override;
  void hoverLeaveEvent(QHoverEvent* event) override;

private:
  template <class Value>
  void set_look(Value PlotLook::*member, const Value& value) {
    if (look_.*member == value) return;
    look_.*member = value;
    emit lookChanged();
    emit areaChanged();
    repaint();
  }

  void take_data();
  void point_at(double value);
  void stop_reading();
  void step(int by);
  void step_marks(int by);

  QPointer<PlotSource> source_;
  PlotData data_;
  PlotLook look_;
  bool reading_ = false;
  double cursor_ = 0;  ///< value on the x axis
  QString readout_;
};

}  // namespace etna::gui
