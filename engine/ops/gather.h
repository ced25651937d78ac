#pragma once

#include "engine/array/array.h"

namespace etna {

/// Inputs: table (rows, ...), indices int32 (any shape).
struct Take : OpOf<Take> {
  std::string name() const override { return "take"; }
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// table[indices] along the first axis: output shape is indices' followed by table's without the first. An index
/// outside is the caller's error: kernels clamp it.
Array take(const Array& table, const Array& indices);

/// Inputs: updates (indices' shape, ...), indices int32. Output (rows, ...).
struct ScatterAdd : OpOf<ScatterAdd> {
  std::int64_t rows;
  explicit ScatterAdd(std::int64_t count) : rows(count) {}
  std::string name() const override { return "scatter_add"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// What take() is undone by: y[indices[i]] += updates[i], from zeros; y has `rows` rows. The order of sums, and so the result,
/// is the same in every run.
///
/// updates  (indices' shape, ...)  floating
/// indices  any shape              int32; one outside is the caller's error: kernels clamp it
/// returns  (rows, ...)            type of updates, summed in float32
Array scatter_add(const Array& updates, const Array& indices, std::int64_t rows);

/// Inputs: x (..., n), indices int32 (..., k) with the same leading axes.
struct TakeAlongLast : OpOf<TakeAlongLast> {
  std::string name() const override { return "take_along_last"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// Elements of each row by their places in it: y[..., j] = x[..., indices[..., j]].
///
/// x       (..., n)  any type
/// indices (..., k)  int32; one outside is the caller's error: kernels clamp it
/// returns (..., k)  type of x
Array take_along_last(const Array& x, const Array& indices);

/// Inputs: state (any shape), value of the same shape and dtype. In place: state's memory holds value afterwards.
struct Assign : OpOf<Assign> {
  std::string name() const override { return "assign"; }
  bool in_place() const override { return true; }
};

/// Copies value into the memory of state, which must exist (allocate_array): how a plan hands a result to its next run.
Array assign(const Array& state, const Array& value);

/// Inputs: ring (n), value int32 (1), position int32 (1). In place: ring[position mod n] = value.
struct RingWrite : OpOf<RingWrite> {
  std::string name() const override { return "ring_write"; }
  bool in_place() const override { return true; }
};

Array ring_write(const Array& ring, const Array& value, const Array& position);

}  // namespace etna
