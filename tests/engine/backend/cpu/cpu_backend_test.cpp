#include "engine/backend/cpu/cpu_backend.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/random.h"
#include "tests/support/check_cases.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

TEST(CpuBackend, every_operation_agrees_with_its_definition) {
  test::check_cases(*cpu::create_backend(2));
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
