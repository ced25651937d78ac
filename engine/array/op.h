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

/// A node of the graph as data: which operation, with which parameters. It knows no backend (D4): backends own tables
/// from OpType to kernels, and an operation without a kernel is replaced by its definition in basic operations.
class Op {
public:
  virtual ~Op() = default;
  virtual OpType type() const = 0;
  virtual std::string name() const = 0;

  /// The same result in more basic operations; none where the operation is basic itself.
  virtual std::optional<Array> definition(std::span<const Array> inputs) const;

  /// For operations that only look at their first input differently (reshape, transpose, slice, broadcast):
  /// the view, or none when the bytes must be copied. No kernel runs.
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
