#include "engine/plan/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/moe.h"
#include "engine/ops/quantized.h"
#include "engine/ops/rope.h"
#include "engine/ops/view.h"
#include "engine/plan/fuse.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

using test::random_affine;
using test::random_array;

class PlanTest : public testing::Test {
protected:
  std::string fused_name(const Array& array) { return fuse(std::span(&array, 1), *backend_).front().op()->name(); }

  std::unique_ptr<Backend> backend_ = cpu::create_backend(1);
  PackedFormat format_;
};

TEST_F(PlanTest, a_plan_runs_again_on_new_inputs_without_new_memory) {
  const Array input = allocate_array(*backend_, {3}, DType::float32, MemoryTag::other, 0);
  const Array output = multiply(exponential(input), Array::scalar(2));
  const auto plan = Plan::compile(std::span(&output, 1), *backend_, 0);
  const std::uint64_t before = backend_->allocator()->ledger()->total().live_bytes;
  for (const float value : {0.0f, 1.0f, -2.0f}) {
    const float values[3] = {value, value, value};
    input.view().buffer->write(0, std::as_bytes(std::span(values)));
    plan->run();
    EXPECT_FLOAT_EQ(plan->output(0).to_floats()[2], 2 * std::exp(value));
  }
  EXPECT_EQ(backend_->allocator()->ledger()->total().live_bytes, before);
}

TEST_F(PlanTest, a_residual_goes_into_the_product_before_it) {
  const Array x = random_array({1, 64}, DType::float32, 1), r = random_array({1, 8}, DType::float32, 2);
  const Array product = quantized_matmul(x, random_affine(8, 64, format_, DType::float16, 3), format_);
  EXPECT_EQ(fused_name(add(r, product)), "quantized_matmul_residual_q4g64");
  EXPECT_EQ(fused_name(add(product, product)), "add") << "needed twice";
}

TEST_F(PlanTest, gate_and_up_become_one_operation) {
  const Array x = random_array({1, 64}, DType::float32, 1);
  const auto weights = [&](std::uint32_t seed) { return random_affine(8, 64, format_, DType::float16, seed); };
  const auto swiglu = [&](const Array& a, const Array& b) { return silu_multiply(quantized_matmul(a, weights(2), format_), quantized_matmul(b, weights(5), format_)); };
  EXPECT_EQ(fused_name(swiglu(x, x)), "quantized_swiglu_q4g64");
  const Array gelu = gated(quantized_matmul(x, weights(2), format_), quantized_matmul(x, weights(5), format_), GateKind::gelu_approximate);
  EXPECT_EQ(fused_name(gelu), "quantized_gated_q4g64");
  EXPECT_EQ(fused_name(swiglu(x, random_array({1, 64}, DType::float32, 9))), "silu_multiply") << "different inputs";
}

TEST_F(PlanTest, gate_and_up_of_experts_become_one_operation) {
  const Array x = random_array({1, 16}, DType::float32, 1), indices = test::random_integers({1, 2}, 4, 2);
  const auto product = [&](const Array& in, std::uint32_t seed) { return expert_matmul(in, random_array({4, 8, 16}, DType::float32, seed), indices); };
  EXPECT_EQ(fused_name(gated(product(x, 3), product(x, 4), GateKind::gelu)), "expert_gated");
  EXPECT_EQ(fused_name(gated(product(x, 3), product(random_array({1, 16}, DType::float32, 9), 4), GateKind::gelu)), "gelu_multiply");
  const Array one = product(x, 3);
  EXPECT_EQ(fused_name(gated(one, one, GateKind::relu)), "relu_multiply") << "needed twice";
}

TEST_F(PlanTest, a_residual_goes_into_the_sum_over_experts_under_another_shape) {
  const Array x = random_array({2, 3, 8}, DType::float32, 1), weights = random_array({2, 3}, DType::float32, 2), r = random_array({1, 2, 8}, DType::float32, 3);
  const Array y = add(r, reshape(combine_experts(x, weights), {1, 2, 8}));
  const Array fused = fuse(std::span(&y, 1), *backend_).front();
  EXPECT_EQ(fused.shape(), y.shape());
  ASSERT_EQ(fused.op()->name(), "reshape");
  EXPECT_EQ(fused.inputs()[0].inputs().size(), 3u);
}

TEST_F(PlanTest, rotated_keys_are_written_to_the_cache_at_once) {
  const Array cache = allocate_array(*backend_, {1, 2, 8, 4}, DType::float32, MemoryTag::kv_cache, 0);
  const Array rows = random_array({1, 1, 2, 4}, DType::float32, 1), frequencies = random_array({2}, DType::float32, 2);
  const Array offsets = Array::from(std::vector<std::int32_t>{3}, {1});
  EXPECT_EQ(fused_name(cache_update(cache, rope(rows, offsets, frequencies), offsets)), "rope_cache_update");
}

TEST_F(PlanTest, fused_and_plain_graphs_agree) {
  const Array x = random_array({1, 128}, DType::float32, 1, 0.2f);
  const auto linear = [&](const Array& in, std::uint32_t seed) { return quantized_matmul(in, random_affine(128, 128, format_, DType::bfloat16, seed), format_); };
  const auto graph = [&] { return add(x, linear(silu_multiply(linear(x, 2), linear(x, 5)), 8)); };
  const Array fused = graph(), plain = graph();
  const auto plan = Plan::compile(std::span(&fused, 1), *backend_, 0);
  plan->run();
  evaluate(plain, *backend_);
  const std::vector<float> a = plan->output(0).to_floats(), b = plain.to_floats();
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4f * std::max(1.0f, std::fabs(b[i])));
  EXPECT_EQ(plan->dispatch_count(), 2);
}

TEST_F(PlanTest, a_profile_counts_calls_bytes_and_time) {
  const Array x = random_array({64, 64}, DType::float32, 1);
  const Array y = exponential(exponential(x));
  const std::vector<StepTime> times = Plan::compile(std::span(&y, 1), *backend_, 0)->profile();
  ASSERT_EQ(times.size(), 1u);
  EXPECT_EQ(times[0].count, 2);
  EXPECT_EQ(times[0].work.bytes, 4u * 64 * 64 * 4);
  EXPECT_GT(times[0].seconds, 0);
}

}  // namespace
}  // namespace etna
