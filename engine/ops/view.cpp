#include "engine/ops/view.h"

#include <algorithm>
#include <numeric>

#include "engine/base/error.h"
#include "engine/ops/reduce.h"

namespace etna {

std::optional<View> Reshape::alias(const View& input, const Shape& output_shape) const {
  View view = input;
  view.shape = output_shape;
  if (input.contiguous()) {
    view.strides = contiguous_strides(output_shape);
    return view;
  }
  // Match runs of input axes with runs of output axes of the same size; a run must be contiguous in itself.
  Shape from;
  Strides strides;
  for (std::size_t i = 0; i < input.shape.size(); ++i) {
    if (input.shape[i] == 1) continue;
    from.push_back(input.shape[i]);
    strides.push_back(input.strides[i]);
  }
  view.strides.assign(output_shape.size(), 0);
  std::size_t in = 0, out = 0;
  while (in < from.size() && out < output_shape.size()) {
    std::size_t in_end = in + 1, out_end = out + 1;
    std::int64_t in_size = from[in], out_size = output_shape[out];
    while (in_size != out_size) {
      if (in_size < out_size) {
        if (in_end == from.size()) return std::nullopt;
        in_size *= from[in_end++];
      } else {
        if (out_end == output_shape.size()) return std::nullopt;
        out_size *= output_shape[out_end++];
      }
    }
    for (std::size_t i = in; i + 1 < in_end; ++i) {
      if (strides[i] != from[i + 1] * strides[i + 1]) return std::nullopt;
    }
    std::int64_t step = strides[in_end - 1];
    for (std::size_t i = out_end; i-- > out;) {
      view.strides[i] = step;
      step *= output_shape[i];
    }
    in = in_end;
    out = out_end;
  }
  return view;
}

std::optional<View> Permute::alias(const View& input, const Shape& output_shape) const {
  View view = input;
  view.shape = output_shape;
  for (std::size_t i = 0; i < axes.size(); ++i) view.strides[i] = input.strides[static_cast<std::size_t>(axes[i])];
  return view;
}

std::optional<View> Slice::alias(const View& input, const Shape& output_shape) const {
  View view = input;
  view.shape = output_shape;
  std::int64_t first = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) first += starts[i] * input.strides[i];
  view.offset += static_cast<std::size_t>(first) * size_of(input.dtype);
  return view;
}

std::optional<View> BroadcastTo::alias(const View& input, const Shape& output_shape) const {
  View view = input;
  view.shape = output_shape;
  view.strides.assign(output_shape.size(), 0);
  const std::size_t missing = output_shape.size() - input.shape.size();
  for (std::size_t i = 0; i < input.shape.size(); ++i) {
    if (input.shape[i] != 1) view.strides[missing + i] = input.strides[i];
  }
  return view;
}

std::optional<Gradients> Concatenate::gradient(const GradientCall& call) const {
  Gradients gradients;
  std::int64_t first = 0;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const std::int64_t end = first + call.inputs[i].shape(axis);
    gradients.push_back(call.wanted[i] ? std::optional(slice(call.gradient, axis, first, end)) : std::nullopt);
    first = end;
  }
  return gradients;
}

std::optional<Gradients> Reshape::gradient(const GradientCall& call) const {
  return Gradients{reshape(call.gradient, call.inputs[0].shape())};
}

std::optional<Gradients> Permute::gradient(const GradientCall& call) const {
  std::vector<int> back(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) back[static_cast<std::size_t>(axes[i])] = static_cast<int>(i);
  return Gradients{permute(call.gradient, std::move(back))};
}

std::optional<Gradients> Slice::gradient(const GradientCall& call) const {
  Array gradient = call.gradient;
  const Shape& whole = call.inputs[0].shape();
  for (std::size_t axis = 0; axis < whole.size(); ++axis) {
    const std::int64_t size = gradient.shape(static_cast<int>(axis)), rest = whole[axis] - starts[axis] - size;
    const auto empty = [&](std::int64_t count) {
      Shape shape = gradient.shape();
      shape[axis] = count;
      return zeros(std::move(shape), gradient.dtype());
    };
    std::vector<Array> parts;
    if (starts[axis] > 0) parts.push_back(empty(starts[axis]));
    parts.push_back(gradient);
    if (rest > 0) parts.push_back(empty(rest));
    if (parts.size() > 1) gradient = concatenate(parts, static_cast<int>(axis));
  }
  return Gradients{gradient};
}

std::optional<Gradients> BroadcastTo::gradient(const GradientCall& call) const {
  return Gradients{sum_to(call.gradient, call.inputs[0].shape())};
}

std::optional<Gradients> After::gradient(const GradientCall& call) const {
  Gradients gradients(call.inputs.size());
  gradients.back() = call.gradient;
  return gradients;
}

Array reshape(const Array& x, Shape shape) {
  std::int64_t known = 1;
  std::int64_t* open = nullptr;
  for (std::int64_t& size : shape) {
    if (size != -1) known *= size;
    else if (!open) open = &size;
    else fail(Errc::invalid_argument, "reshape: more than one size of {} is -1", to_string(shape));
  }
  if (open && known > 0) *open = x.size() / known;
  if (element_count(shape) != x.size()) {
    fail(Errc::invalid_argument, "reshape: {} has {} elements, {} has not", to_string(x.shape()), x.size(), to_string(shape));
  }
  if (shape == x.shape()) return x;
  return Array(std::move(shape), x.dtype(), std::make_shared<Reshape>(), {x});
}

Array permute(const Array& x, std::vector<int> axes) {
  std::vector<int> sorted = axes;
  std::ranges::sort(sorted);
  std::vector<int> expected(static_cast<std::size_t>(x.rank()));
  std::iota(expected.begin(), expected.end(), 0);
  if (sorted != expected) fail(Errc::invalid_argument, "permute: the axes are no permutation of those of {}", to_string(x.shape()));
  Shape shape;
  for (const int axis : axes) shape.push_back(x.shape(axis));
  return Array(std::move(shape), x.dtype(), std::make_shared<Permute>(std::move(axes)), {x});
}

Array transpose(const Array& x, int a, int b) {
  std::vector<int> axes(static_cast<std::size_t>(x.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  std::swap(axes[static_cast<std::size_t>(normalize_axis(a, x.shape(), "transpose"))],
            axes[static_cast<std::size_t>(normalize_axis(b, x.shape(), "transpose"))]);
  return permute(x, std::move(axes));
}

Array slice(const Array& x, int axis, std::int64_t start, std::int64_t stop) {
  axis = normalize_axis(axis, x.shape(), "slice");
  if (start < 0 || stop < start || stop > x.shape(axis)) {
    fail(Errc::invalid_argument, "slice: {} to {} of axis {} of {}", start, stop, axis, to_string(x.shape()));
  }
  if (start == 0 && stop == x.shape(axis)) return x;
  Shape shape = x.shape();
  shape[static_cast<std::size_t>(axis)] = stop - start;
  std::vector<std::int64_t> starts(shape.size(), 0);
  starts[static_cast<std::size_t>(axis)] = start;
  return Array(std::move(shape), x.dtype(), std::make_shared<Slice>(std::move(starts)), {x});
}

Array broadcast_to(const Array& x, Shape shape) {
  if (shape == x.shape()) return x;
  if (broadcast_shapes(x.shape(), shape, "broadcast_to") != shape) {
    fail(Errc::invalid_argument, "broadcast_to: {} does not broadcast to {}", to_string(x.shape()), to_string(shape));
  }
  return Array(std::move(shape), x.dtype(), std::make_shared<BroadcastTo>(), {x});
}

Array contiguous(const Array& x) { return Array(x.shape(), x.dtype(), std::make_shared<Copy>(), {x}); }

Array concatenate(const std::vector<Array>& parts, int axis) {
  if (parts.empty()) fail(Errc::invalid_argument, "concatenate: no arrays");
  axis = normalize_axis(axis, parts[0].shape(), "concatenate");
  Shape shape = parts[0].shape();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    Shape other = parts[i].shape();
    const bool fits = other.size() == shape.size() && parts[i].dtype() == parts[0].dtype();
    if (fits) {
      const std::int64_t size = other[static_cast<std::size_t>(axis)];
      other[static_cast<std::size_t>(axis)] = shape[static_cast<std::size_t>(axis)];
      if (other == shape) {
        shape[static_cast<std::size_t>(axis)] += size;
        continue;
      }
    }
    fail(Errc::invalid_argument, "concatenate: {} {} beside {} {} along axis {}", name(parts[i].dtype()), to_string(parts[i].shape()),
         name(parts[0].dtype()), to_string(parts[0].shape()), axis);
  }
  return Array(std::move(shape), parts[0].dtype(), std::make_shared<Concatenate>(axis), parts);
}

Array after(const Array& x, const std::vector<Array>& others) {
  std::vector<Array> inputs = others;
  inputs.push_back(x);
  return Array(x.shape(), x.dtype(), std::make_shared<After>(), std::move(inputs));
}

Array zeros(Shape shape, DType dtype) { return broadcast_to(Array::scalar(0, dtype), std::move(shape)); }

Array sum_to(const Array& x, const Shape& shape) {
  if (broadcast_shapes(x.shape(), shape, "sum_to") != x.shape()) {
    fail(Errc::invalid_argument, "sum_to: {} does not come from broadcasting {}", to_string(x.shape()), to_string(shape));
  }
  const std::size_t missing = x.shape().size() - shape.size();
  // Axes that were repeated go last, as one.
  std::vector<int> order, repeated;
  std::int64_t kept = 1, count = 1;
  for (std::size_t axis = 0; axis < x.shape().size(); ++axis) {
    const bool is_repeated = axis < missing || (shape[axis - missing] == 1 && x.shape()[axis] != 1);
    (is_repeated ? repeated : order).push_back(static_cast<int>(axis));
    (is_repeated ? count : kept) *= x.shape()[axis];
  }
  if (repeated.empty()) return reshape(x, shape);
  order.insert(order.end(), repeated.begin(), repeated.end());
  return reshape(sum(reshape(permute(x, std::move(order)), {kept, count}), -1), shape);
}

Array arange(std::int64_t n) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 0);
  return Array::from(values, {n});
}

}  // namespace etna
