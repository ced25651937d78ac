#pragma once

#include <vector>

namespace etna::gui {

/// Heights of things that stand below each other, with their sums: changing one, and finding which one lies at a
/// place, cost the logarithm of their number (a Fenwick tree).
class HeightIndex {
public:
  int size() const { return static_cast<int>(heights_.size()); }

  double at(int index) const { return heights_.at(static_cast<std::size_t>(index)); }

  void set(int index, double height);
  void append(double height);
  void truncate(int size);
  void assign(std::vector<double> heights);
  void insert(int first, const std::vector<double>& heights);  ///< in the middle: linear
  void remove(int first, int number);                          ///< in the middle: linear

  double offset(int index) const;  ///< sum of all before

  double total() const { return offset(size()); }

  /// The one at a distance from the start; the first or the last beyond the ends, -1 of none.
  int index_at(double distance) const;

private:
  void build();

  std::vector<double> heights_;
  std::vector<double> sums_;  ///< sums_[i] of the (i & -i) heights before i, from 1
};

}  // namespace etna::gui
