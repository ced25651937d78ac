#include "engine/array/array.h"

#include <cstring>

#include "engine/array/backend.h"
#include "engine/base/error.h"

namespace etna {

namespace {

/// Copies elements of a strided view, whose bytes begin at `base`, to row-major order.
void gather(const View& view, const std::byte* base, std::byte* out, std::size_t axis) {
  const std::size_t size = size_of(view.dtype);
  if (axis == view.shape.size()) {
    std::memcpy(out, base, size);
    return;
  }
  std::int64_t inner = 1;
  for (std::size_t i = axis + 1; i < view.shape.size(); ++i) inner *= view.shape[i];
  for (std::int64_t i = 0; i < view.shape[axis]; ++i) {
    gather(view, base + i * view.strides[axis] * static_cast<std::int64_t>(size),
           out + static_cast<std::size_t>(i * inner) * size, axis + 1);
  }
}

/// Bytes from the first to behind the last element of a view.
std::size_t extent(const View& view) {
  std::int64_t last = 0;
  for (std::size_t axis = 0; axis < view.shape.size(); ++axis) last += (view.shape[axis] - 1) * view.strides[axis];
  return static_cast<std::size_t>(last + 1) * size_of(view.dtype);
}

}  // namespace

std::optional<Array> Op::definition(std::span<const Array>) const { return std::nullopt; }

std::optional<Gradients> Op::gradient(const GradientCall&) const { return std::nullopt; }

std::optional<View> Op::alias(const View&, const Shape&) const { return std::nullopt; }

Work Op::work(std::span<const View> inputs, const View& output) const {
  Work work{.bytes = output.bytes(), .flops = static_cast<std::uint64_t>(output.size())};
  for (const View& input : inputs) work.bytes += input.bytes();
  return work;
}

Array::Array(Shape shape, DType dtype, std::shared_ptr<const Op> op, std::vector<Array> inputs)
    : node_(new Node{std::move(shape), dtype, std::move(op), std::move(inputs), {}, {}}) {}

Array::Array(View view) : node_(new Node{view.shape, view.dtype, nullptr, {}, view, {}}) {}

Array::Node::~Node() {
  // A long chain of nodes would be destroyed by recursion as deep as the chain: take it apart in a loop.
  std::vector<Array> pending = std::move(inputs);
  while (!pending.empty()) {
    Array array = std::move(pending.back());
    pending.pop_back();
    if (array.node_.use_count() != 1) continue;
    try {
      for (Array& input : array.node_->inputs) pending.push_back(std::move(input));
      array.node_->inputs.clear();
    } catch (const std::bad_alloc&) {
      // No memory for the list: the inputs that are left go with their node, by recursion.
    }
  }
}

Array Array::from_bytes(std::span<const std::byte> bytes, Shape shape, DType dtype) {
  const std::size_t expected = static_cast<std::size_t>(element_count(shape)) * size_of(dtype);
  if (bytes.size() != expected) {
    fail(Errc::invalid_argument, "array: shape {} of {} needs {} bytes, got {}", to_string(shape), etna::name(dtype), expected, bytes.size());
  }
  Array array(std::move(shape), dtype, nullptr, {});
  array.node_->host = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
  return array;
}

Array Array::scalar(float value, DType dtype) {
  switch (dtype) {
    case DType::float32: return from(std::span<const float>(&value, 1), Shape{});
    case DType::float16: { const Float16 half = to_float16(value); return from(std::span<const std::remove_cvref_t<decltype(half)>>(&half, 1), Shape{}); }
    case DType::bfloat16: { const BFloat16 half = to_bfloat16(value); return from(std::span<const std::remove_cvref_t<decltype(half)>>(&half, 1), Shape{}); }
    case DType::int32: { const auto whole = static_cast<std::int32_t>(value); return from(std::span<const std::remove_cvref_t<decltype(whole)>>(&whole, 1), Shape{}); }
    case DType::uint32: { const auto whole = static_cast<std::uint32_t>(value); return from(std::span<const std::remove_cvref_t<decltype(whole)>>(&whole, 1), Shape{}); }
    case DType::uint8: { const auto whole = static_cast<std::uint8_t>(value); return from(std::span<const std::remove_cvref_t<decltype(whole)>>(&whole, 1), Shape{}); }
    case DType::boolean: { const bool truth = value != 0; return from(std::span<const bool>(&truth, 1), Shape{}); }
  }
  fail(Errc::invalid_argument, "scalar: unknown dtype");
}

void Array::copy_to(std::span<std::byte> bytes, DType wanted) const {
  if (wanted != dtype()) fail(Errc::invalid_argument, "array: read as {}, but it holds {}", etna::name(wanted), etna::name(dtype()));
  if (bytes.empty()) return;
  if (!evaluated()) {
    if (!node_->host) fail(Errc::invalid_argument, "array: read before it was evaluated");
    std::memcpy(bytes.data(), node_->host->data(), bytes.size());
    return;
  }
  const View& from = view();
  if (from.contiguous()) {
    from.buffer->read(from.offset, bytes);
    return;
  }
  std::vector<std::byte> all(extent(from));
  from.buffer->read(from.offset, all);
  gather(from, all.data(), bytes.data(), 0);
}

std::vector<float> Array::to_floats() const {
  const auto widen = [](const auto& values) {
    std::vector<float> floats(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) floats[i] = to_float(values[i]);
    return floats;
  };
  switch (dtype()) {
    case DType::float32: return to_vector<float>();
    case DType::float16: return widen(to_vector<Float16>());
    case DType::bfloat16: return widen(to_vector<BFloat16>());
    default: fail(Errc::invalid_argument, "array: {} is not a floating type", etna::name(dtype()));
  }
}

Array allocate_array(Backend& backend, Shape shape, DType dtype, MemoryTag tag, OwnerId owner, Placement placement) {
  View view{.buffer = nullptr, .offset = 0, .shape = shape, .strides = contiguous_strides(shape), .dtype = dtype};
  view.buffer = backend.allocator()->allocate(std::max<std::size_t>(view.bytes(), 1), placement, tag, owner);
  return Array(std::move(view));
}

}  // namespace etna
