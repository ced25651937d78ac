#include "gui/plot/plot_ticks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace etna::gui {
namespace {

constexpr double gib = 1024.0 * 1024.0 * 1024.0;

TEST(PlotTicks, DecimalStepsAreOneTwoOrFive) {
  EXPECT_EQ(decimal_ticks(0, 10, 6), (QVector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(decimal_ticks(-1, 1, 5), (QVector<double>{-1, -0.5, 0, 0.5, 1}));
  EXPECT_EQ(decimal_ticks(0.9, 2.6, 5), (QVector<double>{1, 1.5, 2, 2.5}));
}

TEST(PlotTicks, BytesGoInPowersOfTwo) {
  EXPECT_EQ(byte_ticks(7 * gib, 5), (QVector<double>{0, 2 * gib, 4 * gib, 6 * gib}));
  EXPECT_EQ(byte_ticks(64.0 * 1024 * 1024, 5).size(), 5);
}

TEST(PlotTicks, LogarithmicOnesAreTensOrAlsoTwosAndFives) {
  EXPECT_EQ(log_ticks(0.01, 10).size(), 4);
  EXPECT_EQ(log_ticks(1.5, 9), (QVector<double>{2, 5}));
}

TEST(PlotTicks, ARangeThatMakesNoSenseHasNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(decimal_ticks(1, 1, 5).isEmpty());
  EXPECT_TRUE(decimal_ticks(nan, 1, 5).isEmpty());
  EXPECT_TRUE(decimal_ticks(0, 1, 1).isEmpty());
  EXPECT_TRUE(byte_ticks(0, 5).isEmpty());
  EXPECT_TRUE(byte_ticks(-1, 5).isEmpty());
  EXPECT_TRUE(log_ticks(0, 5).isEmpty());
  EXPECT_TRUE(log_ticks(-2, 5).isEmpty());
}

TEST(PlotTicks, ThereAreNeverTooManyNorOutside) {
  for (const double max : {1e-9, 0.3, 1.0, 7.7, 1e3, 123456.0, 1e12}) {
    for (const int most : {2, 3, 5, 9}) {
      for (const QVector<double>& ticks : {decimal_ticks(0, max, most), byte_ticks(max, most)}) {
        EXPECT_LE(ticks.size(), most) << max;
        for (const double tick : ticks) EXPECT_TRUE(tick >= 0 && tick <= max * (1 + 1e-9)) << tick << " of " << max;
      }
    }
  }
}

}  // namespace
}  // namespace etna::gui
