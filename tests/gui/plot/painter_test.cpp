#include "gui/plot/plot_painter.h"

#include <gtest/gtest.h>

#include <QImage>
#include <limits>

namespace etna::gui {
namespace {

const QColor first(Qt::red);
const QColor second(Qt::blue);

PlotLook plain() {
  PlotLook look;
  look.colors = {first, second};
  look.text = look.grid = Qt::black;
  look.ground = Qt::white;
  look.mark = Qt::darkGreen;
  look.trouble = Qt::magenta;
  return look;
}

QImage drawn(const PlotData& data) {
  QImage image(200, 120, QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::white);
  QPainter painter(&image);
  paint_plot(painter, image.size(), data, plain());
  return image;
}

int pixels(const QImage& image, const QColor& color) {
  int count = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) count += image.pixelColor(x, y) == color ? 1 : 0;
  }
  return count;
}

PlotSeries area(int color, double y, Pattern pattern = Pattern::solid) {
  return {.name = {},
          .color = color,
          .pattern = pattern,
          .style = PlotSeries::Style::area,
          .width = 1,
          .opacity = 1,
          .points = {{0, y}, {1, y}}};
}

TEST(PlotPainter, AreasStandOnOneAnother) {
  PlotData data;
  data.y_max = 1;
  data.series = {area(0, 0.25), area(1, 0.5)};
  const QImage image = drawn(data);
  const QRectF inside = plot_area(data, plain(), image.size());
  const auto color_at = [&](double y) {
    return image.pixelColor(static_cast<int>(inside.center().x()),
                            static_cast<int>(inside.bottom() - y * inside.height()));
  };
  EXPECT_EQ(color_at(0.12), first);
  EXPECT_EQ(color_at(0.5), second);
  EXPECT_EQ(color_at(0.9), QColor(Qt::white));
}

TEST(PlotPainter, PatternsDifferWithoutColour) {
  PlotData solid, dots, stripes;
  solid.series = {area(0, 1)};
  dots.series = {area(0, 1, Pattern::dots)};
  stripes.series = {area(0, 1, Pattern::stripes)};
  const QImage images[] = {drawn(solid), drawn(dots), drawn(stripes)};
  EXPECT_NE(images[0], images[1]);
  EXPECT_NE(images[1], images[2]);
  EXPECT_GT(pixels(images[0], first), pixels(images[1], first));
}

TEST(PlotPainter, ALineBreaksWhereThereIsNoNumber) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  PlotData whole, broken;
  const auto line = [](QVector<QPointF> points) {
    return PlotSeries{.name = {},
                      .color = 0,
                      .pattern = Pattern::solid,
                      .style = PlotSeries::Style::line,
                      .width = 3,
                      .opacity = 1,
                      .points = std::move(points)};
  };
  whole.series = {line({{0, 0.5}, {0.4, 0.5}, {0.6, 0.5}, {1, 0.5}})};
  broken.series = {line({{0, 0.5}, {0.4, 0.5}, {0.5, nan}, {0.6, 0.5}, {1, 0.5}})};
  EXPECT_GT(pixels(drawn(whole), first), pixels(drawn(broken), first));
  EXPECT_GT(pixels(drawn(broken), first), 50);
}

TEST(PlotPainter, TroubleHasAShapeAndAColourOfItsOwn) {
  PlotData data;
  data.marks = {{0.2, QStringLiteral("loaded"), false}, {0.8, QStringLiteral("evicted"), true}};
  const QImage image = drawn(data);
  EXPECT_GT(pixels(image, Qt::darkGreen), 20);
  EXPECT_GT(pixels(image, Qt::magenta), pixels(image, Qt::darkGreen)) << "a square has more of it than a triangle";
}

TEST(PlotPainter, ValuesThatAreNoneHarmNobody) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  PlotData data;
  data.x_max = data.y_max = nan;
  data.series = {area(0, nan), area(1, infinite)};
  data.marks = {{nan, {}, false}};
  data.levels = {{nan, {}}};
  data.y_ticks = {{infinite, QStringLiteral("x")}};
  drawn(data);
  data.log_y = true;
  data.y_min = data.y_max = 0;
  drawn(data);
  drawn({});
}

TEST(PlotFrame, PlacesAndValuesAreInverse) {
  PlotData data;
  data.x_min = -60;
  data.x_max = 0;
  const PlotFrame frame(data, QRectF(10, 0, 100, 50));
  EXPECT_DOUBLE_EQ(frame.x(-30), 60);
  EXPECT_DOUBLE_EQ(frame.value_at(60), -30);
  EXPECT_DOUBLE_EQ(frame.value_at(-500), -60);
  EXPECT_DOUBLE_EQ(frame.y(2), 0);
  data.log_y = true;
  data.y_min = 0.01;
  data.y_max = 100;
  EXPECT_NEAR(PlotFrame(data, QRectF(0, 0, 10, 40)).y(1), 20, 1e-9);
}

}  // namespace
}  // namespace etna::gui
