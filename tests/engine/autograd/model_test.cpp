#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/array/schedule.h"
#include "engine/autograd/checkpoint.h"
#include "engine/autograd/head_loss.h"
#include "engine/autograd/vjp.h"
#include "engine/devices.h"
#include "engine/models/model.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"
#include "engine/plan/plan.h"
#include "tests/engine/models/random_parameters.h"
#include "tests/engine/models/tiny_families.h"
#include "tests/support/reference.h"

namespace etna {
namespace {

constexpr std::int64_t batch = 2, length = 9;
constexpr float step = 0x1p-12f;

enum class Keep { everything, inputs_of_layers };

/// A model of random weights and the loss of a small batch, whose second text is padded.
class TrainedModel {
public:
  TrainedModel(const std::string& family, Backend& backend, float moved = 0, std::uint32_t direction = 0)
      : backend_(backend), parameters_({"qkv_proj", "gate_up_proj", "lm_head"}, moved, direction) {
    model_ = create_model(test::config_of(family), parameters_);
  }

  Array loss(Keep keep = Keep::everything) const {
    std::vector<nn::KvCache> caches;
    for (const CacheShape& shape : model_->cache_shapes()) {
      caches.push_back(nn::KvCache::create(backend_, 0, shape, {.batch = batch, .capacity = length, .piece = length}));
    }
    std::vector<Array> frequencies;
    for (const nn::RopeSettings& rope : model_->ropes()) {
      const std::vector<float> table = nn::rope_table(rope, length).frequencies;
      frequencies.push_back(Array::from(table, {static_cast<std::int64_t>(table.size())}));
    }
    std::vector<std::int32_t> ids, targets;
    for (std::int32_t i = 0; i < batch * (length + 1); ++i)
      ids.push_back((i * 17 + i * i) % static_cast<std::int32_t>(test::tiny_vocab));
    const Array rows = Array::from(ids, {batch, length + 1});
    for (std::int32_t i = 0; i < batch * length; ++i)
      targets.push_back(i % length + (i / length) * 4 < length
                            ? ids[static_cast<std::size_t>(i / length * (length + 1) + i % length + 1)]
                            : -1);
    Forward forward{.input = contiguous(slice(rows, 1, 0, length)),
                    .caches = caches,
                    .offsets = Array::from(std::vector<std::int32_t>(batch, 0), {batch}),
                    .frequencies = frequencies};
    if (keep == Keep::inputs_of_layers) {
      forward.apply = [](const Layer& layer, const Array& x) {
        return checkpoint([&](const std::vector<Array>& in) { return layer(in[0]); }, {x});
      };
    }
    const Array hidden = model_->hidden_states(forward);
    const Array losses = cross_entropy_of_head(
        reshape(hidden, {batch * length, hidden.shape(2)}), [&](const Array& x) { return model_->logits(x); },
        Array::from(targets, {batch * length}), 7);
    return mean(losses, 0);
  }

  /// The loss, and its gradients in the order of the weights' names.
  std::vector<Array> outputs(Keep keep) const {
    std::vector<Array> weights;
    for (const auto& [name, weight] : parameters_.made()) weights.push_back(weight);
    const Array value = loss(keep), one = Array::scalar(1);
    std::vector<Array> all = etna::gradients(std::span(&value, 1), std::span(&one, 1), weights);
    all.insert(all.begin(), value);
    return all;
  }

  /// By the names of all weights.
  std::map<std::string, std::vector<float>> gradients(Keep keep) const {
    const std::vector<Array> all = outputs(keep);
    evaluate(all, backend_);
    return named([&](std::size_t output) { return all[output]; });
  }

  /// The same from the second run of a plan, whose graph was fused.
  std::map<std::string, std::vector<float>> planned_gradients() const {
    const auto plan = Plan::compile(outputs(Keep::inputs_of_layers), backend_, 0);
    plan->run();
    plan->run();
    return named([&](std::size_t output) { return plan->output(static_cast<int>(output)); });
  }

  std::size_t arena_bytes(Keep keep) const { return schedule(outputs(keep), backend_, 0).buffers.at(0)->bytes(); }

private:
  std::map<std::string, std::vector<float>> named(const std::function<Array(std::size_t)>& output) const {
    std::map<std::string, std::vector<float>> gradients;
    std::size_t next = 1;
    for (const auto& [name, weight] : parameters_.made()) gradients[name] = output(next++).to_floats();
    return gradients;
  }

  Backend& backend_;
  test::RandomParameters parameters_;
  std::unique_ptr<Model> model_;
};

/// Gradients of all weights at once, along random directions, against differences in double precision.
void expect_right(const std::string& family, Backend& backend,
                  const std::map<std::string, std::vector<float>>& gradients) {
  for (std::uint32_t direction = 1; direction <= 2; ++direction) {
    double slope = 0, size = 0;
    for (const auto& [name, gradient] : gradients) {
      const std::vector<float> signs =
          test::RandomParameters::direction_of(name, static_cast<std::int64_t>(gradient.size()), direction);
      for (std::size_t i = 0; i < signs.size(); ++i) {
        slope += double{signs[i]} * double{gradient[i]};
        size += double{gradient[i]} * double{gradient[i]};
      }
    }
    const auto value = [&](float moved) {
      return test::reference(TrainedModel(family, backend, moved, direction).loss()).at(0);
    };
    const double expected = (value(step) - value(-step)) / (2 * double{step});
    EXPECT_NEAR(slope, expected, 2e-3 * std::sqrt(size) + 1e-4) << direction;
  }
}

std::vector<std::string> families() {
  std::vector<std::string> names;
  for (const auto& [name, keys] : test::particulars()) names.push_back(name);
  return names;
}

class GradientOfFamily : public testing::TestWithParam<std::string> {};

TEST_P(GradientOfFamily, ByAllWeightsIsItsDifferenceQuotient) {
  const auto backend = open_device("cpu");
  expect_right(GetParam(), *backend, TrainedModel(GetParam(), *backend).gradients(Keep::everything));
}

TEST_P(GradientOfFamily, IsTheSameInEveryRunOfAPlan) {
  const auto backend = open_device("cpu");
  const TrainedModel model(GetParam(), *backend);
  const auto plain = model.gradients(Keep::everything), planned = model.planned_gradients();
  for (const auto& [name, gradient] : plain)
    EXPECT_THAT(planned.at(name), testing::Pointwise(testing::FloatNear(2e-6f), gradient)) << name;
}

INSTANTIATE_TEST_SUITE_P(All, GradientOfFamily, testing::ValuesIn(families()),
                         [](const auto& family) { return family.param; });

class GradientOnVulkan : public testing::TestWithParam<std::string> {};

TEST_P(GradientOnVulkan, ByAllWeightsIsItsDifferenceQuotient) {
  std::shared_ptr<Backend> backend;
  try {
    backend = open_device("vulkan");
  } catch (const std::exception& error) {
    GTEST_SKIP() << error.what();
  }
  expect_right(GetParam(), *backend, TrainedModel(GetParam(), *backend).gradients(Keep::everything));
}

INSTANTIATE_TEST_SUITE_P(Some, GradientOnVulkan, testing::Values("llama", "gpt_oss", "gemma2"),
                         [](const auto& family) { return family.param; });

TEST(GradientOfAModel, IsTheSameWhenLayersAreComputedAgain) {
  const auto backend = open_device("cpu");
  for (const std::string family : {"llama", "gpt_oss", "gemma2"}) {
    const TrainedModel model(family, *backend);
    const auto plain = model.gradients(Keep::everything), again = model.gradients(Keep::inputs_of_layers);
    for (const auto& [name, gradient] : plain)
      EXPECT_THAT(again.at(name), testing::Pointwise(testing::FloatNear(1e-6f), gradient)) << name;
    EXPECT_LT(model.arena_bytes(Keep::inputs_of_layers), model.arena_bytes(Keep::everything));
  }
}

}  // namespace
}  // namespace etna
