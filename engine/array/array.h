#pragma once

#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/array/op.h"

namespace etna {

class Backend;

/// A lazy array: a value with shape, dtype and a node. Operations (engine/ops) build a graph; evaluate() runs it.
/// Copies share the node.
class Array {
public:
  /// The result of an operation, not computed yet.
  Array(Shape shape, DType dtype, std::shared_ptr<const Op> op, std::vector<Array> inputs);

  /// Elements that exist in memory.
  explicit Array(View view);

  /// A copy of host elements; moved to a backend's memory when a graph that needs them is evaluated there.
  template <class T>
  static Array from(std::span<const T> values, Shape shape) {
    return from_bytes(std::as_bytes(values), std::move(shape), dtype_of<T>);
  }
  template <class T>
  static Array from(const std::vector<T>& values, Shape shape) {
    return from(std::span<const T>(values), std::move(shape));
  }
  static Array from_bytes(std::span<const std::byte> bytes, Shape shape, DType dtype);

  /// One element, broadcast where needed.
  static Array scalar(float value, DType dtype = DType::float32);

  const Shape& shape() const { return node_->shape; }
  std::int64_t shape(int axis) const { return node_->shape[static_cast<std::size_t>(axis < 0 ? axis + rank() : axis)]; }
  int rank() const { return static_cast<int>(node_->shape.size()); }
  std::int64_t size() const { return element_count(node_->shape); }
  DType dtype() const { return node_->dtype; }
  const std::shared_ptr<const Op>& op() const { return node_->op; }
  const std::vector<Array>& inputs() const { return node_->inputs; }

  /// Whether elements exist on some backend; then view() is where.
  bool evaluated() const { return node_->view.buffer != nullptr; }
  const View& view() const { return node_->view; }

  /// Elements in row-major order as T (which must be the array's dtype; bool is read as std::uint8_t by to_bytes). The
  /// array must be evaluated or made from host elements. Throws invalid_argument otherwise.
  template <class T>
    requires(!std::is_same_v<T, bool>)
  std::vector<T> to_vector() const {
    std::vector<T> values(static_cast<std::size_t>(size()));
    copy_to(std::as_writable_bytes(std::span(values)), dtype_of<T>);
    return values;
  }

  std::vector<std::uint8_t> to_bytes() const {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size()) * size_of(dtype()));
    copy_to(std::as_writable_bytes(std::span(bytes)), dtype());
    return bytes;
  }

  /// Elements of any floating dtype as float.
  std::vector<float> to_floats() const;

  /// Identity of the node, for walks over the graph.
  const void* id() const { return node_.get(); }

private:
  friend class GraphAccess;

  struct Node {
    Shape shape;
    DType dtype = DType::float32;
    std::shared_ptr<const Op> op;
    std::vector<Array> inputs;
    View view;                                            // set once evaluated
    std::shared_ptr<const std::vector<std::byte>> host;   // of arrays made from host elements
    ~Node();
  };

  void copy_to(std::span<std::byte> bytes, DType dtype) const;

  std::shared_ptr<Node> node_;
};

/// Computes arrays on a backend and waits. Their graphs are forgotten: what was an operation is a leaf afterwards.
void evaluate(std::span<const Array> arrays, Backend& backend);
inline void evaluate(const Array& array, Backend& backend) { evaluate(std::span(&array, 1), backend); }

/// An array with memory on `backend` and undefined contents: parameters, KV caches, states that plans read and write.
Array allocate_array(Backend& backend, Shape shape, DType dtype, MemoryTag tag, OwnerId owner,
                     Placement placement = Placement::device);

}  // namespace etna
