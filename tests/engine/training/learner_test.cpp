#include "engine/training/learner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/error.h"
#include "tests/engine/training/small_run.h"

namespace etna::training {
namespace {

using test::small_options;
using test::SmallRun;

double loss_of(SmallRun& run, const Batch& batch) {
  return run.learner().loss_sum(batch) / static_cast<double>(batch.learned());
}

class LearnerOfMethod : public testing::TestWithParam<Method> {};

TEST_P(LearnerOfMethod, FindsGradientsThatAreDifferenceQuotients) {
  SmallRun run(small_options(GetParam()));
  const Batch batch = run.batches().next();
  run.learner().accumulate(batch);
  run.learner().update(1e-2, 0);  // changes that are not zero any more, so that all gradients are of interest
  run.learner().accumulate(batch);
  const auto trained = run.learner().trained();
  for (std::size_t i = 0; i < trained.size(); i += GetParam() == Method::full ? 5 : 1) {
    const Array& weight = trained[i].value;
    const std::vector<float> gradient = run.learner().gradient(i), before = weight.to_vector<float>();
    double length = 0;
    for (const float g : gradient) length += double{g} * double{g};
    length = std::sqrt(length);
    if (length < 1e-7) continue;
    const auto moved = [&](double distance) {
      std::vector<float> values = before;
      for (std::size_t j = 0; j < values.size(); ++j)
        values[j] += static_cast<float>(distance * static_cast<double>(gradient[j]) / length);
      weight.view().buffer->write(weight.view().offset, std::as_bytes(std::span(values)));
      return loss_of(run, batch);
    };
    constexpr double distance = 2e-3;
    const double slope = (moved(distance) - moved(-distance)) / (2 * distance);
    moved(0);
    // DoRA holds the lengths of rows that it divides by for constant: the loss as a function of a and b has another
    // slope.
    if (GetParam() == Method::dora && !trained[i].name.ends_with(".m")) continue;
    EXPECT_NEAR(slope, length, 0.03 * length + 2e-4) << trained[i].name;
  }
}

TEST_P(LearnerOfMethod, GetsBetterStepByStep) {
  SmallRun run(small_options(GetParam()));
  const Batch batch = run.batches().next();
  const double before = loss_of(run, batch);
  for (int step = 0; step < 8; ++step) {
    run.learner().accumulate(batch);
    run.learner().update(2e-3, 0);
  }
  EXPECT_LT(loss_of(run, batch), before - 0.02);
}

TEST_P(LearnerOfMethod, FindsTheSameWithLayersComputedAgain) {
  TrainingOptions options = small_options(GetParam());
  SmallRun plain(options);
  options.checkpoint_layers = true;
  SmallRun again(options);
  const Batch batch = plain.batches().next();
  const auto expected = plain.learner().accumulate(batch), got = again.learner().accumulate(batch);
  EXPECT_NEAR(got.loss, expected.loss, 1e-6 * expected.loss);
  EXPECT_NEAR(got.gradient_norm, expected.gradient_norm, 1e-4 * expected.gradient_norm);
}

INSTANTIATE_TEST_SUITE_P(Some, LearnerOfMethod, testing::Values(Method::lora, Method::dora, Method::full),
                         [](const auto& method) { return std::string(name(method.param)); });

TEST(Learner, BeginsWhereTheModelIs) {
  SmallRun lora(small_options(Method::lora)), dora(small_options(Method::dora)), full(small_options(Method::full));
  const Batch batch = lora.batches().next();
  const double expected = loss_of(full, batch);
  EXPECT_NEAR(loss_of(lora, batch), expected, 1e-5);
  EXPECT_NEAR(loss_of(dora, batch), expected, 1e-5) << "lengths of rows that are those of the weight change nothing";
}

TEST(Learner, TrainsTheModulesThatKeysAndLayersName) {
  TrainingOptions options = small_options();
  options.layers = 1;
  options.lora.keys = {"self_attn.q_proj", "model.embed_tokens"};
  std::vector<std::string> names;
  SmallRun run(options);
  for (const Trainable& weight : run.learner().trained()) names.push_back(weight.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("model.embed_tokens.lora_a", "model.embed_tokens.lora_b",
                                                   "model.layers.1.self_attn.q_proj.lora_a",
                                                   "model.layers.1.self_attn.q_proj.lora_b"));
  options.lora.keys = {};
  EXPECT_EQ(SmallRun(options).learner().trained().size(), 14U) << "all seven linear layers";
  options.lora.keys = {"self_attn.q_projection"};
  EXPECT_THROW(SmallRun{options}, Error);
}

TEST(Learner, OfWholeWeightsTrainsTheLastLayersOnly) {
  TrainingOptions options = small_options(Method::full);
  options.layers = 1;
  SmallRun run(options);
  for (const Trainable& weight : run.learner().trained())
    EXPECT_TRUE(weight.name.starts_with("model.layers.1.")) << weight.name;
  EXPECT_EQ(run.learner().trained().size(), 9U);
}

TEST(Learner, AveragesTheGradientsOfSeveralBatches) {
  TrainingOptions options = small_options();
  options.accumulation = 2;
  SmallRun both(options), first(small_options()), second(small_options());
  const Batch a = both.batches().next(), b = both.batches().next();
  first.learner().accumulate(a);
  second.learner().accumulate(b);
  for (int round = 0; round < 2; ++round) {  // the second time nothing of the first is left
    both.learner().accumulate(a);
    both.learner().accumulate(b);
    const std::size_t last = both.learner().trained().size() - 1;
    const std::vector<float> sum = both.learner().gradient(last), x = first.learner().gradient(last),
                             y = second.learner().gradient(last);
    for (std::size_t i = 0; i < sum.size(); ++i) ASSERT_NEAR(sum[i], x[i] + y[i], 1e-6);
    both.learner().drop_gradients();
  }
}

TEST(Learner, LimitsTheLengthOfAllGradientsTogether) {
  TrainingOptions options = small_options();
  options.optimizer = OptimizerOptions::of(OptimizerKind::sgd);
  SmallRun run(options);
  const std::vector<float> before = run.weights();
  const double norm = run.learner().accumulate(run.batches().next()).gradient_norm;
  ASSERT_GT(norm, 1e-3);
  run.learner().update(1, norm / 4);
  const std::vector<float> after = run.weights();
  double moved = 0;
  for (std::size_t i = 0; i < after.size(); ++i) moved += std::pow(double{after[i]} - double{before[i]}, 2);
  EXPECT_NEAR(std::sqrt(moved), norm / 4, 1e-3 * norm);
}

TEST(Learner, DrawsDropoutBySeedAndBatch) {
  TrainingOptions options = small_options();
  options.lora.dropout = 0.5;
  // Changes of zero give the same whatever is dropped: one update first.
  const auto second_loss = [&](std::uint64_t seed) {
    options.seed = seed;
    SmallRun run(options);
    const Batch batch = run.batches().next();
    run.learner().accumulate(batch);
    run.learner().update(0.05, 0);
    return std::pair(run.learner().accumulate(batch).loss, loss_of(run, batch));
  };
  const auto [dropped, whole] = second_loss(1);
  EXPECT_EQ(second_loss(1).first, dropped);
  EXPECT_NE(second_loss(2).first, dropped);
  EXPECT_NE(dropped, whole) << "checks do not drop";
}

TEST(Learner, TellsALossThatIsNoNumber) {
  SmallRun run(small_options());
  const Batch batch = run.batches().next();
  ASSERT_TRUE(run.learner().accumulate(batch).finite());
  run.learner().update(3e38, 0);
  EXPECT_FALSE(run.learner().accumulate(batch).finite());
}

TEST(Learner, LearnsNothingFromABatchWithoutTargets) {
  SmallRun run(small_options());
  Batch batch = run.batches().next();
  std::ranges::fill(batch.targets, -1);
  const auto outcome = run.learner().accumulate(batch);
  EXPECT_EQ(outcome.loss, 0);
  EXPECT_EQ(outcome.gradient_norm, 0);
}

}  // namespace
}  // namespace etna::training
