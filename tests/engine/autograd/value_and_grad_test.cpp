#include "engine/autograd/value_and_grad.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/autograd/vjp.h"
#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/error.h"
#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/quantized.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rope.h"
#include "engine/ops/view.h"
#include "engine/plan/plan.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

Array numbers(const std::vector<float>& values) {
  return Array::from(values, {static_cast<std::int64_t>(values.size())});
}

Array square_sum(const Array& x) {
  return sum(unary(UnaryKind::square, x), 0);
}

template <class Body>
void expect_error(Errc code, const std::string& text, const Body& body) {
  try {
    body();
    ADD_FAILURE() << "no error with " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_THAT(error.what(), HasSubstr(text));
  }
}

class ValueAndGrad : public testing::Test {
protected:
  std::vector<float> computed(const Array& array) {
    evaluate(array, *backend_);
    return array.to_floats();
  }

  std::unique_ptr<Backend> backend_ = cpu::create_backend(2);
};

TEST_F(ValueAndGrad, GivesTheValueAndOneGradientForEachChosenArgument) {
  const auto function = value_and_grad(
      [](const std::vector<Array>& in) { return sum(multiply(multiply(in[0], in[1]), in[2]), 0); }, {2, 0});
  const ValueAndGradients found = function({numbers({1, 2}), numbers({3, 4}), numbers({5, 6})});
  evaluate(found.arrays(), *backend_);
  EXPECT_THAT(found.value.to_floats(), ElementsAre(63));
  ASSERT_EQ(found.gradients.size(), 2U);
  EXPECT_THAT(found.gradients[0].to_floats(), ElementsAre(3, 8));
  EXPECT_THAT(found.gradients[1].to_floats(), ElementsAre(15, 24));
}

TEST_F(ValueAndGrad, IsZeroWhereNothingDependsOnTheArgument) {
  const auto function = value_and_grad([](const std::vector<Array>& in) { return square_sum(in[0]); }, {0, 1});
  const ValueAndGradients found = function({numbers({1, 2}), numbers({3, 4, 5})});
  EXPECT_THAT(computed(found.gradients[1]), ElementsAre(0, 0, 0));
}

TEST_F(ValueAndGrad, TakesWhatAFunctionCapturesForConstant) {
  const Array x = numbers({3});
  const auto function = value_and_grad([&](const std::vector<Array>& in) { return sum(multiply(in[0], x), 0); });
  EXPECT_THAT(computed(function({x}).gradients[0]), ElementsAre(3));
}

TEST_F(ValueAndGrad, AddsUpAllWaysToAnArgument) {
  const auto function = value_and_grad([](const std::vector<Array>& in) {
    const Array twice = add(in[0], in[0]);
    return sum(add(multiply(twice, in[0]), exponential(in[0])), 0);
  });
  EXPECT_THAT(computed(function({numbers({0, 1})}).gradients[0]), ElementsAre(FloatEq(1), FloatEq(4 + std::exp(1.0f))));
}

TEST_F(ValueAndGrad, IsAFunctionWhoseGradientCanBeTakenAgain) {
  const auto slope = [](const std::vector<Array>& in) {
    return value_and_grad(
               [](const std::vector<Array>& x) { return sum(multiply(x[0], unary(UnaryKind::square, x[0])), 0); })(in)
        .gradients[0];
  };
  const auto curvature = value_and_grad([&](const std::vector<Array>& in) { return sum(slope(in), 0); });
  EXPECT_THAT(computed(curvature({numbers({2, 5})}).gradients[0]), ElementsAre(FloatEq(12), FloatEq(30)));
}

TEST_F(ValueAndGrad, RunsAsAPlanOverArraysThatChange) {
  const Array x = allocate_array(*backend_, {2}, DType::float32, MemoryTag::training, 0);
  const ValueAndGradients found = value_and_grad([](const std::vector<Array>& in) { return square_sum(in[0]); })({x});
  const auto plan = Plan::compile(found.arrays(), *backend_, 0);
  for (const float value : {1.0f, 4.0f}) {
    const std::vector<float> contents{value, 0};
    x.view().buffer->write(x.view().offset, std::as_bytes(std::span(contents)));
    plan->run();
    EXPECT_THAT(plan->output(0).to_floats(), ElementsAre(value * value));
    EXPECT_THAT(plan->output(1).to_floats(), ElementsAre(2 * value, 0));
  }
}

TEST_F(ValueAndGrad, FlowsThroughAStepOfGradientDescent) {
  const auto loss = [](const std::vector<Array>& in) { return square_sum(in[0]); };
  const auto after_a_step = value_and_grad(
      [&](const std::vector<Array>& in) {
        const Array moved = subtract(in[0], multiply(in[1], value_and_grad(loss)(in).gradients[0]));
        return square_sum(moved);
      },
      {1});
  // (x - 2 r x)² by r at r = 0.25: -4 x² (1 - 2 r)
  EXPECT_THAT(computed(after_a_step({numbers({3}), numbers({0.25f})}).gradients[0]), ElementsAre(FloatEq(-18)));
}

TEST_F(ValueAndGrad, RefusesValuesThatAreNoFloatingScalars) {
  const auto whole = value_and_grad([](const std::vector<Array>& in) { return in[0]; });
  expect_error(Errc::invalid_argument, "value_and_grad: the value is float32 (2)", [&] { whole({numbers({1, 2})}); });
  const auto index = value_and_grad([](const std::vector<Array>& in) { return argmax(in[0], 0); });
  expect_error(Errc::invalid_argument, "the value is int32 ()", [&] { index({numbers({1, 2})}); });
}

TEST_F(ValueAndGrad, RefusesArgumentsThatAreNotThereOrNotFloating) {
  const auto third = value_and_grad([](const std::vector<Array>& in) { return square_sum(in[0]); }, {2});
  expect_error(Errc::invalid_argument, "there is no argument 2", [&] { third({numbers({1}), numbers({1})}); });
  const auto whole = value_and_grad([](const std::vector<Array>& in) { return sum(cast(in[0], DType::float32), 0); });
  expect_error(Errc::invalid_argument, "a variable is int32", [&] { whole({arange(3)}); });
}

TEST_F(ValueAndGrad, NamesOperationsWithoutAGradient) {
  const PackedFormat format = PackedFormat::affine(4, 32);
  const PackedArrays w = test::random_packed(4, 32, format, DType::float32, 1);
  const auto by_scales = [&](const std::vector<Array>& in) {
    return sum(quantized_matmul(test::random_array({32}, DType::float32, 2), {w.weight, in[0], w.biases}, format), 0);
  };
  expect_error(Errc::unsupported, "quantized_matmul_q4g32: packed weights have no gradient",
               [&] { value_and_grad(by_scales)({*w.scales}); });
  const auto rows = [&](const std::vector<Array>& in) {
    return sum(dequantize({w.weight, in[0], w.biases}, format, DType::float32), 0);
  };
  expect_error(Errc::unsupported, "dequantize_q4g32: it has no gradient", [&] {
    const Array scales = *w.scales;
    const Array y = sum(rows({after(scales, {})}), 0);
    vjp([&](const std::vector<Array>& in) { return std::vector<Array>{sum(rows(in), 0)}; }, {scales},
        {Array::scalar(1)});
  });
  const auto by_frequency = [&](const std::vector<Array>& in) {
    const Array x = test::random_array({1, 1, 1, 4}, DType::float32, 3);
    return sum(reshape(rope(x, Array::from(std::vector<std::int32_t>{1}, {1}), in[0]), {4}), 0);
  };
  expect_error(Errc::unsupported, "rope: there is no gradient by the frequencies", [&] {
    value_and_grad(by_frequency)({numbers({1, 2})});
  });
}

TEST_F(ValueAndGrad, RefusesCachesThatCannotBeDifferentiated) {
  const CacheLayout packed{.bits = 8, .group_size = 32};
  const Array cache = allocate_array(*backend_, {1, 1, 4, packed.width(32)}, DType::uint32, MemoryTag::kv_cache, 0);
  const Array offsets = Array::from(std::vector<std::int32_t>{0}, {1});
  const auto function = [&](const std::vector<Array>& in) {
    const Array y = attention(in[0], cache, cache, offsets, {}, packed, packed);
    return sum(reshape(y, {32}), 0);
  };
  expect_error(Errc::unsupported, "attention_gradient: caches of packed rows and rings", [&] {
    value_and_grad(function)({test::random_array({1, 1, 1, 32}, DType::float32, 1)});
  });
}

TEST_F(ValueAndGrad, ChecksCotangents) {
  const Function twice = [](const std::vector<Array>& in) { return std::vector<Array>{add(in[0], in[0])}; };
  expect_error(Errc::invalid_argument, "gradients: 0 cotangents for 1 outputs",
               [&] { vjp(twice, {numbers({1})}, {}); });
  expect_error(Errc::invalid_argument, "its cotangent float32 (2)", [&] {
    vjp(twice, {numbers({1})}, {numbers({1, 2})});
  });
}

TEST_F(ValueAndGrad, GivesGradientsOfSeveralOutputs) {
  const Function both = [](const std::vector<Array>& in) {
    return std::vector<Array>{unary(UnaryKind::square, in[0]), multiply(in[0], in[1])};
  };
  const Vjp found = vjp(both, {numbers({2}), numbers({3})}, {numbers({10}), numbers({100})});
  EXPECT_THAT(computed(found.gradients[0]), ElementsAre(340));
  EXPECT_THAT(computed(found.gradients[1]), ElementsAre(200));
}

TEST_F(ValueAndGrad, SurvivesAVeryLongChain) {
  const auto function = value_and_grad([](const std::vector<Array>& in) {
    Array x = in[0];
    for (int i = 0; i < 20000; ++i) x = add(x, x);
    return sum(multiply(x, Array::scalar(0)), 0);
  });
  EXPECT_NO_THROW(function({numbers({1})}));
}

}  // namespace
}  // namespace etna
