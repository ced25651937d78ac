#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/array/view.h"

namespace etna {

class Array;

/// Identity of an operation type: the address of one variable per type.
using OpType = const void*;

template <class T>
OpType op_type() {
  static const char identity = 0;
  return &identity;
}

/// What an operation costs at least, for profiles and benchmarks.
struct Work {
  std::uint64_t bytes = 0;
  std::uint64_t flops = 0;
};

/// What a gradient rule is told about one node y = f(inputs).
struct GradientCall {
  std::span<const Array> inputs;
  const Array& output;              ///< y: a rule may use it rather than compute it again
  const Array& gradient;            ///< of the result with respect to y: y's shape and dtype
  const std::vector<bool>& wanted;  ///< of which inputs the gradient is asked for; floating ones only
};

/// One for each input, of its shape and dtype; none where it was not wanted or where y does not depend on the input.
using Gradients = std::vector<std::optional<Array>>;

/// A node of the graph as data: which operation, with which parameters. It knows no backend (D4): backends own tables
/// from OpType to kernels, and an operation without a kernel is replaced by its definition in basic operations.
class Op {
public:
  virtual ~Op() = default;
  virtual OpType type() const = 0;
  virtual std::string name() const = 0;

  /// The same result in more basic operations; none where the operation is basic itself.
  virtual std::optional<Array> definition(std::span<const Array> inputs) const;

  /// The vector-Jacobian product (engine/autograd), as a graph; none: the definition is differentiated. Rules put what
  /// they take from `gradient` first in an operation's inputs: then memory for the rest is used as late as can be. Throws
  /// unsupported where an input is wanted that the operation cannot be differentiated by.
  virtual std::optional<Gradients> gradient(const GradientCall& call) const;

  /// For operations that only look at their last input differently (reshape, transpose, slice, broadcast): the view, or
  /// none when the bytes must be copied. No kernel runs. Inputs before the last one are computed first, that is all.
  virtual std::optional<View> alias(const View& input, const Shape& output_shape) const;
  virtual bool is_view() const { return false; }

  /// For operations that update their first input in place (KV cache writes): the output is the input's memory.
  virtual bool in_place() const { return false; }

  virtual Work work(std::span<const View> inputs, const View& output) const;
};

/// Gives T its type(); `struct Softmax : OpOf<Softmax> { … }`.
template <class T>
class OpOf : public Op {
public:
  OpType type() const final { return op_type<T>(); }
};

template <class T>
const T* as(const Op* op) {
  return op && op->type() == op_type<T>() ? static_cast<const T*>(op) : nullptr;
}

}  // namespace etna
