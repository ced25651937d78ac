#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/ops/attention_gradient.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/loss.h"
#include "engine/ops/moe.h"
#include "engine/ops/norm.h"
#include "engine/ops/view.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

Array floats(Shape shape) {
  return test::random_array(std::move(shape), DType::float32, 1);
}

Array integers(Shape shape) {
  return test::random_integers(std::move(shape), 2, 1);
}

template <class Body>
void expect_invalid(const std::string& text, const Body& body) {
  try {
    body();
    ADD_FAILURE() << "no error with " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_argument);
    EXPECT_THAT(error.what(), testing::HasSubstr(text));
  }
}

TEST(BackwardOperations, SayWhichShapesTheyGotAndWanted) {
  expect_invalid("scatter_add: updates float32 (2, 3), indices int32 (3), 4 rows", [] {
    scatter_add(floats({2, 3}), integers({3}), 4);
  });
  expect_invalid("scatter_add: updates float32 (2, 3), indices int32 (2), 0 rows", [] {
    scatter_add(floats({2, 3}), integers({2}), 0);
  });
  expect_invalid("scatter_add: updates int32 (2), indices", [] { scatter_add(integers({2}), integers({2}), 4); });
  expect_invalid("cross_entropy: logits are float32 (2, 3), targets float32 (2)", [] {
    cross_entropy(floats({2, 3}), floats({2}));
  });
  expect_invalid("cross_entropy: logits are float32 (2, 0)", [] { cross_entropy(floats({2, 0}), integers({2})); });
  expect_invalid("cross_entropy_gradient: factors are float32 (3), expected float32 (2)", [] {
    cross_entropy_gradient(floats({2, 3}), integers({2}), floats({3}));
  });
  expect_invalid("rms_norm_gradient: dy is float32 (2, 3), x float32 (3, 3)", [] {
    rms_norm_gradient(floats({2, 3}), floats({3, 3}), {}, 0);
  });
  expect_invalid("rms_norm_gradient: weight is float32 (2)", [] {
    rms_norm_gradient(floats({2, 3}), floats({2, 3}), floats({2}), 0);
  });
  expect_invalid("gate_gradient: float32 (2), float32 (3) and float32 (2)",
                 [] { gate_gradient(floats({2}), floats({3}), floats({2}), GateKind::silu); });
  expect_invalid("sum_to: (2, 3) does not come from broadcasting (2, 1, 1)", [] { sum_to(floats({2, 3}), {2, 1, 1}); });
}

TEST(BackwardOperations, OfExpertsSayWhichShapesTheyGot) {
  const Array indices = integers({4, 2});
  expect_invalid("expert_matmul_back: the weight has shape (2, 6, 5), dy (4, 2, 5)", [&] {
    expert_matmul_back(floats({4, 2, 5}), {{floats({2, 6, 5})}, std::nullopt}, indices);
  });
  expect_invalid("expert_outer_sum: dy float32 (4, 2, 5), x float32 (4, 2, 3), 0 experts", [&] {
    expert_outer_sum(floats({4, 2, 5}), floats({4, 2, 3}), indices, 0, DType::float32);
  });
}

TEST(BackwardOperations, OfAttentionWantRowsOfItsQueries) {
  const Array offsets = integers({1});
  const Array y = attention(floats({1, 2, 2, 4}), floats({1, 1, 5, 4}), floats({1, 1, 5, 6}), offsets, {});
  const auto& op = *as<Attention>(y.op().get());
  expect_invalid("attention_gradient: dy float32 (1, 2, 2, 4), log sums (1, 2, 2), shares (1, 2, 2)", [&] {
    attention_gradient(op, AttentionPart::queries, y.inputs(), floats({1, 2, 2, 4}), floats({1, 2, 2}),
                       floats({1, 2, 2}));
  });
  expect_invalid("log sums (1, 2)", [&] {
    attention_gradient(op, AttentionPart::queries, y.inputs(), floats({1, 2, 2, 6}), floats({1, 2}), floats({1, 2, 2}));
  });
}

}  // namespace
}  // namespace etna
