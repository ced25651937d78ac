#include "engine/autograd/head_loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/array/schedule.h"
#include "engine/autograd/value_and_grad.h"
#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/error.h"
#include "engine/ops/loss.h"
#include "engine/ops/matmul.h"
#include "engine/ops/quantized.h"
#include "engine/ops/reduce.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

constexpr std::int64_t rows = 48, width = 32, vocabulary = 640;

Array targets() {
  std::vector<std::int32_t> values;
  for (std::int32_t i = 0; i < rows; ++i)
    values.push_back(i % 7 == 3 ? -1 : i * 13 % static_cast<std::int32_t>(vocabulary));
  return Array::from(values, {rows});
}

/// Loss and gradients by hidden rows and, where it is trained, by the output layer.
ValueAndGradients loss_in_pieces(std::int64_t piece, std::vector<int> arguments = {0, 1}) {
  const auto loss = value_and_grad(
      [=](const std::vector<Array>& in) {
        const auto head = [&](const Array& hidden) { return matmul(hidden, in[1], Transpose::yes); };
        return sum(cross_entropy_of_head(in[0], head, targets(), piece), 0);
      },
      std::move(arguments));
  return loss({test::random_array({rows, width}, DType::float32, 1),
               test::random_array({vocabulary, width}, DType::float32, 2)});
}

TEST(CrossEntropyOfHead, DoesNotDependOnThePieces) {
  const auto backend = cpu::create_backend(2);
  const ValueAndGradients whole = loss_in_pieces(rows);
  evaluate(whole.arrays(), *backend);
  for (const std::int64_t piece : {0, 16, 7}) {
    const ValueAndGradients found = loss_in_pieces(piece);
    evaluate(found.arrays(), *backend);
    EXPECT_NEAR(found.value.to_floats()[0], whole.value.to_floats()[0], 1e-3);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_THAT(found.gradients[i].to_floats(),
                  testing::Pointwise(testing::FloatNear(1e-5f), whole.gradients[i].to_floats()))
          << piece;
    }
  }
}

TEST(CrossEntropyOfHead, HoldsTheLogitsOfOnePieceAtATime) {
  const auto backend = cpu::create_backend(2);
  const auto bytes = [&](std::int64_t piece) {
    return schedule(loss_in_pieces(piece, {0}).arrays(), *backend, 0).buffers.at(0)->bytes();
  };
  const std::size_t logits = rows * vocabulary * 4, hidden = rows * width * 4;
  EXPECT_GE(bytes(rows), 2 * logits);
  EXPECT_LE(bytes(2), 8 * logits * 2 / rows + 8 * hidden);  // of a piece: logits and what is made of them
}

TEST(CrossEntropyOfHead, WorksThroughPackedOutputLayers) {
  const auto backend = cpu::create_backend(2);
  const PackedFormat format = PackedFormat::affine(4, 32);
  const PackedArrays w = test::random_packed(vocabulary, width, format, DType::float32, 3);
  const auto loss = [&](std::int64_t piece) {
    return value_and_grad([&, piece](const std::vector<Array>& in) {
      return sum(cross_entropy_of_head(
                     in[0], [&](const Array& hidden) { return quantized_matmul(hidden, w, format); }, targets(), piece),
                 0);
    })({test::random_array({rows, width}, DType::float32, 1)});
  };
  const ValueAndGradients whole = loss(rows), pieces = loss(10);
  evaluate(whole.arrays(), *backend);
  evaluate(pieces.arrays(), *backend);
  EXPECT_THAT(pieces.gradients[0].to_floats(),
              testing::Pointwise(testing::FloatNear(1e-4f), whole.gradients[0].to_floats()));
}

TEST(CrossEntropyOfHead, RefusesShapesThatDoNotFit) {
  const auto head = [](const Array& hidden) { return hidden; };
  const Array hidden = test::random_array({3, 4}, DType::float32, 1),
              two = Array::from(std::vector<std::int32_t>{0, 1}, {2});
  EXPECT_THROW(cross_entropy_of_head(hidden, head, two), Error);
  EXPECT_THROW(cross_entropy_of_head(hidden, head, Array::from(std::vector<std::int32_t>{0, 1, 2}, {3}), -1), Error);
  EXPECT_THROW(cross_entropy(hidden, two), Error);
}

}  // namespace
}  // namespace etna
