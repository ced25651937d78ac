#include "engine/generation/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/base/error.h"

namespace etna {
namespace {

using Ids = std::vector<std::int32_t>;
using testing::DoubleNear;
using testing::Pointwise;

constexpr float inf = std::numeric_limits<float>::infinity();

/// Logits of these probabilities.
std::vector<float> logits_of(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

struct Case {
  const char* what;
  std::vector<double> probabilities;
  SamplingParameters parameters;
  Ids ids;
  std::vector<double> expected;
};

SamplingParameters with(void (*change)(SamplingParameters&)) {
  SamplingParameters parameters;
  change(parameters);
  return parameters;
}

TEST(Sampler, filters_keep_what_arithmetic_by_hand_says) {
  const std::vector<double> p{0.1, 0.5, 0.05, 0.35};
  const Case cases[] = {
      {"nothing", p, {}, {0, 1, 2, 3}, p},
      // From below: 0.05, 0.15, 0.5, 1.0; above 1 - 0.8 = 0.2 are the last two.
      {"top_p", p, with([](auto& s) { s.top_p = 0.8; }), {1, 3}, {0.5 / 0.85, 0.35 / 0.85}},
      {"top_p tiny", p, with([](auto& s) { s.top_p = 1e-9; }), {1}, {1}},
      {"top_p 1 is off", p, with([](auto& s) { s.top_p = 1; }), {0, 1, 2, 3}, p},
      {"min_p", p, with([](auto& s) { s.min_p = 0.15; }), {0, 1, 3}, {0.1 / 0.95, 0.5 / 0.95, 0.35 / 0.95}},
      {"min_p keeps some",
       p,
       with([](auto& s) {
         s.min_p = 1;
         s.min_tokens_to_keep = 2;
       }),
       {1, 3},
       {0.5 / 0.85, 0.35 / 0.85}},
      {"top_k", p, with([](auto& s) { s.top_k = 3; }), {0, 1, 3}, {0.1 / 0.95, 0.5 / 0.95, 0.35 / 0.95}},
      {"top_k beyond all", p, with([](auto& s) { s.top_k = 9; }), {0, 1, 2, 3}, p},
      // Above 0.09 are 0.1, 0.35 and 0.5; only the least of them stays.
      {"xtc",
       p,
       with([](auto& s) {
         s.xtc_probability = 1;
         s.xtc_threshold = 0.09;
       }),
       {0, 2},
       {0.1 / 0.15, 0.05 / 0.15}},
      {"xtc spares special tokens",
       p,
       with([](auto& s) {
         s.xtc_probability = 1;
         s.xtc_threshold = 0.09;
         s.xtc_special_tokens = {1};
       }),
       {0, 1, 2},
       {0.1 / 0.65, 0.5 / 0.65, 0.05 / 0.65}},
      // Not renormalized in between: top_p leaves 0.5 and 0.35, whose ratio 0.7 is below min_p.
      {"top_p, then min_p",
       p,
       with([](auto& s) {
         s.top_p = 0.8;
         s.min_p = 0.8;
       }),
       {1},
       {1}},
      {"temperature comes last",
       {0.2, 0.8},
       with([](auto& s) { s.temperature = 0.5; }),
       {0, 1},
       {0.04 / 0.68, 0.64 / 0.68}},
      {"temperature 0",
       p,
       with([](auto& s) {
         s.temperature = 0;
         s.top_p = 0.1;
       }),
       {1},
       {1}},
  };
  for (const auto& item : cases) {
    const auto result = distribution(logits_of(item.probabilities), {}, item.parameters);
    EXPECT_EQ(result.ids, item.ids) << item.what;
    EXPECT_THAT(result.probabilities, Pointwise(DoubleNear(1e-6), item.expected)) << item.what;
  }
}

TEST(Sampler, penalties_change_logits_in_order) {
  const std::vector<float> logits{2, -1, 0.5F};
  const Ids context{0, 1, 0};
  const auto greedy = [&](SamplingParameters s, const Ids& tokens) {
    s.temperature = 0;
    return distribution(logits, tokens, s).ids.at(0);
  };
  EXPECT_EQ(greedy(with([](auto& s) { s.repetition_penalty = 5; }), context), 2) << "2 / 5 is below 0.5";
  EXPECT_EQ(greedy(with([](auto& s) { s.presence_penalty = 1.4; }), context), 0) << "2 - 1.4 is above 0.5";
  EXPECT_EQ(greedy(with([](auto& s) { s.frequency_penalty = 1; }), context), 2) << "2 - 2 · 1 is below 0.5";
  EXPECT_EQ(greedy(with([](auto& s) {
                     s.frequency_penalty = 1;
                     s.frequency_context_size = 1;
                   }),
                   context),
            0);
  EXPECT_EQ(greedy(with([](auto& s) { s.logit_bias[1] = 4; }), {}), 1);
  EXPECT_EQ(greedy(with([](auto& s) { s.logit_bias[0] = -std::numeric_limits<double>::infinity(); }), {}), 2);
  const auto p = distribution(logits, context, with([](auto& s) { s.repetition_penalty = 2; })).probabilities;
  EXPECT_NEAR(std::log(p[0] / p[1]), 1.0 - -2.0, 1e-6) << "negative logits are multiplied";
}

TEST(Sampler, the_lowest_of_equal_ids_is_the_most_likely) {
  const std::vector<float> logits{1, 3, 3, 3};
  EXPECT_EQ(distribution(logits, {}, with([](auto& s) { s.temperature = 0; })).ids, (Ids{1}));
  EXPECT_EQ(distribution(logits, {}, with([](auto& s) { s.top_k = 2; })).ids, (Ids{1, 2}));
}

TEST(Sampler, masked_tokens_are_never_drawn) {
  const std::vector<float> logits{-inf, 0, -inf, 0};
  EXPECT_EQ(distribution(logits, {}, {}).ids, (Ids{1, 3}));
  Sampler sampler({}, 1);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(sampler.sample(logits, {}) % 2, 1);
}

TEST(Sampler, draws_as_often_as_the_distribution_says) {
  const auto logits = logits_of({0.125, 0.25, 0.625});
  for (const auto& parameters : {SamplingParameters{}, with([](auto& s) { s.top_p = 0.9; }), with([](auto& s) {
                                   s.temperature = 1.5;
                                   s.top_k = 2;
                                 })}) {
    const auto expected = distribution(logits, {}, parameters);
    Sampler sampler(parameters, 42);
    std::vector<int> counts(3);
    constexpr int draws = 40'000;
    for (int i = 0; i < draws; ++i) ++counts[static_cast<std::size_t>(sampler.sample(logits, {}))];
    for (std::size_t i = 0; i < expected.ids.size(); ++i) {
      EXPECT_NEAR(counts[static_cast<std::size_t>(expected.ids[i])] / double{draws}, expected.probabilities[i], 0.01);
    }
  }
}

TEST(Sampler, selection_agrees_with_sorting_on_many_random_logits) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 3);
  for (int round = 0; round < 50; ++round) {
    std::vector<float> logits(1 + random() % 3000);
    for (auto& logit : logits) logit = normal(random);
    SamplingParameters parameters;
    parameters.top_p = 0.05 + 0.9 * static_cast<double>(random() % 1000) / 1000;
    Ids order(logits.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return logits[a] < logits[b]; });
    double total = 0, below = 0;
    for (const float logit : logits) total += std::exp(double{logit});
    Ids expected;
    for (const auto id : order) {
      below += std::exp(double{logits[id]});
      if (below > (1 - parameters.top_p) * total) expected.push_back(id);
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(distribution(logits, {}, parameters).ids, expected);
  }
}

TEST(Sampler, one_seed_gives_one_sequence) {
  const auto logits = logits_of({0.2, 0.3, 0.5});
  Sampler a({}, 9), b({}, 9), c({}, 10);
  Ids first, second, third;
  for (int i = 0; i < 50; ++i) {
    first.push_back(a.sample(logits, {}));
    second.push_back(b.sample(logits, {}));
    third.push_back(c.sample(logits, {}));
  }
  EXPECT_EQ(first, second);
  EXPECT_NE(first, third);
}

TEST(Sampler, extreme_temperatures_stay_finite) {
  const std::vector<float> logits{0, 1000, -1000};
  for (const double temperature : {1e-30, 1e-4, 1e4, 1e30}) {
    SamplingParameters parameters;
    parameters.temperature = temperature;
    Sampler sampler(parameters, 3);
    const auto id = sampler.sample(logits, {});
    EXPECT_TRUE(id >= 0 && id < 3);
    EXPECT_TRUE(id == 1 || temperature > 1);
  }
}

TEST(Sampler, wrong_parameters_are_named) {
  const auto refuses = [](const char* name, void (*change)(SamplingParameters&)) {
    try {
      with(change).validate();
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_argument);
      EXPECT_TRUE(std::string(error.what()).starts_with(name)) << error.what();
    }
  };
  refuses("temp", [](auto& s) { s.temperature = -1; });
  refuses("temp", [](auto& s) { s.temperature = std::nan(""); });
  refuses("top_p", [](auto& s) { s.top_p = 1.5; });
  refuses("min_p", [](auto& s) { s.min_p = -0.1; });
  refuses("min_tokens_to_keep", [](auto& s) { s.min_tokens_to_keep = 0; });
  refuses("xtc_threshold", [](auto& s) { s.xtc_threshold = 0.6; });
  refuses("xtc_probability", [](auto& s) { s.xtc_probability = 2; });
  refuses("top_k", [](auto& s) { s.top_k = -1; });
  refuses("repetition_penalty", [](auto& s) { s.repetition_penalty = -1; });
  refuses("presence_penalty", [](auto& s) { s.presence_penalty = std::nan(""); });
  refuses("frequency_context_size", [](auto& s) { s.frequency_context_size = -1; });
  refuses("logit_bias", [](auto& s) { s.logit_bias[-1] = 1; });
}

TEST(Sampler, logits_that_are_not_finite_are_an_error) {
  const auto code = [](const std::vector<float>& logits, bool draw) {
    try {
      draw ? void(Sampler({}, 1).sample(logits, {})) : void(distribution(logits, {}, {}));
    } catch (const Error& error) {
      return error.code();
    }
    return Errc::cancelled;
  };
  for (const auto& logits : {std::vector<float>{0, std::nanf("")}, {0, inf}, {-inf, -inf}, {}}) {
    EXPECT_EQ(code(logits, true), Errc::corrupt);
    EXPECT_EQ(code(logits, false), Errc::invalid_argument);
  }
}

TEST(Sampler, ids_outside_the_logits_are_refused) {
  const std::vector<float> logits{0, 1};
  const Ids context{2};
  EXPECT_THROW(distribution(logits, context, with([](auto& s) { s.presence_penalty = 1; })), Error);
  EXPECT_THROW(distribution(logits, {}, with([](auto& s) { s.logit_bias[5] = 1; })), Error);
}

}  // namespace
}  // namespace etna
