#include "engine/generation/scorer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "tests/engine/generation/loaded_model.h"

namespace etna {
namespace {

class ScorerTest : public testing::Test {
protected:
  void load(std::shared_ptr<Backend> backend) { model_.emplace(std::move(backend)); }

  std::vector<std::int32_t> texts(std::int64_t count) const {
    std::vector<std::int32_t> ids;
    std::uint32_t state = 3;
    for (std::int64_t i = 0; i < count; ++i) {
      state = state * 1664525u + 1013904223u;
      ids.push_back(static_cast<std::int32_t>((state >> 8) % static_cast<std::uint32_t>(model_->vocab())));
    }
    return ids;
  }

  /// From whole vocabularies, in float64.
  std::vector<double> expected(std::span<const std::int32_t> text) const {
    const auto runner = model_->runner(1, 64);
    std::vector<std::int64_t> positions(text.size());
    std::iota(positions.begin(), positions.end(), std::int64_t{0});
    const std::vector<float> logits = runner->append_for_logits(0, text, positions);
    const auto vocab = static_cast<std::size_t>(model_->vocab());
    std::vector<double> scores;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      const auto row = std::span(logits).subspan(i * vocab, vocab);
      double total = 0;
      for (const float logit : row) total += std::exp(double{logit});
      scores.push_back(row[static_cast<std::size_t>(text[i + 1])] - std::log(total));
    }
    return scores;
  }

  void expect_scores_of_whole_vocabularies(std::int64_t piece) {
    constexpr std::int64_t batch = 3, length = 23;  // 66 positions: more than one group
    Scorer scorer(*model_->model, *model_->backend, model_->owner, model_->vocab(),
                  {.batch = batch, .capacity = length, .prefill_step = piece});
    const std::vector<std::int32_t> ids = texts(batch * length);
    const std::vector<float> scores = scorer.score(ids);
    ASSERT_EQ(scores.size(), static_cast<std::size_t>(batch * (length - 1)));
    for (std::int64_t row = 0; row < batch; ++row) {
      const std::vector<double> wanted = expected(std::span(ids).subspan(static_cast<std::size_t>(row * length), length));
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_NEAR(scores[static_cast<std::size_t>(row) * wanted.size() + i], wanted[i], 1e-4) << row << " " << i;
      }
    }
    EXPECT_EQ(scorer.score(ids), scores) << "texts do not see those that were there before";
  }

  std::optional<test::LoadedModel> model_;
};

TEST_F(ScorerTest, AgreesWithTheLogitsOfWholeVocabularies) {
  load(cpu::create_backend(2));
  expect_scores_of_whole_vocabularies(512);
}

TEST_F(ScorerTest, PiecesMakeNoDifference) {
  load(cpu::create_backend(2));
  expect_scores_of_whole_vocabularies(9);
}

TEST_F(ScorerTest, AgreesOnVulkan) {
  if (vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
  load(vulkan::create_backend(0));
  expect_scores_of_whole_vocabularies(512);
}

TEST_F(ScorerTest, RefusesTextsThatDoNotFit) {
  load(cpu::create_backend(1));
  Scorer scorer(*model_->model, *model_->backend, model_->owner, model_->vocab(), {.batch = 2, .capacity = 8});
  EXPECT_THROW(scorer.score(texts(2)), Error) << "no token is scored";
  EXPECT_THROW(scorer.score(texts(18)), Error) << "too long";
  EXPECT_THROW(scorer.score(texts(7)), Error) << "not two texts";
}

}  // namespace
}  // namespace etna
