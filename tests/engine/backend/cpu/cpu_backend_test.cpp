#include "engine/backend/cpu/cpu_backend.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/quantized.h"
#include "engine/ops/random.h"
#include "tests/support/check_cases.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

TEST(CpuBackend, every_operation_agrees_with_its_definition) {
  test::check_cases(*cpu::create_backend(2));
}

TEST(CpuBackend, reading_speed_is_measured_once) {
  EXPECT_GT(cpu::read_speed(), 1e8);
  EXPECT_EQ(cpu::read_speed(), cpu::read_speed());
}

TEST(CpuBackend, repeats_to_the_bit) {
  const auto backend = cpu::create_backend(2);
  for (const test::OpCase& op_case : test::op_cases()) {
    const Array a = op_case.build(*backend), b = op_case.build(*backend);
    evaluate(a, *backend);
    evaluate(b, *backend);
    EXPECT_TRUE(a.to_bytes() == b.to_bytes()) << op_case.name;
  }
}

TEST(CpuBackend, integer_products_are_closer_than_float16_and_pass_on_what_is_not_finite) {
  const auto backend = cpu::create_backend(1);
  for (const int bits : {4, 8}) {
    for (const int group : {32, 64, 128}) {
      for (const std::int64_t k : {128, 384, 2176}) {
        const PackedFormat format = PackedFormat::affine(bits, group);
        const PackedArrays w = test::random_affine(9, k, format, DType::float16, 3);
        const Array x = cast(test::random_array({1, k}, DType::float16, 1), DType::float32);
        const Array exact = quantized_matmul(x, w, format), rounded = cast(quantized_matmul(cast(x, DType::float16), w, format), DType::float32);
        const Array both[] = {exact, rounded};
        evaluate(both, *backend);
        const std::vector<float> a = exact.to_floats(), b = rounded.to_floats();
        for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-3f * std::max(1.0f, std::fabs(a[i]))) << bits << " " << group << " " << k;
      }
    }
  }
  std::vector<Float16> values(64, to_float16(0.5f));
  values[17] = to_float16(std::numeric_limits<float>::infinity());
  const Array broken = quantized_matmul(Array::from(values, {1, 64}), test::random_affine(2, 64, {}, DType::float16, 3), {});
  evaluate(broken, *backend);
  EXPECT_FALSE(std::isfinite(broken.to_floats()[0]));
}

TEST(CpuBackend, sampling_follows_the_distribution) {
  const auto backend = cpu::create_backend(1);
  const std::vector<float> logits{0, 1, 2, -1};
  int counts[4] = {};
  constexpr int draws = 4000;
  for (int i = 0; i < draws; ++i) {
    const Array id = sample_token(Array::from(logits, {4}), Array::from(std::vector<std::uint32_t>{7, 9}, {2}),
                                  Array::from(std::vector<std::int32_t>{i}, {1}), 1.0f);
    evaluate(id, *backend);
    ++counts[id.to_vector<std::int32_t>()[0]];
  }
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit);
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(counts[i], draws * std::exp(logits[static_cast<std::size_t>(i)]) / sum, 120);
}

}  // namespace
}  // namespace etna
