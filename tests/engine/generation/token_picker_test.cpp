#include "engine/generation/token_picker.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "engine/ops/random.h"

namespace etna {
namespace {

constexpr std::uint64_t seed = 0x123456789abcdefULL;

std::vector<float> some_logits() {
  std::vector<float> logits(1003);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>((i * 37) % 101) * 0.05f;
  return logits;
}

SamplingParameters at(double temperature) {
  SamplingParameters parameters;
  parameters.temperature = temperature;
  return parameters;
}

void expect_the_same_as(Backend& backend) {
  const std::vector<float> logits = some_logits();
  const Array values = Array::from(logits, {static_cast<std::int64_t>(logits.size())});
  const std::vector<std::uint32_t> words{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  const Array key = Array::from_bytes(std::as_bytes(std::span(words)), {2}, DType::uint32);
  TokenPicker picker(at(0.8), seed);
  ASSERT_TRUE(picker.device_can_pick());
  std::vector<std::int32_t> text;
  for (std::int32_t position = 0; position < 50; ++position) {
    const Array counter = Array::from_bytes(std::as_bytes(std::span(&position, 1)), {1}, DType::int32);
    const Array token = sample_token(values, key, counter, picker.temperature());
    evaluate(token, backend);
    text.push_back(position);  // what it is does not matter, how many there are does
    EXPECT_EQ(picker.pick(logits, text), token.to_vector<std::int32_t>()[0]) << position;
  }
}

TEST(TokenPicker, PicksOnTheHostWhatAProcessorPicks) { expect_the_same_as(*cpu::create_backend(1)); }

TEST(TokenPicker, PicksOnTheHostWhatAGraphicsDevicePicks) {
  if (vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
  expect_the_same_as(*vulkan::create_backend(0));
}

TEST(TokenPicker, FiltersAndPenaltiesAreForTheHost) {
  SamplingParameters parameters = at(1);
  EXPECT_TRUE(TokenPicker(parameters, seed).device_can_pick());
  parameters.top_k = 5;
  EXPECT_FALSE(TokenPicker(parameters, seed).device_can_pick());
  parameters.temperature = 0;
  EXPECT_TRUE(TokenPicker(parameters, seed).device_can_pick()) << "filters do not change the most likely token";
  for (const auto change : {+[](SamplingParameters& p) { p.repetition_penalty = 1.1; },
                            +[](SamplingParameters& p) { p.presence_penalty = 0.1; },
                            +[](SamplingParameters& p) { p.frequency_penalty = 0.1; },
                            +[](SamplingParameters& p) { p.logit_bias[3] = 1; }}) {
    SamplingParameters penalized = at(0);
    change(penalized);
    EXPECT_FALSE(TokenPicker(penalized, seed).device_can_pick());
  }
  parameters = at(1);
  parameters.xtc_probability = 0.5;
  EXPECT_FALSE(TokenPicker(parameters, seed).device_can_pick());
}

TEST(TokenPicker, ACopyDrawsTheSame) {
  SamplingParameters parameters = at(3);
  parameters.top_k = 200;
  TokenPicker picker(parameters, seed);
  const std::vector<float> logits = some_logits();
  const std::vector<std::int32_t> text{1, 2};
  picker.pick(logits, text);
  TokenPicker copy = picker;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(copy.pick(logits, text), picker.pick(logits, text));
}

TEST(TokenPicker, LogitsThatAreNoNumbersAreAnError) {
  std::vector<float> logits = some_logits();
  logits[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(TokenPicker(at(1), seed).pick(logits, std::vector<std::int32_t>{1}), Error);
  const std::vector<float> nothing(8, -std::numeric_limits<float>::infinity());
  EXPECT_THROW(TokenPicker(at(1), seed).pick(nothing, std::vector<std::int32_t>{1}), Error);
}

}  // namespace
}  // namespace etna
