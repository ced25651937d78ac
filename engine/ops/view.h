#pragma once

#include "engine/array/array.h"
#include "engine/array/copy.h"

namespace etna {

/// Inputs: arrays that differ along `axis` only. Output: one after the other along it.
struct Concatenate : OpOf<Concatenate> {
  int axis;
  explicit Concatenate(int a) : axis(a) {}
  std::string name() const override { return "concatenate"; }
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// The same elements in row-major order under another shape. A view when strides allow, else a copy.
struct Reshape : OpOf<Reshape> {
  std::string name() const override { return "reshape"; }
  bool is_view() const override { return true; }
  std::optional<View> alias(const View& input, const Shape& output_shape) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

struct Permute : OpOf<Permute> {
  std::vector<int> axes;
  explicit Permute(std::vector<int> a) : axes(std::move(a)) {}
  std::string name() const override { return "permute"; }
  bool is_view() const override { return true; }
  std::optional<View> alias(const View& input, const Shape& output_shape) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

struct Slice : OpOf<Slice> {
  std::vector<std::int64_t> starts;
  explicit Slice(std::vector<std::int64_t> s) : starts(std::move(s)) {}
  std::string name() const override { return "slice"; }
  bool is_view() const override { return true; }
  std::optional<View> alias(const View& input, const Shape& output_shape) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

struct BroadcastTo : OpOf<BroadcastTo> {
  std::string name() const override { return "broadcast_to"; }
  bool is_view() const override { return true; }
  std::optional<View> alias(const View& input, const Shape& output_shape) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// The last input as it is, once the inputs before have been computed.
struct After : OpOf<After> {
  std::string name() const override { return "after"; }
  bool is_view() const override { return true; }
  std::optional<View> alias(const View& input, const Shape&) const override { return input; }
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// One size may be -1. Throws invalid_argument when the element counts differ.
Array reshape(const Array& x, Shape shape);
Array permute(const Array& x, std::vector<int> axes);
Array transpose(const Array& x, int a, int b);

/// x[start : stop] along one axis.
Array slice(const Array& x, int axis, std::int64_t start, std::int64_t stop);
Array broadcast_to(const Array& x, Shape shape);
Array contiguous(const Array& x);
Array concatenate(const std::vector<Array>& parts, int axis);

/// x itself, which is not computed before the others are: where the order of steps decides what must be kept in memory.
/// Without others it is another name for x.
Array after(const Array& x, const std::vector<Array>& others);

/// Nothing but zeros, from one element in memory.
Array zeros(Shape shape, DType dtype);

/// Undoes broadcasting: sums over the axes along which `shape` would have to be repeated to become x's. Summed in float32.
Array sum_to(const Array& x, const Shape& shape);

/// 0, 1, … n - 1, int32.
Array arange(std::int64_t n);

}  // namespace etna
