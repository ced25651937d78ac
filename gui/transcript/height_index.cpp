#include "gui/transcript/height_index.h"

#include <algorithm>
#include <bit>

namespace etna::gui {

void HeightIndex::set(int index, double height) {
  const double change = height - at(index);
  if (change == 0) return;
  heights_[static_cast<std::size_t>(index)] = height;
  for (int i = index + 1; i <= size(); i += i & -i) sums_[static_cast<std::size_t>(i)] += change;
}

void HeightIndex::append(double height) {
  heights_.push_back(height);
  if (sums_.empty()) sums_.push_back(0);
  const int i = size();
  // The new sum covers the last (i & -i) heights: the new one, and the sums of those before.
  double sum = height;
  for (int child = i - 1, stop = i - (i & -i); child > stop; child -= child & -child)
    sum += sums_[static_cast<std::size_t>(child)];
  sums_.push_back(sum);
}

void HeightIndex::truncate(int size) {
  heights_.resize(static_cast<std::size_t>(size));
  sums_.resize(heights_.empty() ? 0 : heights_.size() + 1);
}

void HeightIndex::assign(std::vector<double> heights) {
  heights_ = std::move(heights);
  build();
}

void HeightIndex::insert(int first, const std::vector<double>& heights) {
  if (first == size()) {
    for (const double height : heights) append(height);
    return;
  }
  heights_.insert(heights_.begin() + first, heights.begin(), heights.end());
  build();
}

void HeightIndex::remove(int first, int number) {
  heights_.erase(heights_.begin() + first, heights_.begin() + first + number);
  build();
}

double HeightIndex::offset(int index) const {
  double sum = 0;
  for (int i = index; i > 0; i -= i & -i) sum += sums_[static_cast<std::size_t>(i)];
  return sum;
}

int HeightIndex::index_at(double distance) const {
  if (heights_.empty()) return -1;
  std::size_t position = 0;
  for (std::size_t step = std::bit_floor(heights_.size()); step > 0; step /= 2) {
    if (position + step > heights_.size() || sums_[position + step] > distance) continue;
    position += step;
    distance -= sums_[position];
  }
  return std::min(static_cast<int>(position), size() - 1);
}

void HeightIndex::build() {
  sums_.assign(heights_.empty() ? 0 : heights_.size() + 1, 0);
  for (std::size_t i = 1; i < sums_.size(); ++i) {
    sums_[i] += heights_[i - 1];
    const std::size_t parent = i + (i & (~i + 1));
    if (parent < sums_.size()) sums_[parent] += sums_[i];
  }
}

}  // namespace etna::gui
