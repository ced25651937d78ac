#include "tests/support/expert_cases.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/ops/gather.h"
#include "engine/ops/moe.h"
#include "engine/ops/top_k.h"
#include "engine/ops/view.h"
#include "tests/support/packed_values.h"
#include "tests/support/random_arrays.h"

namespace etna::test {

namespace {

constexpr DType float_types[] = {DType::float32, DType::float16, DType::bfloat16};

double tolerance_of(DType dtype) {
  return dtype == DType::float32 ? 2e-5 : dtype == DType::float16 ? 3e-3 : 2e-2;
}

struct Sizes {
  std::int64_t tokens, slots, experts, k, n;
};

/// Packed weights (experts, n, k).
PackedArrays random_experts(const Sizes& s, const PackedFormat& format, DType scales, std::uint32_t seed) {
  PackedArrays arrays = random_packed(s.experts * s.n, s.k, format, scales, seed);
  const auto stack = [&](Array& x) { x = reshape(x, {s.experts, s.n, -1}); };
  stack(arrays.weight);
  if (arrays.scales) stack(*arrays.scales);
  if (arrays.biases) stack(*arrays.biases);
  return arrays;
}

class Cases {
public:
  explicit Cases(std::vector<OpCase>& cases) : cases_(cases) {}

  void add_choices() {
    for (const DType dtype : float_types) {
      for (const auto& [shape, k] :
           {std::pair{Shape{1, 1}, 1}, {Shape{3, 8}, 8}, {Shape{2, 3, 65}, 5}, {Shape{4, 300}, 4}}) {
        const std::string what = fmt::format("{}_{}_{}", etna::name(dtype), to_string(shape), k);
        add("top_k_indices_" + what, 0, [=] { return top_k_indices(random_array(shape, dtype, 1), k); });
        add("top_k_softmax_" + what, tolerance_of(dtype),
            [=] { return top_k_softmax(random_array(shape, dtype, 1, 8), k); });
        add("take_along_last_" + what, 0, [=] {
          Shape chosen = shape;
          chosen.back() = k;
          return take_along_last(random_array(shape, dtype, 1),
                                 random_integers(chosen, static_cast<std::int32_t>(shape.back()), 2));
        });
      }
    }
    const auto values = [](std::vector<float> list) {
      const auto size = static_cast<std::int64_t>(list.size());
      return Array::from(list, {1, size});
    };
    add("top_k_of_columns", 0, [] {
      return top_k_indices(random_in_layout({5, 33}, DType::float32, Layout::transposed, 1), 3);
    });
    add("top_k_lowest_of_equals", 0, [=] { return top_k_indices(values({1, 7, 3, 7, 7, -INFINITY, 0, -0.0f}), 8); });
    add("top_k_of_infinities", 0, [=] { return top_k_indices(values({-INFINITY, -INFINITY, INFINITY, NAN}), 4); });
  }

  void add_products() {
    // One token, a few, many; rows that are no whole vectors; experts with few rows and with more than a tile.
    for (const Sizes& s :
         {Sizes{1, 2, 4, 64, 40}, Sizes{1, 3, 5, 33, 7}, Sizes{2, 2, 3, 48, 9}, Sizes{50, 4, 3, 64, 70}}) {
      for (const DType dtype : float_types) add_product(s, dtype, dtype);
    }
    add_product({1, 2, 4, 64, 40}, DType::float16, DType::bfloat16);
    add_product({50, 4, 3, 64, 70}, DType::float16, DType::bfloat16);
    for (const DType dtype : {DType::float32, DType::float16}) {
      add_packed({1, 2, 4, 128, 40}, dtype, PackedFormat::affine(4, 64));
      add_packed({30, 3, 4, 128, 40}, dtype, PackedFormat::affine(4, 64));
    }
    add_packed({3, 2, 4, 128, 40}, DType::bfloat16, PackedFormat::affine(8, 32));
    add_packed({1, 2, 3, 64, 9}, DType::float32, PackedFormat::affine(6, 32));
  }

  /// Every gate for one token; two of them, the second with biases, also in tiles and packed.
  void add_gated_products() {
    for (int kind = 0; kind <= static_cast<int>(GateKind::clipped_swiglu); ++kind) {
      add_gates({1, 2, 4, 64, 40}, static_cast<GateKind>(kind), std::nullopt);
    }
    for (const GateKind kind : {GateKind::gelu_approximate, GateKind::clipped_swiglu}) {
      add_gates({50, 4, 3, 64, 70}, kind, std::nullopt);
      add_gates({1, 2, 4, 128, 40}, kind, PackedFormat::affine(4, 32));
      add_gates({50, 4, 3, 64, 70}, kind, PackedFormat::affine(4, 32));
    }
  }

  /// All that is not affine: one token, and more rows of an expert than are multiplied one by one.
  void add_formats() {
    for (const PackedFormat& format : packed_formats()) {
      if (format.kind == PackedKind::affine) continue;
      const std::int64_t k = format.group_size == 256 ? 256 : 64;
      format_ = format;
      add_packed({1, 2, 3, k, 9}, DType::float32, format);
      add_packed({20, 2, 3, k, 9}, DType::float16, format);
      format_.reset();
    }
  }

  void add_combinations() {
    for (const DType dtype : float_types) {
      for (const Shape& shape : {Shape{1, 2, 7}, Shape{3, 8, 130}, Shape{2, 4, 1500}}) {
        const auto x = [=] { return random_array(shape, dtype, 1); };
        const auto weights = [=] { return random_array({shape[0], shape[1]}, DType::float32, 2); };
        const std::string what = fmt::format("{}_{}", etna::name(dtype), to_string(shape));
        add("combine_experts_" + what, tolerance_of(dtype), [=] { return combine_experts(x(), weights()); });
        add("combine_experts_residual_" + what, tolerance_of(dtype), [=] {
          return combine_experts_residual(x(), weights(), random_array({shape[0], shape[2]}, dtype, 3));
        });
      }
    }
  }

private:
  void add(std::string name, double tolerance, std::function<Array()> build) {
    cases_.push_back({std::move(name), [build = std::move(build)](Backend&) { return build(); }, tolerance, format_});
  }

  static Array indices(const Sizes& s) {
    return random_integers({s.tokens, s.slots}, static_cast<std::int32_t>(s.experts), 3);
  }

  static std::string describe(const Sizes& s) {
    return fmt::format("{}x{}x{}x{}x{}", s.tokens, s.slots, s.experts, s.k, s.n);
  }

  void add_product(const Sizes& s, DType dtype, DType weights) {
    const std::string what = fmt::format("{}_{}_{}", etna::name(dtype), etna::name(weights), describe(s));
    const auto weight = [=] { return random_array({s.experts, s.n, s.k}, weights, 2); };
    add("expert_matmul_" + what, tolerance_of(dtype), [=] {
      return expert_matmul(random_array({s.tokens, s.k}, dtype, 1), weight(), indices(s));
    });
    add("expert_matmul_slots_" + what, tolerance_of(dtype), [=] {
      const Array bias = random_array({s.experts, s.n}, weights, 4);
      return expert_matmul(random_array({s.tokens, s.slots, s.k}, dtype, 1), weight(), indices(s), bias);
    });
  }

  void add_packed(const Sizes& s, DType dtype, const PackedFormat& format) {
    const std::string what = fmt::format("{}_{}_{}", etna::name(format), etna::name(dtype), describe(s));
    add("expert_matmul_" + what, 2 * tolerance_of(dtype), [=] {
      return expert_matmul(random_array({s.tokens, s.k}, dtype, 1), random_experts(s, format, dtype, 2), format,
                           indices(s));
    });
    add("expert_matmul_slots_" + what, 2 * tolerance_of(dtype), [=] {
      const Array bias = random_array({s.experts, s.n}, DType::bfloat16, 4);
      return expert_matmul(random_array({s.tokens, s.slots, s.k}, dtype, 1), random_experts(s, format, dtype, 2),
                           format, indices(s), bias);
    });
  }

  void add_gates(const Sizes& s, GateKind kind, const std::optional<PackedFormat>& format) {
    const std::string what =
        fmt::format("{}_{}_{}", static_cast<int>(kind), format ? etna::name(*format) : "floats", describe(s));
    const bool biased = kind == GateKind::clipped_swiglu;  // as gpt-oss has both
    add("expert_gated_" + what, 1e-4, [=] {
      const auto layer = [&](std::uint32_t seed) {
        const PackedArrays floats{random_array({s.experts, s.n, s.k}, DType::float32, seed)};
        ExpertWeights w{format ? random_experts(s, *format, DType::float16, seed) : floats, format};
        if (biased) w.bias = random_array({s.experts, s.n}, DType::float16, seed + 1);
        return w;
      };
      return expert_gated(random_array({s.tokens, s.k}, DType::float32, 1, 0.3f), layer(2), layer(5), indices(s), kind);
    });
  }

  std::vector<OpCase>& cases_;
  std::optional<PackedFormat> format_;  // of the cases being added
};

}  // namespace

void add_expert_cases(std::vector<OpCase>& cases) {
  Cases all(cases);
  all.add_choices();
  all.add_products();
  all.add_gated_products();
  all.add_formats();
  all.add_combinations();
}

}  // namespace etna::test
