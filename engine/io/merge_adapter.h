#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/thread_pool.h"
#include "engine/io/adapter.h"

namespace etna {

/// What an adapter changes of one stored weight, row by row: W' = W + scale · (a · b)ᵀ, then DoRA's lengths of rows.
class WeightChange {
public:
  /// Of a linear layer's weight (out, in), a table's (rows, size), stacked experts' (count, out, in), or, with
  /// `expert`, of the one of them that a weight (out, in) belongs to. Throws corrupt, naming adapter and tensor, where
  /// shapes do not fit.
  WeightChange(const Adapter& adapter, const AdapterModule& module, std::optional<std::int64_t> expert,
               const std::string& tensor, const Shape& shape);

  /// Changes rows [first, …) of the weight seen as [all other axes, last axis]; values: whole rows.
  void apply(std::int64_t first, std::span<float> values, ThreadPool& pool) const;

private:
  void apply_row(std::int64_t row, std::span<float> values) const;
  std::span<const float> up(std::int64_t row, std::int64_t part) const;

  const AdapterModule& module_;
  std::int64_t expert_ = 0;             // of the weight's first row
  std::int64_t rows_, columns_, rank_;  // rows: of a matrix
  bool is_table_ = false;
  std::vector<float> down_;  // a of a linear layer as (r, in)
};

/// The changes of an adapter by the names of a model folder's tensors, in whatever form it stores experts.
class AdapterChanges {
public:
  explicit AdapterChanges(const Adapter& adapter) : adapter_(adapter) {}

  /// The change of the weight `tensor` ("….weight") of this logical shape; none if it stays. Throws as WeightChange.
  std::optional<WeightChange> find(std::string_view tensor, const Shape& shape);

  /// The whole weight that takes the place of a tensor; null if it stays.
  const StoredTensor* replacement(std::string_view tensor);

  /// Throws corrupt, listing them, when the adapter has modules or tensors that nobody asked for.
  void check_all_used() const;

private:
  const Adapter& adapter_;
  std::set<std::string> used_;
};

}  // namespace etna
