#include "engine/autograd/vmap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/autograd/value_and_grad.h"
#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/error.h"
#include "engine/ops/cache.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"
#include "engine/ops/norm.h"
#include "engine/ops/reduce.h"
#include "engine/ops/softmax.h"
#include "engine/ops/view.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

using Axes = std::vector<std::optional<int>>;

class Vmap : public testing::Test {
protected:
  /// vmap(function) over batches against the function of each example.
  void expect_same(const Function& function, const Axes& axes, const std::vector<Array>& inputs) {
    const std::vector<Array> batched = vmap(function, axes)(inputs);
    std::int64_t size = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      if (axes[i]) size = inputs[i].shape(*axes[i]);
    }
    for (std::size_t output = 0; output < batched.size(); ++output) {
      std::vector<Array> rows;
      for (std::int64_t example = 0; example < size; ++example) {
        std::vector<Array> parts;
        for (std::size_t i = 0; i < axes.size(); ++i)
          parts.push_back(axes[i] ? one_of(inputs[i], *axes[i], example) : inputs[i]);
        const Array y = function(parts)[output];
        Shape shape = y.shape();
        shape.insert(shape.begin(), 1);
        rows.push_back(reshape(y, shape));
      }
      const Array expected = concatenate(rows, 0);
      ASSERT_EQ(batched[output].shape(), expected.shape());
      evaluate(expected, *backend_);
      evaluate(batched[output], *backend_);
      EXPECT_THAT(batched[output].to_floats(), testing::Pointwise(testing::FloatNear(1e-5f), expected.to_floats()));
    }
  }

  static Array one_of(const Array& x, int axis, std::int64_t example) {
    Shape shape = x.shape();
    shape.erase(shape.begin() + axis);
    return reshape(slice(x, axis, example, example + 1), shape);
  }

  std::unique_ptr<Backend> backend_ = cpu::create_backend(2);
};

Array floats(Shape shape, std::uint32_t seed) {
  return test::random_array(std::move(shape), DType::float32, seed);
}

TEST_F(Vmap, GivesWhatTheFunctionGivesForEachExample) {
  const Function products = [](const std::vector<Array>& in) {
    return std::vector<Array>{matmul(in[0], in[1], Transpose::yes), silu(add(in[0], slice(in[1], 0, 0, 1)))};
  };
  expect_same(products, {0, std::nullopt}, {floats({3, 2, 4}, 1), floats({5, 4}, 2)});
  expect_same(products, {0, 0}, {floats({3, 2, 4}, 1), floats({3, 5, 4}, 2)});
  expect_same(products, {std::nullopt, 2}, {floats({2, 4}, 1), floats({5, 4, 3}, 2)});
}

TEST_F(Vmap, KnowsReductionsViewsAndLayers) {
  const Function layers = [](const std::vector<Array>& in) {
    const Array x = rms_norm(in[0], in[1], 1e-5f);
    const Array turned = transpose(softmax(x), 0, 1);
    return std::vector<Array>{sum(turned, 0), concatenate({turned, slice(turned, 0, 1, 3)}, 0),
                              maximum_along(reshape(x, {8}), 0),
                              where(binary(BinaryKind::greater, x, Array::scalar(0)), x, broadcast_to(in[1], {2, 4})),
                              softcap(cast(cast(x, DType::float32), DType::float32), 2)};
  };
  expect_same(layers, {1, std::nullopt}, {floats({2, 3, 4}, 1), floats({4}, 2)});
  expect_same(layers, {0, 0}, {floats({3, 2, 4}, 1), floats({3, 4}, 2)});
}

TEST_F(Vmap, TakesRowsOfEachExamplesTable) {
  const Function rows = [](const std::vector<Array>& in) { return std::vector<Array>{take(in[0], in[1])}; };
  const Array indices = Array::from(std::vector<std::int32_t>{0, 2, 1, 1, 2, 0}, {3, 2});
  expect_same(rows, {std::nullopt, 0}, {floats({3, 4}, 1), indices});
  expect_same(rows, {0, 0}, {floats({3, 3, 4}, 1), indices});
  expect_same(rows, {0, std::nullopt}, {floats({2, 3, 4}, 1), indices});
}

TEST_F(Vmap, OfAGradientGivesEachExamplesGradient) {
  const Function slope = [](const std::vector<Array>& in) {
    const auto loss = [](const std::vector<Array>& x) {
      return sum(unary(UnaryKind::hyperbolic_tangent, matmul(x[1], x[0])), 0);
    };
    return value_and_grad(loss)({in[0], in[1]}).gradients;
  };
  expect_same(slope, {std::nullopt, 0}, {floats({4, 2}, 1), floats({3, 4}, 2)});
}

TEST_F(Vmap, RepeatsWhatDoesNotDependOnTheExample) {
  const Function constant = [](const std::vector<Array>& in) { return std::vector<Array>{add(in[1], in[1])}; };
  expect_same(constant, {0, std::nullopt}, {floats({3, 2}, 1), floats({4}, 2)});
}

TEST_F(Vmap, RefusesWhatItCannotBatch) {
  const Function twice = [](const std::vector<Array>& in) { return std::vector<Array>{add(in[0], in[1])}; };
  EXPECT_THROW(vmap(twice, {0})({floats({2}, 1), floats({2}, 1)}), Error);
  EXPECT_THROW(vmap(twice, {0, 0})({floats({2}, 1), floats({3}, 1)}), Error);
  EXPECT_THROW(vmap(twice, {std::nullopt, std::nullopt})({floats({2}, 1), floats({2}, 1)}), Error);
  const Array cache = allocate_array(*backend_, {1, 1, 4, 2}, DType::float32, MemoryTag::kv_cache, 0);
  const Function update = [&](const std::vector<Array>& in) {
    return std::vector<Array>{cache_update(cache, in[0], Array::from(std::vector<std::int32_t>{0}, {1}))};
  };
  try {
    vmap(update, {0})({floats({2, 1, 3, 1, 2}, 1)});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::unsupported);
    EXPECT_THAT(error.what(), testing::HasSubstr("cache_update"));
  }
}

}  // namespace
}  // namespace etna
