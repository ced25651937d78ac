#include "engine/generation/batch_generator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "tests/engine/generation/loaded_model.h"

namespace etna {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::int64_t capacity = 64;

SamplingParameters greedy() {
  SamplingParameters parameters;
  parameters.temperature = 0;
  return parameters;
}

SamplingParameters drawn(std::int64_t top_k = 0) {
  SamplingParameters parameters;
  parameters.temperature = 5;  // many tokens are likely
  parameters.top_k = top_k;
  return parameters;
}

Ids prompt_of(std::size_t length, std::int32_t seed) {
  Ids ids;
  for (std::size_t i = 0; i < length; ++i) ids.push_back((seed + static_cast<std::int32_t>(i) * 7) % 90);
  return ids;
}

struct Written {
  Ids ids;
  std::optional<BatchEnd> end;
  std::int64_t cached = 0;
};

/// Each test runs on the processor; the first also on a Vulkan device.
class BatchGeneratorTest : public testing::Test {
protected:
  explicit BatchGeneratorTest(std::shared_ptr<Backend> backend = cpu::create_backend(2)) : model_(std::move(backend)) {}

  static BatchRequest request(Ids prompt, std::uint64_t max_tokens, const SamplingParameters& parameters = greedy()) {
    return {.prompt = std::move(prompt), .picker = TokenPicker(parameters, 11), .max_tokens = max_tokens, .end_tokens = {}};
  }

  /// The same text alone, on a runner of its own.
  Ids alone(BatchRequest request) const {
    const auto runner = model_.runner(1, capacity);
    Ids text = request.prompt;
    const std::int64_t last = static_cast<std::int64_t>(text.size()) - 1;
    std::vector<float> logits = runner->append_for_logits(0, text, std::span(&last, 1));
    for (;;) {
      text.push_back(request.picker.pick(logits, text));
      if (text.size() == request.prompt.size() + request.max_tokens) break;
      const auto next = runner->step(std::span(text).last(1));
      logits.assign(next.begin(), next.end());
    }
    return {text.begin() + static_cast<std::ptrdiff_t>(request.prompt.size()), text.end()};
  }

  static std::map<BatchId, Written> run(BatchGenerator& generator) {
    std::map<BatchId, Written> written;
    while (!generator.idle()) {
      for (const BatchToken& token : generator.next()) {
        Written& text = written[token.id];
        EXPECT_FALSE(text.end) << "a text that is over goes on";
        if (token.token) text.ids.push_back(*token.token);
        text.end = token.end;
        text.cached = token.cached;
      }
    }
    return written;
  }

  void expect_each_as_if_alone() {
    const auto runner = model_.runner(3, capacity);
    BatchGenerator generator(*runner, 3, 8);
    std::map<BatchId, BatchRequest> requests;
    const std::vector<std::pair<std::size_t, std::uint64_t>> sizes{{3, 9}, {20, 4}, {1, 12}, {30, 7}, {9, 1}, {8, 10}};
    for (const auto& [length, tokens] : sizes) {
      const auto kind = requests.size() % 3;
      BatchRequest text = request(prompt_of(length, static_cast<std::int32_t>(length)), tokens, kind == 0 ? greedy() : drawn(kind == 1 ? 0 : 20));
      requests.emplace(generator.insert(text), text);
    }
    const auto written = run(generator);
    for (const auto& [id, text] : requests) {
      EXPECT_EQ(written.at(id).ids, alone(text)) << id;
      EXPECT_EQ(written.at(id).end, BatchEnd::length);
    }
  }

  test::LoadedModel model_;
};

TEST_F(BatchGeneratorTest, TextsOfAnyLengthComeOutAsIfTheyWereAlone) { expect_each_as_if_alone(); }

class BatchGeneratorOnVulkan : public BatchGeneratorTest {
protected:
  BatchGeneratorOnVulkan() : BatchGeneratorTest(vulkan::enumerate_devices().empty() ? cpu::create_backend(1) : vulkan::create_backend(0)) {}
};

TEST_F(BatchGeneratorOnVulkan, TextsOfAnyLengthComeOutAsIfTheyWereAlone) {
  if (!model_.backend->is_gpu() && vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
  expect_each_as_if_alone();
}

TEST_F(BatchGeneratorTest, RunningTextsGoOnWhileALongPromptIsRead) {
  const auto runner = model_.runner(2, capacity);
  BatchGenerator generator(*runner, 2, 4);
  const BatchId first = generator.insert(request(prompt_of(3, 1), 20));
  generator.next();
  const BatchRequest late = request(prompt_of(17, 2), 3);
  const BatchId second = generator.insert(late);
  for (int piece = 0; piece < 4; ++piece) {
    const auto tokens = generator.next();
    ASSERT_EQ(tokens.size(), 1u) << piece;
    EXPECT_EQ(tokens.front().id, first);
  }
  const auto tokens = generator.next();
  ASSERT_EQ(tokens.size(), 2u) << "the fifth piece is the last";
  EXPECT_EQ(tokens.back().id, second);
  EXPECT_EQ(tokens.back().token, alone(late).front());
}

TEST_F(BatchGeneratorTest, WhatIsRemovedMakesRoomAndOthersDoNotNotice) {
  const auto runner = model_.runner(2, capacity);
  BatchGenerator generator(*runner, 2);
  const BatchRequest kept = request(prompt_of(5, 3), 8), late = request(prompt_of(6, 4), 5);
  const BatchId removed = generator.insert(request(prompt_of(7, 5), 50));
  const BatchId first = generator.insert(kept), second = generator.insert(late), never = generator.insert(kept);
  generator.next();
  const auto begun = generator.next();  // both rows are in use
  EXPECT_EQ(generator.waiting(), 2u);
  generator.remove(removed);
  generator.remove(never);
  generator.remove(12345);
  auto written = run(generator);
  EXPECT_EQ(written.size(), 2u);
  EXPECT_EQ(written.at(second).ids, alone(late));
  Ids whole;
  for (const BatchToken& token : begun) {
    if (token.id == first) whole.push_back(*token.token);
  }
  whole.insert(whole.end(), written.at(first).ids.begin(), written.at(first).ids.end());
  EXPECT_EQ(whole, alone(kept));
}

TEST_F(BatchGeneratorTest, AnEndTokenIsTheLast) {
  const auto runner = model_.runner(1, capacity);
  BatchGenerator generator(*runner, 1);
  BatchRequest text = request(prompt_of(4, 6), 12, drawn());
  const Ids whole = alone(text);
  text.end_tokens = {whole[5]};
  const BatchId id = generator.insert(text);
  const auto written = run(generator);
  EXPECT_EQ(written.at(id).ids.back(), whole[5]);
  EXPECT_EQ(written.at(id).end, BatchEnd::end_token);
}

TEST_F(BatchGeneratorTest, AFullRowEndsItsTextAndServesTheNext) {
  const auto runner = model_.runner(2, 16);
  BatchGenerator generator(*runner, 2);
  const BatchRequest small = request(prompt_of(5, 8), 4);
  const BatchId full = generator.insert(request(prompt_of(10, 7), 100));
  const BatchId too_long = generator.insert(request(prompt_of(16, 7), 1));
  const BatchId first = generator.insert(small), second = generator.insert(small), third = generator.insert(small);
  const auto written = run(generator);
  EXPECT_EQ(written.at(full).ids.size(), 7u) << "ten tokens, six more, and one that is not read again";
  EXPECT_EQ(written.at(full).end, BatchEnd::context_full);
  EXPECT_TRUE(written.at(too_long).ids.empty());
  EXPECT_EQ(written.at(too_long).end, BatchEnd::context_full);
  for (const BatchId id : {first, second, third}) EXPECT_EQ(written.at(id).ids, alone(small));
}

TEST_F(BatchGeneratorTest, ABeginningThatARowStillHoldsIsNotReadAgain) {
  const auto runner = model_.runner(2, capacity);
  BatchGenerator generator(*runner, 2);
  const BatchRequest first = request(prompt_of(12, 9), 4);
  generator.insert(first);
  generator.insert(request(prompt_of(12, 40), 4));
  run(generator);
  BatchRequest second = first;
  for (const std::int32_t id : alone(first)) second.prompt.push_back(id);
  second.prompt.push_back(3);
  const BatchId id = generator.insert(second);
  const auto written = run(generator);
  EXPECT_EQ(written.at(id).cached, 15) << "the last token of an answer is not read";
  EXPECT_EQ(written.at(id).ids, alone(second));
}

TEST_F(BatchGeneratorTest, RefusesWhatIsNoText) {
  const auto runner = model_.runner(1, capacity);
  BatchGenerator generator(*runner, 1);
  EXPECT_THROW(generator.insert(request({}, 3)), Error);
  EXPECT_THROW(generator.insert(request({1}, 0)), Error);
  EXPECT_THROW(BatchGenerator(*runner, 0), Error);
}

}  // namespace
}  // namespace etna
