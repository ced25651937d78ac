#pragma once

#include <algorithm>
#include <vector>

#include "engine/backend/cpu/blas.h"
#include "engine/backend/cpu/gate.h"
#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/product.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

/// A choice of experts: `slots` of each token, by pair p = token · slots + slot.
struct ExpertChoice {
  const View& x;                      ///< (T, k) or (T, S, k)
  std::vector<std::int64_t> experts;  ///< by pair, within bounds
  std::int64_t slots = 1;
  std::int64_t count = 1;  ///< of experts

  ExpertChoice(const View& rows, const View& indices, std::int64_t expert_count)
      : x(rows), slots(indices.shape.back()), count(expert_count) {
    const auto* chosen = reinterpret_cast<const std::int32_t*>(indices.host());
    for (std::int64_t i = 0; i < indices.size(); ++i)
      experts.push_back(std::clamp<std::int64_t>(chosen[i], 0, count - 1));
  }

  std::int64_t pairs() const { return static_cast<std::int64_t>(experts.size()); }

  std::int64_t expert(std::int64_t pair) const { return experts[static_cast<std::size_t>(pair)]; }

  /// Pairs that share a row of x: all slots of a token, or one.
  std::int64_t pairs_of_row() const { return x.shape.size() == 3 ? 1 : slots; }

  /// The row of x that a pair multiplies.
  const std::byte* row(std::int64_t pair) const {
    return x.host() + pair / pairs_of_row() * x.shape.back() * static_cast<std::int64_t>(size_of(x.dtype));
  }
};

/// Pairs in order of their experts.
class ExpertGroups {
public:
  explicit ExpertGroups(const ExpertChoice& choice)
      : order_(choice.experts.size()), first_(static_cast<std::size_t>(choice.count) + 1, 0) {
    for (const std::int64_t expert : choice.experts) ++first_[static_cast<std::size_t>(expert) + 1];
    for (std::size_t e = 1; e < first_.size(); ++e) first_[e] += first_[e - 1];
    std::vector<std::int64_t> next = first_;
    for (std::int64_t pair = 0; pair < choice.pairs(); ++pair) {
      order_[static_cast<std::size_t>(next[static_cast<std::size_t>(choice.expert(pair))]++)] = pair;
    }
  }

  std::int64_t rows(std::int64_t expert) const {
    return first_[static_cast<std::size_t>(expert) + 1] - first_[static_cast<std::size_t>(expert)];
  }

  const std::int64_t* pairs(std::int64_t expert) const {
    return order_.data() + first_[static_cast<std::size_t>(expert)];
  }

private:
  std::vector<std::int64_t> order_, first_;
};

/// One linear layer of all experts, from weights of one format: products and the bias. `Weights` has
///   Row row(const std::byte* x)                                  one row of activations, ready for multiply()
///   void multiply(const Row&, expert, column, columns, float* y) columns of one row's product
///   std::int64_t stride()                                        of rows for tiles
///   void widen_row(const std::byte* x, float* to)                one row of activations for tiles
///   void widen(expert, column, columns, float* to)               rows of the weight for tiles
template <class Weights>
class ExpertLayer {
public:
  using Row = typename Weights::Row;

  ExpertLayer(Weights weights, const View* bias, const Context& context) : weights_(std::move(weights)), bias_(bias), context_(context) {}

  const Weights& weights() const { return weights_; }

  void multiply(const Row& x, std::int64_t expert, std::int64_t column, std::int64_t columns, float* y) const {
    weights_.multiply(x, expert, column, columns, y);
    add_bias(expert, column, columns, 1, y);
  }

  /// `rows` rows of x, as widen_row left them.
  void tile(const float* x, std::int64_t rows, std::int64_t expert, std::int64_t column, std::int64_t columns,
            float* y) const {
    const std::int64_t stride = weights_.stride();
    float* wide = context_.thread_scratch(Scratch::weights, static_cast<std::size_t>(columns * stride));
    weights_.widen(expert, column, columns, wide);
    gemm(BlasB::transposed, rows, columns, stride, 1, x, stride, wide, stride, 0, y, columns);
    add_bias(expert, column, columns, rows, y);
  }

private:
  void add_bias(std::int64_t expert, std::int64_t column, std::int64_t columns, std::int64_t rows, float* y) const {
    if (!bias_) return;
    std::vector<float> bias(static_cast<std::size_t>(columns));
    const std::int64_t first = (expert * bias_->shape[1] + column) * static_cast<std::int64_t>(size_of(bias_->dtype));
    load_floats(bias_->dtype, bias_->host() + first, columns, bias.data());
    for (std::int64_t r = 0; r < rows; ++r) simd::add_scaled(1, bias.data(), columns, y + r * columns);
  }

  Weights weights_;
  const View* bias_;
  const Context& context_;
};

/// Two layers of one format that a gate joins; it looks like one.
template <class Weights>
class GatedExpertLayer {
public:
  using Row = typename Weights::Row;

  GatedExpertLayer(ExpertLayer<Weights> gate, ExpertLayer<Weights> up, GateKind kind, const Context& context)
      : gate_(std::move(gate)), up_(std::move(up)), kind_(kind), context_(context) {}

  const Weights& weights() const { return gate_.weights(); }

  void multiply(const Row& x, std::int64_t expert, std::int64_t column, std::int64_t columns, float* y) const {
    float* up = context_.thread_scratch(Scratch::second_results, static_cast<std::size_t>(columns));
    gate_.multiply(x, expert, column, columns, y);
    up_.multiply(x, expert, column, columns, up);
    apply_gate(kind_, y, up, columns, y);
  }

  void tile(const float* x, std::int64_t rows, std::int64_t expert, std::int64_t column, std::int64_t columns,
            float* y) const {
    float* up = context_.thread_scratch(Scratch::second_results, static_cast<std::size_t>(rows * columns));
    gate_.tile(x, rows, expert, column, columns, y);
    up_.tile(x, rows, expert, column, columns, up);
    apply_gate(kind_, y, up, rows * columns, y);
  }

private:
  ExpertLayer<Weights> gate_, up_;
  GateKind kind_;
  const Context& context_;
};

/// Runs a layer, plain or gated, for a choice of experts. The layer's output is rows by pair.
template <class Layer>
class ExpertProduct {
public:
  ExpertProduct(const ExpertChoice& choice, const Layer& layer, const Step& step, Context& context)
      : choice_(choice),
        layer_(layer),
        output_(step, step.inputs.size()),
        n_(step.output.shape.back()),
        context_(context) {}

  /// Of products with k inputs, which tiles want as `stride` floats, and n outputs.
  static ScratchNeeds scratch(const Step& step, std::int64_t stride, bool gated) {
    const View &x = step.inputs[0], &indices = step.inputs[1];
    const std::int64_t n = step.output.shape.back(), pairs = indices.size();
    ScratchNeeds needs;
    if (indices.shape[0] == 1) {
      needs[Scratch::results] = static_cast<std::size_t>(n);
    } else {
      const std::int64_t rows = x.shape.size() == 3 ? pairs : indices.shape[0];
      const std::int64_t tile = tile_columns(stride, n, 1), block = std::min(most_tile_rows, pairs);
      needs.shared = static_cast<std::size_t>(rows * stride);
      needs[Scratch::weights] = static_cast<std::size_t>(tile * stride);
      needs[Scratch::activations] = static_cast<std::size_t>(block * stride);
      needs[Scratch::results] = static_cast<std::size_t>(block * tile);
    }
    if (gated) needs[Scratch::second_results] = needs[Scratch::results];
    return needs;
  }

  void run(std::int64_t tokens) {
    if (tokens == 1)
      vectors();
    else
      tiles();
  }

private:
  // An expert with so few rows is multiplied row by row: widening its weights would cost as much.
  static constexpr std::int64_t most_vector_rows = 2;

  // Rows of one expert at a time: all of a prompt's may choose the same one, and every thread needs room for them.
  static constexpr std::int64_t most_tile_rows = 256;

  /// One token: all threads share the rows of all its experts.
  void vectors() {
    std::vector<typename Layer::Row> rows;
    for (std::int64_t pair = 0; pair < choice_.pairs(); ++pair) {
      if (pair == 0 || choice_.x.shape.size() == 3) rows.push_back(layer_.weights().row(choice_.row(pair)));
    }
    const std::int64_t grain = std::max<std::int64_t>(16, grain_for(choice_.x.shape.back()));
    context_.pool.parallel_for(choice_.pairs() * n_, grain, [&](std::int64_t begin, std::int64_t end) {
      while (begin < end) {
        const std::int64_t pair = begin / n_, column = begin % n_, columns = std::min(end - begin, n_ - column);
        vector(rows[std::min(static_cast<std::size_t>(pair), rows.size() - 1)], pair, column, columns);
        begin += columns;
      }
    });
  }

  void vector(const typename Layer::Row& row, std::int64_t pair, std::int64_t column, std::int64_t columns) const {
    float* y = context_.thread_scratch(Scratch::results, static_cast<std::size_t>(columns));
    layer_.multiply(row, choice_.expert(pair), column, columns, y);
    output_.store(pair, column, y, columns);
  }

  struct Task {
    std::int64_t expert, column;
  };

  /// Many tokens: pairs are put in order of their experts; a task is some columns of one expert for all its pairs.
  void tiles() {
    const ExpertGroups groups(choice_);
    const std::int64_t stride = layer_.weights().stride();
    const float* wide = widen_rows();
    const std::int64_t tile = columns_of_task(groups);
    std::vector<Task> tasks;
    for (std::int64_t e = 0; e < choice_.count; ++e) {
      if (groups.rows(e) == 0) continue;
      for (std::int64_t column = 0; column < n_; column += tile) tasks.push_back({e, column});
    }
    context_.pool.parallel_for(static_cast<std::int64_t>(tasks.size()), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const Task& task = tasks[static_cast<std::size_t>(i)];
        run_task(task, std::min(tile, n_ - task.column), groups, wide, stride);
      }
    });
  }

  /// Each row of x once, as tiles want it.
  const float* widen_rows() const {
    const std::int64_t rows = choice_.pairs() / choice_.pairs_of_row(), stride = layer_.weights().stride();
    float* wide = context_.scratch(static_cast<std::size_t>(rows * stride));
    context_.pool.parallel_for(rows, grain_for(stride), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        layer_.weights().widen_row(choice_.row(row * choice_.pairs_of_row()), wide + row * stride);
      }
    });
    return wide;
  }

  /// As many as fit a thread's memory, yet some tasks for every thread: each task gathers its rows anew.
  std::int64_t columns_of_task(const ExpertGroups& groups) const {
    std::int64_t used = 0;
    for (std::int64_t e = 0; e < choice_.count; ++e) used += groups.rows(e) > 0;
    const std::int64_t shared = used * n_ / (4 * context_.pool.size());
    return std::min(tile_columns(layer_.weights().stride(), n_, 1), std::max<std::int64_t>(shared, 16));
  }

  void run_task(const Task& task, std::int64_t columns, const ExpertGroups& groups, const float* wide,
                std::int64_t stride) const {
    const std::int64_t rows = groups.rows(task.expert);
    const std::int64_t* pairs = groups.pairs(task.expert);
    if (rows <= most_vector_rows) {
      for (std::int64_t r = 0; r < rows; ++r) {
        vector(layer_.weights().row(choice_.row(pairs[r])), pairs[r], task.column, columns);
      }
      return;
    }
    for (std::int64_t first = 0; first < rows; first += most_tile_rows) {
      const std::int64_t count = std::min(most_tile_rows, rows - first);
      float* x = context_.thread_scratch(Scratch::activations, static_cast<std::size_t>(count * stride));
      for (std::int64_t r = 0; r < count; ++r) {
        std::copy_n(wide + pairs[first + r] / choice_.pairs_of_row() * stride, stride, x + r * stride);
      }
      float* y = context_.thread_scratch(Scratch::results, static_cast<std::size_t>(count * columns));
      layer_.tile(x, count, task.expert, task.column, columns, y);
      for (std::int64_t r = 0; r < count; ++r) output_.store(pairs[first + r], task.column, y + r * columns, columns);
    }
  }

  const ExpertChoice& choice_;
  const Layer& layer_;
  ProductOutput output_;
  const std::int64_t n_;
  Context& context_;
};

}  // namespace etna::cpu
