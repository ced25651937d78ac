#include "tests/support/reference.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <unordered_map>

#include "engine/base/half.h"
#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"
#include "engine/ops/quantized.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"
#include "tests/support/packed_values.h"

namespace etna::test {

namespace {

using Values = std::vector<double>;
using Index = std::vector<std::int64_t>;

/// Calls body(index, position in row-major order) for every element of a shape.
template <class Body>
void for_each_index(const Shape& shape, const Body& body) {
  Index index(shape.size(), 0);
  const std::int64_t count = element_count(shape);
  for (std::int64_t position = 0; position < count; ++position) {
    body(index, static_cast<std::size_t>(position));
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

std::size_t place(const Index& index, const Shape& shape) {
  std::int64_t position = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) position = position * shape[axis] + index[axis];
  return static_cast<std::size_t>(position);
}

Values leaf(const Array& array) {
  if (is_floating(array.dtype())) {
    const std::vector<float> floats = array.to_floats();
    return {floats.begin(), floats.end()};
  }
  const auto widen = [](const auto& values) { return Values(values.begin(), values.end()); };
  if (array.dtype() == DType::int32) return widen(array.to_vector<std::int32_t>());
  if (array.dtype() == DType::uint32) return widen(array.to_vector<std::uint32_t>());
  return widen(array.to_bytes());
}

double apply(UnaryKind kind, double x) {
  switch (kind) {
    case UnaryKind::negative: return -x;
    case UnaryKind::absolute: return std::fabs(x);
    case UnaryKind::exponential: return std::exp(x);
    case UnaryKind::logarithm: return std::log(x);
    case UnaryKind::square_root: return std::sqrt(x);
    case UnaryKind::reciprocal_square_root: return 1 / std::sqrt(x);
    case UnaryKind::square: return x * x;
    case UnaryKind::sine: return std::sin(x);
    case UnaryKind::cosine: return std::cos(x);
    case UnaryKind::hyperbolic_tangent: return std::tanh(x);
    case UnaryKind::sigmoid: return 1 / (1 + std::exp(-x));
    case UnaryKind::silu: return x / (1 + std::exp(-x));
    case UnaryKind::gelu: return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case UnaryKind::gelu_approximate: return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case UnaryKind::floor: return std::floor(x);
    case UnaryKind::logical_not: return x == 0;
  }
  return 0;
}

double apply(BinaryKind kind, double a, double b) {
  switch (kind) {
    case BinaryKind::add: return a + b;
    case BinaryKind::subtract: return a - b;
    case BinaryKind::multiply: return a * b;
    case BinaryKind::divide: return a / b;
    case BinaryKind::maximum: return std::max(a, b);
    case BinaryKind::minimum: return std::min(a, b);
    case BinaryKind::power: return std::pow(a, b);
    case BinaryKind::equal: return a == b;
    case BinaryKind::less: return a < b;
    case BinaryKind::less_equal: return a <= b;
    case BinaryKind::greater: return a > b;
    case BinaryKind::greater_equal: return a >= b;
    case BinaryKind::logical_and: return a != 0 && b != 0;
    case BinaryKind::logical_or: return a != 0 || b != 0;
    default: return 0;  // gates have definitions
  }
}

Values view_values(const Array& array, const Values& x) {
  const Shape &shape = array.shape(), &from = array.inputs().back().shape();
  if (as<Reshape>(array.op().get()) || as<Copy>(array.op().get())) return x;
  Values out(static_cast<std::size_t>(array.size()));
  for_each_index(shape, [&](const Index& index, std::size_t position) {
    Index source(from.size());
    if (const auto* op = as<Permute>(array.op().get())) {
      for (std::size_t i = 0; i < index.size(); ++i) source[static_cast<std::size_t>(op->axes[i])] = index[i];
    } else if (const auto* cut = as<Slice>(array.op().get())) {
      for (std::size_t i = 0; i < index.size(); ++i) source[i] = index[i] + cut->starts[i];
    } else {
      for (std::size_t i = 0; i < from.size(); ++i) source[i] = from[i] == 1 ? 0 : index[shape.size() - from.size() + i];
    }
    out[position] = x[place(source, from)];
  });
  return out;
}

Values reduce_values(const Array& array, ReduceKind kind, const Values& x) {
  const auto n = static_cast<std::size_t>(array.inputs()[0].shape(-1));
  Values out(static_cast<std::size_t>(array.size()));
  for (std::size_t row = 0; row < out.size(); ++row) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(row * n), end = begin + static_cast<std::ptrdiff_t>(n);
    switch (kind) {
      case ReduceKind::sum:
        for (auto it = begin; it != end; ++it) out[row] += *it;
        break;
      case ReduceKind::maximum: out[row] = *std::max_element(begin, end); break;
      case ReduceKind::minimum: out[row] = *std::min_element(begin, end); break;
      case ReduceKind::argmax: out[row] = static_cast<double>(std::max_element(begin, end) - begin); break;
    }
  }
  return out;
}

Values matmul_values(const Array& array, Transpose transpose_b, const Values& a, const Values& b) {
  const Array &left = array.inputs()[0], &right = array.inputs()[1];
  const auto k = static_cast<std::size_t>(left.shape(-1)), n = static_cast<std::size_t>(array.shape(-1));
  const std::size_t rows = a.size() / std::max<std::size_t>(k, 1);
  const std::size_t per_batch = right.rank() > 2 ? static_cast<std::size_t>(left.shape(-2)) : rows;
  Values out(static_cast<std::size_t>(array.size()), 0.0);
  if (k == 0) return out;
  for (std::size_t row = 0; row < rows; ++row) {
    const double* base = b.data() + row / per_batch * k * n;
    for (std::size_t column = 0; column < n; ++column) {
      for (std::size_t i = 0; i < k; ++i) {
        out[row * n + column] += a[row * k + i] * (transpose_b == Transpose::yes ? base[column * k + i] : base[i * n + column]);
      }
    }
  }
  return out;
}

Values take_values(const Array& array, const Values& table, const Values& indices) {
  const std::size_t row = table.size() / static_cast<std::size_t>(array.inputs()[0].shape(0));
  Values out;
  for (const double index : indices) {
    const auto begin = table.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(index) * row);
    out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(row));
  }
  return out;
}

Values concatenate_values(const Array& array, std::size_t axis, const std::vector<Values>& parts) {
  Values out(static_cast<std::size_t>(array.size()));
  std::int64_t first = 0;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    const Shape& shape = array.inputs()[part].shape();
    for_each_index(shape, [&](Index index, std::size_t position) {
      index[axis] += first;
      out[place(index, array.shape())] = parts[part][position];
    });
    first += shape[axis];
  }
  return out;
}

Values dequantize_values(const Array& array, const PackedFormat& format, const std::vector<Values>& inputs) {
  const std::int64_t k = array.shape(-1), elements = format.row_elements(k), groups = format.row_groups(k);
  const std::size_t size = size_of(array.inputs()[0].dtype());
  Values out;
  for (std::int64_t row = 0; row < array.size() / k; ++row) {
    const auto part = [&](std::size_t input, std::int64_t count) {
      if (input >= inputs.size()) return Values();
      const auto first = inputs[input].begin() + row * count;
      return Values(first, first + count);
    };
    PackedRow packed{{}, part(1, groups), part(2, groups)};
    for (const double element : part(0, elements)) {
      for (std::size_t i = 0; i < size; ++i) {
        packed.bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(element) >> 8 * i));
      }
    }
    for (std::int64_t i = 0; i < k; ++i) out.push_back(packed_value(format, packed, i));
  }
  return out;
}

/// The codes, scale and bias of one packed group, as formats.md §2.2 finds them, here with scale and bias rounded to
/// float16 first.
void pack_group(const CacheLayout& layout, const double* from, std::uint32_t* words, std::uint32_t& scaling) {
  const auto [low, high] = std::minmax_element(from, from + layout.group_size);
  const double most = (1 << layout.bits) - 1;
  const bool negative = std::fabs(*low) > std::fabs(*high);
  double scale = std::max((*high - *low) / most, 1e-7) * (negative ? 1 : -1), bias = 0;
  const double edge = negative ? *low : *high, code = std::nearbyint(edge / scale);
  if (code != 0) {
    scale = edge / code;
    bias = edge;
  }
  const Float16 stored_scale = to_float16(static_cast<float>(scale)), stored_bias = to_float16(static_cast<float>(bias));
  scaling = stored_scale.bits | static_cast<std::uint32_t>(stored_bias.bits) << 16;
  for (int i = 0; i < layout.group_size; ++i) {
    const double value = std::nearbyint((from[i] - to_float(stored_bias)) / to_float(stored_scale));
    words[i * layout.bits / 32] |= static_cast<std::uint32_t>(std::clamp(value, 0.0, most)) << i * layout.bits % 32;
  }
}

Values pack_values(const CacheLayout& layout, const double* from, std::int64_t size) {
  const std::int64_t codes = size * layout.bits / 32;
  std::vector<std::uint32_t> words(static_cast<std::size_t>(layout.width(size)), 0);
  for (std::int64_t first = 0; first < size; first += layout.group_size) {
    pack_group(layout, from + first, words.data() + first * layout.bits / 32, words[static_cast<std::size_t>(codes + first / layout.group_size)]);
  }
  return {words.begin(), words.end()};
}

Values unpack_values(const Array& array, const CacheLayout& layout, const Values& words) {
  const std::int64_t size = array.shape(3), width = layout.width(size), codes = size * layout.bits / 32;
  Values out;
  for (std::size_t row = 0; row < words.size(); row += static_cast<std::size_t>(width)) {
    for (std::int64_t d = 0; d < size; ++d) {
      const auto word = static_cast<std::uint32_t>(words[row + static_cast<std::size_t>(d * layout.bits / 32)]);
      const auto scaling = static_cast<std::uint32_t>(words[row + static_cast<std::size_t>(codes + d / layout.group_size)]);
      const std::uint32_t code = word >> d * layout.bits % 32 & ((1u << layout.bits) - 1);
      out.push_back(static_cast<double>(code) * to_float(Float16{static_cast<std::uint16_t>(scaling)}) + to_float(Float16{static_cast<std::uint16_t>(scaling >> 16)}));
    }
  }
  return out;
}

Values cache_values(const Array& array, const CacheLayout& layout, const std::vector<Values>& inputs) {
  Values out = inputs[0];
  const Shape& rows = array.inputs()[1].shape();  // (B, L, Hkv, D)
  for_each_index({rows[0], rows[1], rows[2]}, [&](const Index& index, std::size_t row) {
    const auto position = static_cast<std::int64_t>(inputs[2][static_cast<std::size_t>(index[0])]) + index[1];
    const std::int64_t target = layout.place(position, array.shape(2));
    if (target >= array.shape(2)) return;
    const double* from = inputs[1].data() + row * static_cast<std::size_t>(rows[3]);
    const Values stored = layout.packed() ? pack_values(layout, from, rows[3]) : Values(from, from + rows[3]);
    std::ranges::copy(stored, out.begin() + static_cast<std::ptrdiff_t>(place({index[0], index[2], target, 0}, array.shape())));
  });
  return out;
}

Values cast_values(DType dtype, Values x) {
  for (double& value : x) {
    if (dtype == DType::boolean) value = value != 0;
    else if (!is_floating(dtype)) value = std::trunc(value);
  }
  return x;
}

/// Every node once, in whatever graph of definitions it appears.
class Evaluation {
public:
  const Values& of(const Array& array) {
    if (const auto found = values_.find(array.id()); found != values_.end()) return found->second;
    Values values = compute(array);
    keep_.push_back(array);
    return values_.emplace(array.id(), std::move(values)).first->second;
  }

private:
  Values compute(const Array& array) {
    const Op* op = array.op().get();
    if (!op) return leaf(array);
    if (op->is_view() || as<Copy>(op)) return view_values(array, of(array.inputs().back()));
    if (!is_basic(*op)) {
      const std::optional<Array> definition = op->definition(array.inputs());
      if (!definition) throw std::logic_error("the reference does not know " + op->name());
      return of(*definition);
    }
    std::vector<Values> inputs;
    for (const Array& input : array.inputs()) inputs.push_back(of(input));
    return basic_values(array, std::move(inputs));
  }

  static bool is_basic(const Op& op) {
    if (const auto* binary = as<Binary>(&op)) return !gate_kind(binary->kind);
    if (const auto* product = as<Matmul>(&op)) return !product->residual;
    return as<Unary>(&op) || as<Select>(&op) || as<Cast>(&op) || as<Reduce>(&op) || as<Take>(&op) ||
           as<Concatenate>(&op) || as<Dequantize>(&op) || as<CacheUpdate>(&op) || as<UnpackCache>(&op) ||
           as<Assign>(&op) || as<RingWrite>(&op);
  }

  static Values basic_values(const Array& array, std::vector<Values> inputs) {
    const Op* op = array.op().get();
    Values& x = inputs[0];
    if (const auto* unary = as<Unary>(op)) {
      for (double& value : x) value = apply(unary->kind, value);
      return x;
    }
    if (const auto* binary = as<Binary>(op)) {
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = apply(binary->kind, x[i], inputs[1][i]);
      return x;
    }
    if (as<Select>(op)) {
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = x[i] != 0 ? inputs[1][i] : inputs[2][i];
      return x;
    }
    if (as<Cast>(op)) return cast_values(array.dtype(), std::move(x));
    if (const auto* reduction = as<Reduce>(op)) return reduce_values(array, reduction->kind, x);
    if (const auto* product = as<Matmul>(op)) return matmul_values(array, product->transpose_b, x, inputs[1]);
    if (as<Take>(op)) return take_values(array, x, inputs[1]);
    if (const auto* join = as<Concatenate>(op))
      return concatenate_values(array, static_cast<std::size_t>(join->axis), inputs);
    if (const auto* packed = as<Dequantize>(op)) return dequantize_values(array, packed->format, inputs);
    if (const auto* update = as<CacheUpdate>(op)) return cache_values(array, update->layout, inputs);
    if (const auto* unpack = as<UnpackCache>(op)) return unpack_values(array, unpack->layout, x);
    if (as<Assign>(op)) return inputs[1];
    x[static_cast<std::size_t>(inputs[2][0]) % x.size()] = inputs[1][0];  // RingWrite
    return x;
  }

  std::unordered_map<const void*, Values> values_;
  std::vector<Array> keep_;  // ids are addresses
};

}  // namespace

std::vector<double> reference(const Array& array) {
  return Evaluation().of(array);
}

}  // namespace etna::test
