#include "engine/autograd/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/array/schedule.h"
#include "engine/backend/cpu/cpu_backend.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/norm.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

enum class Keep { everything, inputs };

constexpr std::int64_t rows = 64, width = 32, inner = 256;

/// A feed-forward block whose middle is much wider than its ends.
Array block(const Array& x, const Array& up, const Array& down) {
  const Array wide = silu(matmul(rms_norm(x, {}, 1e-5f), up, Transpose::yes));
  return add(x, matmul(wide, down, Transpose::yes));
}

/// Some blocks, with gradients by the weights of all of them and by the input.
ValueAndGradients of_blocks(int count, Keep keep) {
  std::vector<Array> inputs{test::random_array({rows, width}, DType::float32, 1)};
  std::vector<int> arguments{0};
  for (int i = 0; i < count; ++i) {
    inputs.push_back(test::random_array({inner, width}, DType::float32, 2 + static_cast<std::uint32_t>(2 * i), 0.1f));
    inputs.push_back(test::random_array({width, inner}, DType::float32, 3 + static_cast<std::uint32_t>(2 * i), 0.1f));
    arguments.push_back(2 * i + 1);
    arguments.push_back(2 * i + 2);
  }
  const auto loss = [=](const std::vector<Array>& in) {
    Array x = in[0];
    for (int i = 0; i < count; ++i) {
      const Array &up = in[static_cast<std::size_t>(2 * i + 1)], &down = in[static_cast<std::size_t>(2 * i + 2)];
      if (keep == Keep::everything)
        x = block(x, up, down);
      else
        x = checkpoint([=](const std::vector<Array>& one) { return block(one[0], up, down); }, {x});
    }
    return sum(sum(unary(UnaryKind::square, x), 0), 0);
  };
  return value_and_grad(loss, arguments)(inputs);
}

std::size_t arena_bytes(const ValueAndGradients& found, Backend& backend) {
  return schedule(found.arrays(), backend, 0).buffers.at(0)->bytes();
}

TEST(Checkpoint, ChangesNoGradientEvenOfWhatTheFunctionCaptured) {
  const auto backend = cpu::create_backend(2);
  const ValueAndGradients plain = of_blocks(3, Keep::everything), kept = of_blocks(3, Keep::inputs);
  evaluate(plain.arrays(), *backend);
  evaluate(kept.arrays(), *backend);
  EXPECT_EQ(plain.value.to_floats(), kept.value.to_floats());
  for (std::size_t i = 0; i < plain.gradients.size(); ++i) {
    EXPECT_EQ(plain.gradients[i].to_floats(), kept.gradients[i].to_floats()) << i;
  }
}

TEST(Checkpoint, KeepsOnlyInputsUntilTheGradientArrives) {
  const auto backend = cpu::create_backend(2);
  const std::size_t block_bytes = rows * inner * 4;  // of one array in the middle
  const std::size_t plain_few = arena_bytes(of_blocks(4, Keep::everything), *backend),
                    plain_many = arena_bytes(of_blocks(12, Keep::everything), *backend);
  const std::size_t few = arena_bytes(of_blocks(4, Keep::inputs), *backend),
                    many = arena_bytes(of_blocks(12, Keep::inputs), *backend);
  EXPECT_GE(plain_many - plain_few, 8 * 2 * block_bytes);  // two such arrays a block
  EXPECT_LE(many - few, 8 * block_bytes / 2);              // a row of x a block, and what rounds it up
  EXPECT_LT(many, plain_many / 2);
}

TEST(Checkpoint, GivesGradientsInTheOrderTheyAreFound) {
  // Gradients of all weights are outputs; what they are made of does not pile up, although the first argument's, which
  // is found last, is asked for first.
  const auto backend = cpu::create_backend(2);
  const ValueAndGradients found = of_blocks(12, Keep::inputs);
  std::vector<Array> backwards = found.arrays();
  std::reverse(backwards.begin() + 1, backwards.end());
  ValueAndGradients other{found.value, {backwards.begin() + 1, backwards.end()}};
  EXPECT_EQ(arena_bytes(found, *backend), arena_bytes(other, *backend));
}

TEST(Checkpoint, MayBeNested) {
  const auto backend = cpu::create_backend(2);
  const auto cube = [](const std::vector<Array>& in) { return multiply(in[0], unary(UnaryKind::square, in[0])); };
  const auto loss = value_and_grad([&](const std::vector<Array>& in) {
    const auto outer = [&](const std::vector<Array>& x) { return exponential(checkpoint(cube, {x[0]})); };
    return sum(checkpoint(outer, {in[0]}), 0);
  });
  const ValueAndGradients found = loss({Array::from(std::vector<float>{0.5f, 1}, {2})});
  evaluate(found.arrays(), *backend);
  const std::vector<float> gradient = found.gradients[0].to_floats();
  EXPECT_NEAR(gradient[0], 3 * 0.25 * std::exp(0.125), 1e-5);
  EXPECT_NEAR(gradient[1], 3 * std::exp(1.0), 1e-5);
}

TEST(Checkpoint, SeesAnInputAndItsCapturedTwinAsOne) {
  const auto backend = cpu::create_backend(2);
  const auto loss = value_and_grad([](const std::vector<Array>& in) {
    return sum(checkpoint([&](const std::vector<Array>& x) { return multiply(x[0], in[0]); }, {in[0]}), 0);
  });
  const ValueAndGradients found = loss({Array::from(std::vector<float>{3}, {1})});
  evaluate(found.arrays(), *backend);
  EXPECT_THAT(found.gradients[0].to_floats(), testing::ElementsAre(6));
}

}  // namespace
}  // namespace etna
