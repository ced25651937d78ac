#include "gui/transcript/height_index.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace etna::gui {
namespace {

/// The same, added up by hand.
struct Plain {
  std::vector<double> heights;

  double offset(int index) const { return std::accumulate(heights.begin(), heights.begin() + index, 0.0); }

  int index_at(double distance) const {
    for (std::size_t i = 0; i < heights.size(); ++i) {
      if (distance < heights[i]) return static_cast<int>(i);
      distance -= heights[i];
    }
    return static_cast<int>(heights.size()) - 1;
  }
};

TEST(HeightIndex, AgreesWithPlainSumsThroughEveryChange) {
  std::mt19937 random(7);
  HeightIndex index;
  Plain plain;
  for (int step = 0; step < 3000; ++step) {
    const int size = static_cast<int>(plain.heights.size());
    const double height = static_cast<double>(random() % 100);
    switch (random() % 6) {
      case 0:
      case 1:
        index.append(height);
        plain.heights.push_back(height);
        break;
      case 2:
        if (size == 0) break;
        index.set(static_cast<int>(random() % size), height);
        plain.heights.assign(plain.heights.size(), 0);
        for (int i = 0; i < size; ++i) plain.heights[i] = index.at(i);
        break;
      case 3: {
        const int first = static_cast<int>(random() % (size + 1));
        index.insert(first, {height, 1});
        plain.heights.insert(plain.heights.begin() + first, {height, 1});
        break;
      }
      case 4: {
        if (size < 3) break;
        const int first = static_cast<int>(random() % (size - 2));
        index.remove(first, 2);
        plain.heights.erase(plain.heights.begin() + first, plain.heights.begin() + first + 2);
        break;
      }
      default:
        if (size == 0 || random() % 10 != 0) break;
        index.truncate(size / 2);
        plain.heights.resize(size / 2);
    }
    ASSERT_EQ(index.size(), static_cast<int>(plain.heights.size()));
    const int probe = static_cast<int>(random() % (plain.heights.size() + 1));
    ASSERT_DOUBLE_EQ(index.offset(probe), plain.offset(probe));
    const double distance = static_cast<double>(random() % 2000);
    ASSERT_EQ(index.index_at(distance), plain.index_at(distance));
  }
}

}  // namespace
}  // namespace etna::gui
