#include "engine/autograd/vmap.h"

#include <algorithm>

#include "engine/autograd/graph.h"
#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/softmax.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

using autograd::ArrayMap;

/// Rewrites the graph of one example for a batch. A node that depends on a batched input gets the batch as its first
/// axis; the others stay as they are.
class Batching {
public:
  Batching(std::int64_t size, ArrayMap batched) : size_(size), batched_(std::move(batched)) {}

  /// (N, shape of one example...)
  Array of(const Array& output) {
    for (const Array& array : autograd::in_order(std::span(&output, 1), batched_)) {
      const auto is_batched = [&](const Array& input) { return batched_.contains(input.id()); };
      if (is_batched(array) || std::ranges::none_of(array.inputs(), is_batched)) continue;
      keep_.push_back(array);
      batched_.emplace(array.id(), rewritten(array));
    }
    return input(output);
  }

private:
  Shape with_batch(const Shape& shape) const {
    Shape whole{size_};
    whole.insert(whole.end(), shape.begin(), shape.end());
    return whole;
  }

  /// Whether batched or shared: with the batch.
  Array input(const Array& array) const {
    const auto found = batched_.find(array.id());
    return found != batched_.end() ? found->second : broadcast_to(array, with_batch(array.shape()));
  }

  Array rewritten(const Array& array) {
    const Op* op = array.op().get();
    if (op->in_place()) fail(Errc::unsupported, "vmap: {} updates memory in place", op->name());
    if (as<Unary>(op) || as<Binary>(op) || as<Softcap>(op) || as<Select>(op) || as<Cast>(op) || as<Copy>(op) ||
        as<Softmax>(op) || as<Reduce>(op) || as<TakeAlongLast>(op) || as<After>(op)) {
      return the_same(array);
    }
    if (as<Reshape>(op)) return reshape(input(array.inputs()[0]), with_batch(array.shape()));
    if (const auto* turn = as<Permute>(op)) return permuted(array, *turn);
    if (const auto* cut = as<Slice>(op)) return sliced(array, *cut);
    if (as<BroadcastTo>(op)) return broadcast(array);
    if (const auto* join = as<Concatenate>(op)) return joined(array, *join);
    if (const auto* product = as<Matmul>(op); product && !product->residual) return multiplied(array, *product);
    if (as<Take>(op)) return taken(array);
    const std::optional<Array> definition = op->definition(array.inputs());
    if (!definition) fail(Errc::unsupported, "vmap: {} is not known", op->name());
    return of(*definition);
  }

  /// Operations that do not care about leading axes.
  Array the_same(const Array& array) const {
    std::vector<Array> inputs;
    for (const Array& one : array.inputs()) inputs.push_back(input(one));
    return Array(with_batch(array.shape()), array.dtype(), array.op(), std::move(inputs));
  }

  Array permuted(const Array& array, const Permute& op) const {
    std::vector<int> axes{0};
    for (const int axis : op.axes) axes.push_back(axis + 1);
    return permute(input(array.inputs()[0]), std::move(axes));
  }

  Array sliced(const Array& array, const Slice& op) const {
    Array x = input(array.inputs()[0]);
    for (int axis = 0; axis < array.rank(); ++axis) {
      const std::int64_t start = op.starts[static_cast<std::size_t>(axis)];
      x = slice(x, axis + 1, start, start + array.shape(axis));
    }
    return x;
  }

  Array broadcast(const Array& array) const {
    const Array& from = array.inputs()[0];
    Shape shape(static_cast<std::size_t>(array.rank() - from.rank()), 1);
    shape.insert(shape.end(), from.shape().begin(), from.shape().end());
    return broadcast_to(reshape(input(from), with_batch(shape)), with_batch(array.shape()));
  }

  Array joined(const Array& array, const Concatenate& op) const {
    std::vector<Array> parts;
    for (const Array& part : array.inputs()) parts.push_back(input(part));
    return concatenate(parts, op.axis + 1);
  }

  Array multiplied(const Array& array, const Matmul& op) const {
    const Array &a = array.inputs()[0], &b = array.inputs()[1];
    if (!batched_.contains(b.id()) && b.rank() == 2) return matmul(input(a), b, op.transpose_b);
    const Array left = b.rank() == 2 ? reshape(input(a), {size_, -1, a.shape(-1)}) : input(a);
    return reshape(matmul(left, input(b), op.transpose_b), with_batch(array.shape()));
  }

  /// One table after the other, and indices that know which.
  Array taken(const Array& array) const {
    const Array &table = array.inputs()[0], &indices = array.inputs()[1];
    if (!batched_.contains(table.id())) return take(table, input(indices));
    const std::int64_t rows = table.shape(0);
    std::vector<std::int32_t> first;
    for (std::int64_t i = 0; i < size_; ++i) first.push_back(static_cast<std::int32_t>(i * rows));
    Shape all = table.shape();
    all[0] *= size_;
    const Array places = add(reshape(input(indices), {size_, indices.size()}), Array::from(first, {size_, 1}));
    return reshape(take(reshape(input(table), std::move(all)), places), with_batch(array.shape()));
  }

  std::int64_t size_;
  ArrayMap batched_;
  std::vector<Array> keep_;  // ids are addresses: nodes must outlive the map
};

std::vector<int> axes_in_front(int rank, int axis) {
  std::vector<int> order{axis};
  for (int i = 0; i < rank; ++i) {
    if (i != axis) order.push_back(i);
  }
  return order;
}

}  // namespace

Function vmap(Function function, std::vector<std::optional<int>> axes) {
  return [function = std::move(function), axes = std::move(axes)](const std::vector<Array>& inputs) {
    if (inputs.size() != axes.size())
      fail(Errc::invalid_argument, "vmap: {} inputs and {} axes", inputs.size(), axes.size());
    std::optional<std::int64_t> size;
    std::vector<Array> examples;
    ArrayMap batched;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!axes[i]) {
        examples.push_back(inputs[i]);
        continue;
      }
      const int axis = normalize_axis(*axes[i], inputs[i].shape(), "vmap");
      if (size && *size != inputs[i].shape(axis)) {
        fail(Errc::invalid_argument, "vmap: batches of {} and of {} examples", *size, inputs[i].shape(axis));
      }
      size = inputs[i].shape(axis);
      const Array in_front = permute(inputs[i], axes_in_front(inputs[i].rank(), axis));
      // What stands for one example has no elements: only its place in the graph counts.
      examples.emplace_back(Shape(in_front.shape().begin() + 1, in_front.shape().end()), in_front.dtype(), nullptr,
                            std::vector<Array>{});
      batched.emplace(examples.back().id(), in_front);
    }
    if (!size) fail(Errc::invalid_argument, "vmap: no input has an axis of examples");
    Batching batching(*size, std::move(batched));
    std::vector<Array> outputs;
    for (const Array& output : function(examples)) outputs.push_back(batching.of(output));
    return outputs;
  };
}

}  // namespace etna
