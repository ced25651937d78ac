#include "engine/nn/moe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/error.h"
#include "engine/ops/view.h"
#include "engine/plan/plan.h"
#include "tests/support/random_arrays.h"

namespace etna::nn {
namespace {

using Values = std::vector<double>;

/// Random weights by path, the same for the same path.
class RandomParameters : public Parameters {
public:
  bool has(const std::string&) const override { return true; }

  std::unique_ptr<Linear> linear(const std::string& path, std::int64_t in, std::int64_t out, Bias bias) override {
    return std::make_unique<FloatLinear>(numbers(path, {out, in}), offset(path, {out}, bias));
  }

  std::unique_ptr<Linear> linear_rows(const std::string& path, std::int64_t in, Rows rows, Bias bias) override {
    return linear(path, in, rows.count, bias);
  }

  std::shared_ptr<Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) override {
    return std::make_shared<FloatEmbedding>(numbers(path, {rows, size}));
  }

  std::unique_ptr<Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out,
                                   Bias bias) override {
    return std::make_unique<FloatExperts>(numbers(path, {count, out, in}), offset(path, {count, out}, bias));
  }

  Array tensor(const std::string& path, const Shape& shape) override { return numbers(path, shape); }

  static Array numbers(const std::string& path, Shape shape) {
    const auto seed = static_cast<std::uint32_t>(std::accumulate(
        path.begin(), path.end(), 0u, [](unsigned a, char c) { return 31 * a + static_cast<unsigned char>(c); }));
    return test::random_array(std::move(shape), DType::float32, seed, 0.5f);
  }

private:
  static std::optional<Array> offset(const std::string& path, Shape shape, Bias bias) {
    if (bias == Bias::none) return std::nullopt;
    return numbers(path + ".bias", std::move(shape));
  }
};

Values tensor(const std::string& path, Shape shape) {
  const std::vector<float> floats = RandomParameters::numbers(path, std::move(shape)).to_floats();
  return {floats.begin(), floats.end()};
}

/// The mixture in plain loops, token by token.
class Reference {
public:
  explicit Reference(const MoeSettings& settings) : s_(settings) {}

  Values token(const Values& x) const {
    const auto [experts, weights] = route(x);
    Values y(x.size(), 0.0);
    for (std::size_t i = 0; i < experts.size(); ++i) {
      const std::string path = "moe." + s_.experts_name;
      const Values inner = joined(expert(path + ".gate_proj", experts[i], x, s_.intermediate_size),
                                  expert(path + ".up_proj", experts[i], x, s_.intermediate_size));
      const Values out = expert(path + ".down_proj", experts[i], inner, s_.hidden_size);
      for (std::size_t j = 0; j < y.size(); ++j) y[j] += weights[i] * out[j];
    }
    if (s_.shared) add_shared(x, y);
    return y;
  }

private:
  using Routing = std::pair<std::vector<std::size_t>, Values>;

  static Values product(const Values& w, const Values& x, std::size_t first, std::int64_t rows) {
    Values y;
    for (std::int64_t r = 0; r < rows; ++r) {
      y.push_back(std::inner_product(
          x.begin(), x.end(), w.begin() + static_cast<std::ptrdiff_t>((first + static_cast<std::size_t>(r)) * x.size()),
          0.0));
    }
    return y;
  }

  Values expert(const std::string& path, std::size_t index, const Values& x, std::int64_t out) const {
    const auto in = static_cast<std::int64_t>(x.size()), count = s_.router.experts;
    Values y = product(tensor(path, {count, out, in}), x, index * static_cast<std::size_t>(out), out);
    if (s_.bias == Bias::none) return y;
    const Values bias = tensor(path + ".bias", {count, out});
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += bias[index * static_cast<std::size_t>(out) + i];
    return y;
  }

  Values joined(Values gate, const Values& up) const {
    for (std::size_t i = 0; i < gate.size(); ++i) {
      const double g = s_.gate == GateKind::clipped_swiglu ? std::min(gate[i], 7.0) : gate[i];
      const double alpha = s_.gate == GateKind::clipped_swiglu ? 1.702 : 1;
      gate[i] = g / (1 + std::exp(-alpha * g)) *
                (s_.gate == GateKind::clipped_swiglu ? std::clamp(up[i], -7.0, 7.0) + 1 : up[i]);
    }
    return gate;
  }

  static std::vector<std::size_t> largest(const Values& x, std::int64_t count) {
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[a] > x[b]; });
    order.resize(static_cast<std::size_t>(count));
    return order;
  }

  Values limited_to_groups(Values scores) const {
    const auto size = scores.size() / static_cast<std::size_t>(s_.router.groups);
    Values sums;
    for (std::size_t first = 0; first < scores.size(); first += size) {
      Values group(scores.begin() + static_cast<std::ptrdiff_t>(first),
                   scores.begin() + static_cast<std::ptrdiff_t>(first + size));
      std::sort(group.rbegin(), group.rend());
      sums.push_back(group[0] + group[1]);
    }
    const std::vector<std::size_t> best = largest(sums, s_.router.chosen_groups);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (std::find(best.begin(), best.end(), i / size) == best.end()) scores[i] = 0;
    }
    return scores;
  }

  Routing route(const Values& x) const {
    const RouterSettings& r = s_.router;
    Values scores = product(tensor("moe." + r.name, {r.experts, s_.hidden_size}), x, 0, r.experts);
    if (r.bias == Bias::present) {
      const Values bias = tensor("moe." + r.name + ".bias", {r.experts});
      for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += bias[i];
    }
    double total = 0;
    for (double& score : scores)
      total += score = r.scoring == Scoring::sigmoid ? 1 / (1 + std::exp(-score)) : std::exp(score);
    if (r.scoring == Scoring::softmax) {
      for (double& score : scores) score /= total;
    }
    Values choice = scores;
    if (r.correction) {
      const Values correction = tensor("moe." + r.name + ".e_score_correction_bias", {r.experts});
      for (std::size_t i = 0; i < choice.size(); ++i) choice[i] += correction[i];
    }
    if (r.chosen_groups < r.groups) choice = limited_to_groups(choice);
    Routing routing{largest(choice, r.chosen), {}};
    double sum = 0;
    for (const std::size_t e : routing.first) sum += scores[e];
    for (const std::size_t e : routing.first) {
      routing.second.push_back(scores[e] / (r.normalize == Normalize::yes ? sum : 1) * r.scale);
    }
    return routing;
  }

  void add_shared(const Values& x, Values& y) const {
    const std::string path = "moe." + s_.shared->name;
    const std::int64_t size = s_.shared->intermediate_size, hidden = s_.hidden_size;
    const Values inner = joined(product(tensor(path + ".gate_proj", {size, hidden}), x, 0, size),
                                product(tensor(path + ".up_proj", {size, hidden}), x, 0, size));
    const Values out = product(tensor(path + ".down_proj", {hidden, size}), inner, 0, hidden);
    double scale = 1;
    if (!s_.shared->gate_name.empty()) {
      scale = 1 / (1 + std::exp(-product(tensor("moe." + s_.shared->gate_name, {1, hidden}), x, 0, 1)[0]));
    }
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += scale * out[i];
  }

  const MoeSettings& s_;
};

class MoeTest : public testing::Test {
protected:
  MoeTest() {
    settings_.hidden_size = 24;
    settings_.intermediate_size = 10;
    settings_.router.experts = 8;
    settings_.router.chosen = 3;
  }

  void expect_reference() {
    RandomParameters parameters;
    const Moe moe(parameters, "moe", settings_);
    const Reference reference(settings_);
    for (const Shape& shape : {Shape{1, 1, 24}, Shape{2, 9, 24}}) {
      const Array x = test::random_array(shape, DType::float32, 77, 2);
      const Array y = moe(x);
      ASSERT_EQ(y.shape(), shape);
      const auto plan = Plan::compile(std::span(&y, 1), *backend_, 0);
      plan->run();
      const std::vector<float> got = plan->output(0).to_floats(), rows = x.to_floats();
      for (std::size_t token = 0; token < rows.size() / 24; ++token) {
        const auto first = rows.begin() + static_cast<std::ptrdiff_t>(24 * token);
        const Values expected = reference.token(Values(first, first + 24));
        for (std::size_t i = 0; i < 24; ++i) ASSERT_NEAR(got[24 * token + i], expected[i], 2e-5) << token << " " << i;
      }
    }
  }

  std::unique_ptr<Backend> backend_ = cpu::create_backend(2);
  MoeSettings settings_;
};

TEST_F(MoeTest, softmax_over_the_chosen_experts_as_mixtral_has_it) {
  settings_.experts_name = "experts";
  expect_reference();
}

TEST_F(MoeTest, weights_that_are_not_normalized_beside_a_gated_shared_expert_as_qwen2_has_it) {
  settings_.router.normalize = Normalize::no;
  settings_.shared =
      SharedExpertSettings{.name = "shared_expert", .intermediate_size = 14, .gate_name = "shared_expert_gate"};
  expect_reference();
}

TEST_F(MoeTest, biases_and_the_clipped_gate_as_gpt_oss_has_it) {
  settings_.gate = GateKind::clipped_swiglu;
  settings_.bias = Bias::present;
  settings_.router.bias = Bias::present;
  settings_.router.name = "router";
  expect_reference();
}

TEST_F(MoeTest, sigmoids_with_a_correction_within_the_best_groups_as_deepseek_v3_has_it) {
  settings_.router.scoring = Scoring::sigmoid;
  settings_.router.correction = true;
  settings_.router.groups = 4;
  settings_.router.chosen_groups = 2;
  settings_.router.scale = 2.5;
  settings_.shared = SharedExpertSettings{.name = "shared_experts", .intermediate_size = 20, .gate_name = {}};
  expect_reference();
}

TEST_F(MoeTest, a_correction_changes_the_choice_and_not_the_weights_of_softmax) {
  settings_.router.correction = true;
  settings_.router.scale = 1.5;
  expect_reference();
}

TEST_F(MoeTest, a_layer_for_one_token_is_few_calls) {
  RandomParameters parameters;
  const Moe moe(parameters, "moe", settings_);
  const Array x = test::random_array({1, 1, 24}, DType::float32, 1);
  const Array y = add(x, moe(x));
  // Router, pick, weights, gate and up, down, sum with residual.
  EXPECT_EQ(Plan::compile(std::span(&y, 1), *backend_, 0)->dispatch_count(), 6);
}

TEST_F(MoeTest, impossible_numbers_of_experts_are_refused) {
  RandomParameters parameters;
  const auto refused = [&](const RouterSettings& router) {
    EXPECT_THROW(Router(parameters, "moe", 24, router), Error) << router.chosen << " of " << router.experts;
  };
  refused({.experts = 4, .chosen = 5});
  refused({.experts = 0, .chosen = 0});
  refused({.experts = 9, .chosen = 2, .scoring = Scoring::sigmoid, .groups = 4, .chosen_groups = 2});
  refused({.experts = 8, .chosen = 2, .groups = 4, .chosen_groups = 2});
}

}  // namespace
}  // namespace etna::nn
