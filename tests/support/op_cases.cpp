#include "tests/support/op_cases.h"

#include <fmt/format.h>

#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"
#include "engine/ops/norm.h"
#include "engine/ops/quantized.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rope.h"
#include "engine/ops/softmax.h"
#include "engine/ops/view.h"
#include "tests/support/expert_cases.h"
#include "tests/support/gradient_cases.h"
#include "tests/support/packed_values.h"
#include "tests/support/random_arrays.h"

namespace etna::test {

namespace {

constexpr DType float_types[] = {DType::float32, DType::float16, DType::bfloat16};
constexpr Layout layouts[] = {Layout::contiguous, Layout::transposed, Layout::strided, Layout::offset, Layout::broadcast};

/// What storing a result in a type may lose, some ten times over.
double tolerance_of(DType dtype) { return dtype == DType::float32 ? 2e-5 : dtype == DType::float16 ? 3e-3 : 2e-2; }

class Cases {
public:
  std::vector<OpCase> take() { return std::move(cases_); }

  void add_elementwise() {
    for (int kind = 0; kind <= static_cast<int>(UnaryKind::floor); ++kind) {
      const auto unary_kind = static_cast<UnaryKind>(kind);
      const bool positive = unary_kind == UnaryKind::logarithm || unary_kind == UnaryKind::square_root || unary_kind == UnaryKind::reciprocal_square_root;
      for (const DType dtype : float_types) {
        add(fmt::format("{}_{}", Unary(unary_kind).name(), etna::name(dtype)), tolerance_of(dtype), [=](Backend&) {
          const Array x = random_array({3, 37}, dtype, 1, 3);
          return unary(unary_kind, positive ? binary(BinaryKind::add, unary(UnaryKind::absolute, x), Array::scalar(0.25f, dtype)) : x);
        });
      }
    }
    for (int kind = 0; kind <= static_cast<int>(BinaryKind::clipped_swiglu); ++kind) {
      const auto binary_kind = static_cast<BinaryKind>(kind);
      if (binary_kind == BinaryKind::logical_and || binary_kind == BinaryKind::logical_or) continue;
      for (const DType dtype : float_types) {
        add(fmt::format("{}_{}", Binary(binary_kind).name(), etna::name(dtype)), tolerance_of(dtype), [=](Backend&) {
          const Array a = random_array({5, 13}, dtype, 1), b = random_array({5, 13}, dtype, 2);
          return binary(binary_kind, binary_kind == BinaryKind::power ? unary(UnaryKind::exponential, a) : a, binary_kind == BinaryKind::divide ? binary(BinaryKind::add, unary(UnaryKind::absolute, b), Array::scalar(0.5f, dtype)) : b);
        });
      }
    }
    for (const DType dtype : float_types) {
      add(fmt::format("softcap_{}", etna::name(dtype)), tolerance_of(dtype), [=](Backend&) { return softcap(random_array({3, 37}, dtype, 1, 90), 30); });
      add(fmt::format("clipped_swiglu_far_out_{}", etna::name(dtype)), tolerance_of(dtype), [=](Backend&) {
        return gated(random_array({3, 37}, dtype, 1, 20), random_array({3, 37}, dtype, 2, 20), GateKind::clipped_swiglu);
      });
    }
    add("softcap_transposed", 2e-5, [](Backend&) { return softcap(random_in_layout({4, 6, 10}, DType::float32, Layout::transposed, 1), 0.5f); });
    for (const Layout layout : layouts) {
      add(fmt::format("add_{}", test::name(layout)), 1e-6, [=](Backend&) {
        return etna::add(random_in_layout({4, 6, 10}, DType::float32, layout, 1), random_array({4, 6, 10}, DType::float32, 2));
      });
      add(fmt::format("copy_{}", test::name(layout)), 0, [=](Backend&) { return contiguous(random_in_layout({4, 6, 10}, DType::bfloat16, layout, 1)); });
    }
    add("add_row_and_column", 1e-6, [](Backend&) { return etna::add(random_array({7, 1}, DType::float32, 1), random_array({1, 9}, DType::float32, 2)); });
    add("add_empty", 0, [](Backend&) { return etna::add(random_array({0, 4}, DType::float32, 1), random_array({0, 4}, DType::float32, 2)); });
    add("add_int32_beyond_24_bits", 0, [](Backend&) { return etna::add(Array::from(std::vector<std::int32_t>{16777217, -3}, {2}), Array::scalar(2, DType::int32)); });
    add("logic", 0, [](Backend&) {
      const Array a = random_array({33}, DType::float32, 1), b = random_array({33}, DType::float32, 2), zero = Array::scalar(0);
      const Array both = binary(BinaryKind::logical_and, binary(BinaryKind::greater, a, zero), binary(BinaryKind::greater, b, zero));
      return where(binary(BinaryKind::logical_or, unary(UnaryKind::logical_not, both), both), where(both, a, b), zero);
    });
    add("cast_there_and_back", 1e-2, [](Backend&) { return cast(cast(cast(random_array({65}, DType::float32, 1, 9), DType::bfloat16), DType::float16), DType::float32); });
    add("cast_to_int32", 0, [](Backend&) { return cast(random_array({65}, DType::float32, 1, 100), DType::int32); });
    add("concatenate", 0, [](Backend&) {
      return concatenate({random_array({2, 3, 4}, DType::float16, 1), random_in_layout({2, 5, 4}, DType::float16, Layout::transposed, 2)}, 1);
    });
  }

  void add_rows() {
    for (const DType dtype : float_types) {
      const double tolerance = tolerance_of(dtype);
      const std::string type = etna::name(dtype);
      for (const Shape& shape : {Shape{1, 1}, Shape{3, 5}, Shape{2, 3, 64}, Shape{2, 1000}}) {
        const std::string what = fmt::format("{}_{}", type, to_string(shape));
        add("softmax_" + what, tolerance, [=](Backend&) { return softmax(random_array(shape, dtype, 1, 8)); });
        add("rms_norm_" + what, tolerance, [=](Backend&) { return rms_norm(random_array(shape, dtype, 1), random_array({shape.back()}, DType::float32, 2), 1e-5f); });
        for (const ReduceKind kind : {ReduceKind::sum, ReduceKind::maximum, ReduceKind::minimum, ReduceKind::argmax}) {
          add(Reduce(kind).name() + "_" + what, tolerance, [=](Backend&) { return reduce(kind, random_array(shape, dtype, 1), -1); });
        }
      }
      for (const Shape& shape : {Shape{3, 5}, Shape{2, 64}}) add_norms(shape, dtype);
      add("rms_norm_weight_" + type, tolerance, [=](Backend&) { return rms_norm(random_in_layout({4, 48}, DType::float32, Layout::strided, 1), random_array({48}, dtype, 2), 1e-6f); });
      add("sum_first_axis_" + type, tolerance, [=](Backend&) { return sum(random_array({9, 7}, dtype, 1), 0, KeepAxis::yes); });
      add("take_" + type, 0, [=](Backend&) { return etna::take(random_array({11, 6}, dtype, 1), random_integers({2, 3}, 11, 2)); });
    }
    add("argmax_lowest_of_equals", 0, [](Backend&) { return argmax(Array::from(std::vector<float>{1, 7, 3, 7, 7}, {5}), 0); });
    add("argmax_long", 0, [](Backend&) { return argmax(random_array({33000}, DType::float32, 5), 0); });
    add("softmax_one_infinity", 1e-6, [](Backend&) { return softmax(Array::from(std::vector<float>{-INFINITY, 0, 1}, {1, 3})); });
  }

  void add_norms(const Shape& shape, DType dtype) {
    const double tolerance = tolerance_of(dtype);
    const std::string what = fmt::format("{}_{}", etna::name(dtype), to_string(shape));
    const auto x = [=] { return etna::add(random_array(shape, dtype, 1), Array::scalar(0.5f, dtype)); };
    const auto factors = [=](std::uint32_t seed) { return random_array({shape.back()}, dtype, seed); };
    add("rms_norm_without_weight_" + what, tolerance, [=](Backend&) { return rms_norm(x(), {}, 1e-5f); });
    add("rms_norm_offset_" + what, tolerance, [=](Backend&) { return rms_norm(x(), factors(2), 1e-6f, 1); });
    add("layer_norm_plain_" + what, tolerance, [=](Backend&) { return layer_norm(x(), {}, {}, 1e-5f); });
    add("layer_norm_weight_" + what, tolerance, [=](Backend&) { return layer_norm(x(), factors(2), {}, 1e-5f); });
    add("layer_norm_bias_" + what, tolerance, [=](Backend&) { return layer_norm(x(), {}, factors(3), 1e-5f); });
    add("layer_norm_" + what, tolerance, [=](Backend&) {
      return layer_norm(x(), random_array({shape.back()}, DType::bfloat16, 2), factors(3), 1e-5f);
    });
  }

  void add_products() {
    struct Sizes { std::int64_t m, k, n; };
    for (const DType activations : float_types) {
      for (const DType weights : float_types) {
        for (const Sizes& s : {Sizes{1, 64, 5}, Sizes{1, 33, 7}, Sizes{3, 64, 40}, Sizes{70, 48, 65}}) {
          add(fmt::format("matmul_transposed_{}_{}_{}x{}x{}", etna::name(activations), etna::name(weights), s.m, s.k, s.n), tolerance_of(activations), [=](Backend&) {
            return matmul(random_array({s.m, s.k}, activations, 1), random_array({s.n, s.k}, weights, 2), Transpose::yes);
          });
        }
      }
      add(fmt::format("matmul_batched_{}", etna::name(activations)), tolerance_of(activations), [=](Backend&) {
        return matmul(random_array({2, 3, 5, 16}, activations, 1), random_in_layout({2, 3, 16, 9}, activations, Layout::transposed, 2));
      });
      add(fmt::format("matmul_residual_{}", etna::name(activations)), tolerance_of(activations), [=](Backend&) {
        return matmul_residual(random_array({2, 32}, activations, 1), random_array({12, 32}, DType::bfloat16, 2), random_array({2, 12}, activations, 3));
      });
    }
    add("matmul_empty_inner", 0, [](Backend&) { return matmul(random_array({2, 0}, DType::float32, 1), random_array({3, 0}, DType::float32, 2), Transpose::yes); });
  }

  void add_quantized() {
    for (const int bits : {4, 8}) {
      for (const int group : {32, 64, 128}) {
        for (const DType dtype : float_types) {
          for (const std::int64_t m : {1, 2, 20}) add_quantized_case(PackedFormat::affine(bits, group), dtype, m);
        }
      }
    }
    for (const int bits : {2, 3, 5, 6}) add_quantized_case(PackedFormat::affine(bits, 64), DType::float32, 3);
    add_quantized_case(PackedFormat::affine(3, 32), DType::float32, 1);
    for (const int bits : {2, 3, 5, 6}) add_quantized_case(PackedFormat::affine(bits, 128), DType::float16, 1);
  }

  /// All that is not affine; rows are no multiple of what kernels take at a time where the format allows it.
  void add_packed() {
    for (const PackedFormat& format : packed_formats()) {
      if (format.kind == PackedKind::affine) continue;
      format_ = format;
      for (const std::int64_t m : {1, 2, 9, 65}) add_packed_products(format, DType::float16, m);
      for (const std::int64_t m : {1, 9}) add_packed_products(format, DType::float32, m);
      add_packed_rows(format);
      format_.reset();
    }
  }

  void add_packed_products(const PackedFormat& format, DType dtype, std::int64_t m) {
    const std::int64_t k = packed_columns(format), n = 20;
    const std::string what = fmt::format("{}_{}_{}", etna::name(format), etna::name(dtype), m);
    const double tolerance = 2 * tolerance_of(dtype);
    const auto weight = [=](std::uint32_t seed) { return random_packed(n, k, format, DType::float32, seed); };
    add("quantized_matmul_" + what, tolerance, [=](Backend&) {
      return quantized_matmul(random_array({m, k}, dtype, 1), weight(2), format);
    });
    if (dtype != DType::float16 || (m != 1 && m != 9)) return;
    add("quantized_residual_" + what, tolerance, [=](Backend&) {
      return quantized_matmul_residual(random_array({m, k}, dtype, 1), weight(2), format, random_array({m, n}, dtype, 3));
    });
    add("quantized_swiglu_" + what, tolerance, [=](Backend&) {
      return quantized_swiglu(random_array({m, k}, dtype, 1, 0.1f), weight(2), weight(5), format);
    });
  }

  void add_packed_rows(const PackedFormat& format) {
    const std::int64_t k = packed_columns(format), n = 20;
    const auto weight = [=] { return random_packed(n, k, format, DType::float32, 2); };
    const std::string what = etna::name(format);
    add("dequantize_" + what, 1e-6, [=](Backend&) { return dequantize(weight(), format, DType::float32); });
    add("dequantize_stacked_" + what, 1e-6, [=](Backend&) {
      const auto stacked = [&](const Array& part) { return reshape(part, {2, n / 2, part.shape(-1)}); };
      PackedArrays w = weight();
      w.weight = stacked(w.weight);
      if (w.scales) w.scales = stacked(*w.scales);
      return dequantize(w, format, DType::float32);
    });
    add("dequantize_rows_" + what, tolerance_of(DType::float16), [=](Backend&) {
      return dequantize_rows(weight(), format, random_integers({3}, static_cast<std::int32_t>(n), 3), DType::float16);
    });
    add("quantized_untransposed_" + what, 4e-5, [=](Backend&) {
      return quantized_matmul(random_array({3, n}, DType::float32, 1), weight(), format, Transpose::no);
    });
  }

  static std::int64_t packed_columns(const PackedFormat& format) {
    if (format.kind == PackedKind::nvfp4) return 304;
    if (format.kind == PackedKind::fp8_e4m3) return 333;
    return format.group_size == 256 ? 512 : 288;
  }

  void add_quantized_case(const PackedFormat& format, DType dtype, std::int64_t m) {
    const std::int64_t k = 384, n = 20;
    const std::string what = fmt::format("q{}g{}_{}_{}", format.bits, format.group_size, etna::name(dtype), m);
    const double tolerance = 2 * tolerance_of(dtype);
    add("quantized_matmul_" + what, tolerance, [=](Backend&) {
      return quantized_matmul(random_array({m, k}, dtype, 1), random_affine(n, k, format, dtype, 2), format);
    });
    add("quantized_residual_" + what, tolerance, [=](Backend&) {
      return quantized_matmul_residual(random_array({m, k}, dtype, 1), random_affine(n, k, format, DType::float16, 2), format, random_array({m, n}, dtype, 3));
    });
    add("quantized_swiglu_" + what, tolerance, [=](Backend&) {
      return quantized_swiglu(random_array({m, k}, dtype, 1, 0.1f), random_affine(n, k, format, dtype, 2), random_affine(n, k, format, dtype, 5), format);
    });
    add("dequantize_rows_" + what, tolerance, [=](Backend&) {
      return dequantize_rows(random_affine(n, k, format, dtype, 2), format, random_integers({m}, static_cast<std::int32_t>(n), 3), dtype);
    });
    if (format.bits == 4 && dtype == DType::float16) {
      add("quantized_gelu_" + what, tolerance, [=](Backend&) {
        const auto weight = [&](std::uint32_t seed) { return random_affine(n, k, format, dtype, seed); };
        return quantized_gated(random_array({m, k}, dtype, 1, 0.1f), weight(2), weight(5), format, GateKind::gelu_approximate);
      });
    }
    if (m == 1) {
      add("dequantize_" + what, tolerance, [=](Backend&) { return dequantize(random_affine(n, k, format, dtype, 2), format, dtype); });
      add("quantized_untransposed_" + what, tolerance, [=](Backend&) {
        return quantized_matmul(random_array({3, n}, dtype, 1), random_affine(n, k, format, dtype, 2), format, Transpose::no);
      });
    }
  }

  void add_attention() {
    struct Sizes { std::int64_t batch, length, heads, kv_heads, size, capacity; std::vector<std::int32_t> offsets; };
    const Sizes all[] = {{1, 1, 4, 2, 16, 24, {0}}, {1, 1, 8, 2, 64, 200, {150}}, {2, 5, 4, 4, 32, 16, {3, 11}}, {1, 70, 2, 1, 64, 100, {9}}, {1, 1, 3, 1, 128, 40, {39}}};
    for (const DType dtype : float_types) {
      for (const Sizes& s : all) {
        const std::string what = fmt::format("{}_{}x{}x{}x{}", etna::name(dtype), s.batch, s.length, s.heads, s.size);
        const auto offsets = Array::from(s.offsets, {s.batch});
        add("attention_" + what, tolerance_of(dtype), [=](Backend&) {
          const Shape cache{s.batch, s.kv_heads, s.capacity, s.size};
          return attention(random_array({s.batch, s.length, s.heads, s.size}, dtype, 1), random_array(cache, dtype, 2), random_array(cache, dtype, 3), offsets, {.scale = 0.25f});
        });
        const auto frequencies = random_array({s.size / 2}, DType::float32, 4);
        add("rope_" + what, tolerance_of(dtype), [=](Backend&) { return rope(random_array({s.batch, s.length, s.heads, s.size}, dtype, 1), offsets, frequencies); });
        add("cache_update_" + what, 0, [=](Backend& backend) {
          return cache_update(zeros(backend, {s.batch, s.kv_heads, s.capacity, s.size}, dtype), random_array({s.batch, s.length, s.kv_heads, s.size}, dtype, 1), offsets);
        });
        add("rope_cache_update_" + what, tolerance_of(dtype), [=](Backend& backend) {
          return rope_cache_update(zeros(backend, {s.batch, s.kv_heads, s.capacity, s.size}, dtype), random_array({s.batch, s.length, s.kv_heads, s.size}, dtype, 1), offsets, frequencies);
        });
      }
    }
    add_caches();
    add("rope_partial", 1e-5, [](Backend&) {
      return rope(random_array({1, 3, 2, 20}, DType::float32, 1), Array::from(std::vector<std::int32_t>{4}, {1}), random_array({6}, DType::float32, 2));
    });
    add("rope_interleaved", 1e-5, [](Backend&) {
      return rope(random_array({2, 3, 2, 20}, DType::float32, 1), Array::from(std::vector<std::int32_t>{4, 9}, {2}), random_array({6}, DType::float32, 2),
                  RopeLayout::interleaved, 1.3f);
    });
    add("ring_write", 0, [](Backend& backend) {
      const Array ring = cast_state(backend, {8});
      return ring_write(ring, Array::from(std::vector<std::int32_t>{42}, {1}), Array::from(std::vector<std::int32_t>{13}, {1}));
    });
    add("assign", 0, [](Backend& backend) { return assign(zeros(backend, {3, 5}, DType::float16), random_array({3, 5}, DType::float16, 1)); });
  }

  /// Rings, kept positions, windows, caps, sinks and packed rows: one decode step and one piece each.
  void add_caches() {
    struct Kind { const char* name; CacheLayout layout; std::int64_t window; float softcap; bool sinks; };
    const Kind kinds[] = {{"window", {}, 6, 0, false},
                          {"ring", {.ring = true}, 9, 0, false},
                          {"kept_ring", {.ring = true, .keep = 3}, 11, 0, true},
                          {"softcap", {}, 0, 0.4f, false},
                          {"sinks", {}, 0, 0, true},
                          {"q4", {.bits = 4, .group_size = 32}, 0, 0, true},
                          {"q8_ring", {.ring = true, .keep = 2, .bits = 8, .group_size = 64}, 10, 0.4f, false}};
    for (const Kind& kind : kinds) {
      for (const std::int64_t length : {1, 7}) {
        const auto offsets = Array::from(std::vector<std::int32_t>{45, 12}, {2});
        const std::int64_t places = kind.layout.ring ? 24 : 64, width = kind.layout.width(64);
        const bool packed = kind.layout.packed();
        const std::string what = fmt::format("{}_{}", kind.name, length);
        const auto cache = [=](Backend& backend, std::uint32_t seed) {
          const Array empty = zeros(backend, {2, 2, places, width}, packed ? DType::uint32 : DType::float32);
          const Array all = random_array({2, places, 2, 64}, DType::float32, seed);
          return etna::cache_update(empty, all, Array::from(std::vector<std::int32_t>{0, 0}, {2}), {.bits = kind.layout.bits, .group_size = kind.layout.group_size});
        };
        add("attention_" + what, packed ? 5e-2 : 2e-5, [=](Backend& backend) {
          AttentionOptions options{.scale = 0.25f, .window = kind.window, .softcap = kind.softcap};
          if (kind.sinks) options.sinks = random_array({4}, DType::bfloat16, 5);
          return attention(random_array({2, length, 4, 64}, DType::float32, 1), cache(backend, 2), cache(backend, 3), offsets, options, kind.layout, kind.layout);
        });
        const Array rows = random_array({2, length, 2, 64}, DType::float16, 6);
        const auto shown = [=](const Array& updated) { return packed ? unpack_cache(updated, kind.layout) : updated; };
        const double step = packed ? 2.5 / ((1 << kind.layout.bits) - 1) : 1e-3;
        add("cache_update_" + what, step, [=](Backend& backend) {
          const Array empty = zeros(backend, {2, 2, places, width}, packed ? DType::uint32 : DType::float16);
          return shown(etna::cache_update(empty, rows, offsets, kind.layout));
        });
        add("rope_cache_update_" + what, step, [=](Backend& backend) {
          const Array empty = zeros(backend, {2, 2, places, width}, packed ? DType::uint32 : DType::float16);
          return shown(rope_cache_update(empty, rows, offsets, random_array({20}, DType::float32, 4), {}, kind.layout));
        });
      }
    }
  }

private:
  void add(std::string name, double tolerance, std::function<Array(Backend&)> build) { cases_.push_back({std::move(name), std::move(build), tolerance, format_}); }

  static Array zeros(Backend& backend, Shape shape, DType dtype) {
    const Array state = allocate_array(backend, std::move(shape), dtype, MemoryTag::other, 0);
    const std::vector<std::byte> bytes(state.view().bytes());
    state.view().buffer->write(0, bytes);
    return state;
  }

  static Array cast_state(Backend& backend, Shape shape) { return zeros(backend, std::move(shape), DType::int32); }

  std::vector<OpCase> cases_;
  std::optional<PackedFormat> format_;  // of the cases being added
};

}  // namespace

const std::vector<OpCase>& op_cases() {
  static const std::vector<OpCase> all = [] {
    Cases cases;
    cases.add_elementwise();
    cases.add_rows();
    cases.add_products();
    cases.add_quantized();
    cases.add_packed();
    cases.add_attention();
    std::vector<OpCase> list = cases.take();
    add_expert_cases(list);
    add_gradient_cases(list);
    return list;
  }();
  return all;
}

}  // namespace etna::test
