#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/loss.h"
#include "engine/ops/matmul.h"
#include "engine/ops/moe.h"
#include "engine/ops/norm.h"
#include "engine/ops/quantized.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rope.h"
#include "engine/ops/softmax.h"
#include "engine/ops/top_k.h"
#include "engine/ops/view.h"
#include "tests/support/gradient_check.h"
#include "tests/support/random_arrays.h"

namespace etna::test {
namespace {

using Inputs = std::vector<Array>;

double tolerance_of(DType dtype) {
  return dtype == DType::float32 ? 2e-4 : dtype == DType::float16 ? 1e-2 : 6e-2;
}

class Cases {
public:
  std::vector<GradientCase> take() { return std::move(cases_); }

  /// For every floating type: random inputs of these shapes within ±bound, and where they must be positive, around one.
  void add(const std::string& what, const std::vector<Shape>& shapes,
           const std::function<Array(const Inputs&)>& function, bool positive = false) {
    for (const DType dtype : {DType::float32, DType::float16, DType::bfloat16}) {
      Inputs inputs;
      for (std::size_t i = 0; i < shapes.size(); ++i)
        inputs.push_back(positive ? around_one(shapes[i], dtype, i)
                                  : random_array(shapes[i], dtype, 11 + static_cast<std::uint32_t>(i)));
      cases_.push_back({fmt::format("{}_{}", what, name(dtype)), inputs, function, tolerance_of(dtype)});
    }
  }

private:
  static Array around_one(const Shape& shape, DType dtype, std::size_t seed) {
    std::vector<float> values =
        random_array(shape, DType::float32, static_cast<std::uint32_t>(seed) + 1, 0.5f).to_floats();
    for (float& value : values) value += 1;
    std::vector<BFloat16> rounded;  // which every floating type holds
    for (const float value : values) rounded.push_back(to_bfloat16(value));
    if (dtype == DType::bfloat16) return Array::from(rounded, shape);
    std::vector<Float16> halves;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = to_float(rounded[i]);
      halves.push_back(to_float16(values[i]));
    }
    return dtype == DType::float16 ? Array::from(halves, shape) : Array::from(values, shape);
  }

  std::vector<GradientCase> cases_;
};

void add_elementwise(Cases& cases) {
  for (int kind = 0; kind <= static_cast<int>(UnaryKind::gelu_approximate); ++kind) {
    const auto unary_kind = static_cast<UnaryKind>(kind);
    const bool positive = unary_kind == UnaryKind::logarithm || unary_kind == UnaryKind::square_root ||
                          unary_kind == UnaryKind::reciprocal_square_root;
    cases.add(
        Unary(unary_kind).name(), {{3, 5}}, [=](const Inputs& in) { return unary(unary_kind, in[0]); }, positive);
  }
  using enum BinaryKind;
  for (const BinaryKind kind : {add, subtract, multiply, divide, maximum, minimum, power}) {
    const bool positive = kind == divide || kind == power;
    cases.add(
        Binary(kind).name(), {{3, 5}, {3, 5}}, [=](const Inputs& in) { return binary(kind, in[0], in[1]); }, positive);
  }
  for (int kind = 0; kind <= static_cast<int>(GateKind::clipped_swiglu); ++kind) {
    const auto gate = static_cast<GateKind>(kind);
    cases.add(Binary(binary_kind(gate)).name(), {{3, 5}, {3, 5}},
              [=](const Inputs& in) { return gated(in[0], in[1], gate); });
  }
  cases.add("multiply_broadcast", {{4, 1, 3}, {2, 1}}, [](const Inputs& in) { return etna::multiply(in[0], in[1]); });
  cases.add("add_row", {{2, 3, 4}, {4}}, [](const Inputs& in) { return etna::add(in[0], in[1]); });
  cases.add("square_of_itself", {{7}}, [](const Inputs& in) { return etna::multiply(in[0], in[0]); });
  cases.add("softcap", {{3, 5}}, [](const Inputs& in) { return softcap(in[0], 0.7f); });
  cases.add("where", {{3, 5}, {3, 5}}, [](const Inputs& in) {
    return where(binary(greater, in[0], in[1]), etna::multiply(in[0], in[1]), etna::add(in[0], in[0]));
  });
  cases.add("cast", {{6}}, [](const Inputs& in) { return unary(UnaryKind::square, cast(in[0], DType::float32)); });
}

void add_reductions_and_views(Cases& cases) {
  for (int axis = 0; axis < 3; ++axis) {
    cases.add(fmt::format("sum_{}", axis), {{2, 3, 4}}, [=](const Inputs& in) { return sum(in[0], axis); });
  }
  cases.add("mean", {{3, 8}}, [](const Inputs& in) { return mean(in[0], -1, KeepAxis::yes); });
  cases.add("maximum_along", {{3, 8}}, [](const Inputs& in) { return maximum_along(in[0], 0); });
  cases.add("minimum_along", {{3, 8}}, [](const Inputs& in) { return reduce(ReduceKind::minimum, in[0], -1); });
  cases.add("reshape_of_a_transpose", {{3, 4}}, [](const Inputs& in) {
    return unary(UnaryKind::square, reshape(transpose(in[0], 0, 1), {2, 6}));
  });
  cases.add("permute", {{2, 3, 4}}, [](const Inputs& in) {
    return unary(UnaryKind::square, permute(in[0], {2, 0, 1}));
  });
  cases.add("slice", {{4, 5}},
            [](const Inputs& in) { return unary(UnaryKind::square, slice(slice(in[0], 0, 1, 3), 1, 2, 5)); });
  cases.add("slices_of_one", {{4, 6}},
            [](const Inputs& in) { return etna::multiply(slice(in[0], 1, 0, 3), slice(in[0], 1, 2, 5)); });
  cases.add("broadcast_to", {{3, 1}}, [](const Inputs& in) {
    return unary(UnaryKind::square, broadcast_to(in[0], {2, 3, 4}));
  });
  cases.add("contiguous", {{3, 4}},
            [](const Inputs& in) { return contiguous(transpose(unary(UnaryKind::square, in[0]), 0, 1)); });
  cases.add("concatenate", {{2, 3}, {2, 1}}, [](const Inputs& in) {
    return unary(UnaryKind::square, concatenate({in[0], in[1], in[0]}, 1));
  });
  cases.add("after", {{4}, {4}}, [](const Inputs& in) { return after(unary(UnaryKind::square, in[0]), {in[1]}); });
}

void add_products(Cases& cases) {
  cases.add("matmul", {{3, 4}, {4, 2}}, [](const Inputs& in) { return matmul(in[0], in[1]); });
  cases.add("matmul_wide", {{3, 2}, {2, 5}}, [](const Inputs& in) { return matmul(in[0], in[1]); });
  cases.add("matmul_transposed", {{2, 3, 4}, {2, 4}},
            [](const Inputs& in) { return matmul(in[0], in[1], Transpose::yes); });
  cases.add("matmul_transposed_wide", {{2, 3, 2}, {5, 2}},
            [](const Inputs& in) { return matmul(in[0], in[1], Transpose::yes); });
  cases.add("matmul_of_a_row", {{4}, {4, 3}}, [](const Inputs& in) { return matmul(in[0], in[1]); });
  cases.add("matmul_batched", {{2, 3, 4}, {2, 4, 2}}, [](const Inputs& in) { return matmul(in[0], in[1]); });
  cases.add("matmul_batched_transposed", {{2, 2, 3, 4}, {2, 2, 2, 4}},
            [](const Inputs& in) { return matmul(in[0], in[1], Transpose::yes); });
  cases.add("matmul_residual", {{3, 4}, {2, 4}, {3, 2}},
            [](const Inputs& in) { return matmul_residual(in[0], in[1], in[2]); });
  const PackedFormat formats[] = {PackedFormat::affine(4, 32),
                                  PackedFormat::affine(6, 64),
                                  PackedFormat::of(PackedKind::mxfp4),
                                  PackedFormat::of(PackedKind::nvfp4),
                                  PackedFormat::fp8(32),
                                  PackedFormat::of(PackedKind::q4_0),
                                  PackedFormat::of(PackedKind::q8_0),
                                  PackedFormat::of(PackedKind::q4_k),
                                  PackedFormat::of(PackedKind::q6_k)};
  for (const PackedFormat& format : formats) {
    const std::int64_t k = format.group_size > 64 ? 256 : 64;
    const PackedArrays w = random_packed(5, k, format, DType::float32, 3),
                       up = random_packed(5, k, format, DType::float32, 9);
    cases.add("quantized_matmul_" + name(format), {{3, k}},
              [=](const Inputs& in) { return quantized_matmul(in[0], w, format); });
    cases.add("quantized_matmul_untransposed_" + name(format), {{3, 5}},
              [=](const Inputs& in) { return quantized_matmul(in[0], w, format, Transpose::no); });
    cases.add("quantized_matmul_residual_" + name(format), {{3, k}, {3, 5}},
              [=](const Inputs& in) { return quantized_matmul_residual(in[0], w, format, in[1]); });
    cases.add("quantized_gated_" + name(format), {{3, k}}, [=](const Inputs& in) {
      return quantized_swiglu(etna::multiply(in[0], Array::scalar(0.125f, in[0].dtype())), w, up, format);
    });
  }
}

void add_layers(Cases& cases) {
  cases.add("softmax", {{3, 6}}, [](const Inputs& in) { return softmax(in[0]); });
  cases.add("rms_norm", {{3, 8}, {8}}, [](const Inputs& in) { return rms_norm(in[0], in[1], 1e-5f, 1); });
  cases.add("rms_norm_without_weight", {{3, 7}}, [](const Inputs& in) { return rms_norm(in[0], {}, 1e-2f); });
  cases.add("layer_norm", {{3, 8}, {8}, {8}}, [](const Inputs& in) { return layer_norm(in[0], in[1], in[2], 1e-5f); });
  const Array offsets = Array::from(std::vector<std::int32_t>{3, 0}, {2});
  const Array frequencies = Array::from(std::vector<float>{1, 0.3f}, {2});
  for (const RopeLayout layout : {RopeLayout::half_split, RopeLayout::interleaved}) {
    cases.add(fmt::format("rope_{}", static_cast<int>(layout)), {{2, 3, 2, 6}},
              [=](const Inputs& in) { return rope(in[0], offsets, frequencies, layout, 1.5f); });
  }
  const Array ids = Array::from(std::vector<std::int32_t>{1, 4, 1, 0, 1, 2}, {2, 3});
  cases.add("take", {{5, 4}}, [=](const Inputs& in) { return unary(UnaryKind::square, take(in[0], ids)); });
  cases.add("scatter_add", {{2, 3, 4}},
            [=](const Inputs& in) { return unary(UnaryKind::square, scatter_add(in[0], ids, 6)); });
  cases.add("take_along_last", {{2, 5}},
            [=](const Inputs& in) { return unary(UnaryKind::square, take_along_last(in[0], ids)); });
  const Array targets = Array::from(std::vector<std::int32_t>{2, -1, 0}, {3});
  cases.add("cross_entropy", {{3, 7}}, [=](const Inputs& in) {
    return cross_entropy(etna::multiply(in[0], Array::scalar(3, in[0].dtype())), targets);
  });
}

struct AttentionCase {
  std::string name;
  std::int64_t heads, kv_heads, length, places;
  AttentionOptions options;
};

void add_attention(Cases& cases) {
  const Array offsets = Array::from(std::vector<std::int32_t>{2, 0}, {2});
  const AttentionCase all[] = {{"plain", 2, 2, 3, 6, {.scale = 0.5f}},
                               {"grouped", 4, 2, 3, 5, {.scale = 0.5f}},
                               {"windowed", 2, 1, 4, 6, {.scale = 0.7f, .window = 2}},
                               {"softcapped", 2, 1, 3, 5, {.scale = 1.5f, .softcap = 0.8f}},
                               {"long", 2, 1, 37, 41, {.scale = 0.5f, .window = 20}}};
  for (const AttentionCase& c : all) {
    cases.add("attention_" + c.name,
              {{2, c.length, c.heads, 4}, {2, c.kv_heads, c.places, 4}, {2, c.kv_heads, c.places, 6}},
              [=](const Inputs& in) { return attention(in[0], in[1], in[2], offsets, c.options); });
  }
  cases.add("attention_with_sinks", {{2, 3, 4, 4}, {2, 2, 5, 4}, {2, 2, 5, 4}, {4}},
            [=](const Inputs& in) { return attention(in[0], in[1], in[2], offsets, {.scale = 0.5f, .sinks = in[3]}); });
  cases.add("cache_update", {{2, 3, 2, 4}}, [=](const Inputs& in) {
    const Array cache = contiguous(zeros({2, 2, 6, 4}, in[0].dtype()));
    return unary(UnaryKind::square, cache_update(cache, in[0], offsets));
  });
  const Array frequencies = Array::from(std::vector<float>{1, 0.3f}, {2});
  cases.add("rope_cache_update", {{2, 3, 2, 4}}, [=](const Inputs& in) {
    const Array cache = contiguous(zeros({2, 2, 6, 4}, in[0].dtype()));
    return unary(UnaryKind::square, rope_cache_update(cache, in[0], offsets, frequencies));
  });
}

void add_mixtures(Cases& cases) {
  const Array indices = Array::from(std::vector<std::int32_t>{0, 2, 1, 2, 2, 0, 0, 1}, {4, 2});
  cases.add("expert_matmul", {{4, 5}, {3, 6, 5}, {3, 6}},
            [=](const Inputs& in) { return expert_matmul(in[0], in[1], indices, in[2]); });
  cases.add("expert_matmul_of_slots", {{4, 2, 5}, {3, 6, 5}},
            [=](const Inputs& in) { return expert_matmul(in[0], in[1], indices); });
  cases.add("expert_gated", {{4, 5}, {3, 6, 5}, {3, 6, 5}}, [=](const Inputs& in) {
    return expert_gated(in[0], {{in[1]}, std::nullopt}, {{in[2]}, std::nullopt}, indices, GateKind::silu);
  });
  for (const PackedFormat& format :
       {PackedFormat::affine(4, 32), PackedFormat::of(PackedKind::mxfp4), PackedFormat::of(PackedKind::q8_0)}) {
    PackedArrays w = random_packed(3 * 6, 64, format, DType::float32, 5);
    const auto stacked = [](const Array& rows) { return reshape(rows, {3, 6, rows.shape(1)}); };
    w.weight = stacked(w.weight);
    if (w.scales) w.scales = stacked(*w.scales);
    if (w.biases) w.biases = stacked(*w.biases);
    cases.add("expert_matmul_" + name(format), {{4, 64}},
              [=](const Inputs& in) { return expert_matmul(in[0], w, format, indices); });
  }
  cases.add("combine_experts", {{4, 2, 5}, {4, 2}, {4, 5}}, [](const Inputs& in) {
    return combine_experts_residual(in[0], softmax(cast(in[1], DType::float32)), in[2]);
  });
  cases.add("top_k_softmax", {{3, 6}}, [](const Inputs& in) { return top_k_softmax(in[0], 2); });
  cases.add("routed_mixture", {{4, 5}, {3, 5}, {3, 6, 5}}, [](const Inputs& in) {
    const Array scores = matmul(in[0], in[1], Transpose::yes);
    const Array chosen = expert_matmul(in[0], in[2], top_k_indices(scores, 2));
    return combine_experts(chosen, cast(top_k_softmax(scores, 2), DType::float32));
  });
}

std::vector<GradientCase> made(void (*add)(Cases&)) {
  Cases cases;
  add(cases);
  return cases.take();
}

class GradientOf : public testing::TestWithParam<const char*> {
protected:
  void SetUp() override {
    const bool graphics = std::string(GetParam()) == "vulkan";
    if (graphics && vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
    backend_ = graphics ? vulkan::create_backend(0) : cpu::create_backend(2);
  }

  void check(void (*add)(Cases&)) {
    for (const GradientCase& gradient_case : made(add)) check_gradients(gradient_case, *backend_);
  }

  std::unique_ptr<Backend> backend_;
};

TEST_P(GradientOf, ElementwiseFunctionsIsTheirDifferenceQuotient) {
  check(add_elementwise);
}

TEST_P(GradientOf, ReductionsAndViewsIsTheirDifferenceQuotient) {
  check(add_reductions_and_views);
}

TEST_P(GradientOf, ProductsIsTheirDifferenceQuotientWhateverTheWeightsFormat) {
  check(add_products);
}

TEST_P(GradientOf, LayersIsTheirDifferenceQuotient) {
  check(add_layers);
}

TEST_P(GradientOf, AttentionIsItsDifferenceQuotient) {
  check(add_attention);
}

TEST_P(GradientOf, MixturesOfExpertsIsTheirDifferenceQuotient) {
  check(add_mixtures);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, GradientOf, testing::Values("cpu", "vulkan"),
                         [](const auto& run) { return std::string(run.param); });

}  // namespace
}  // namespace etna::test
