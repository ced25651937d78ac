#include "gui/hub/fit.h"

#include <gtest/gtest.h>

#include "gui/hub/starter_models.h"

namespace etna::gui {
namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

hub::ModelSummary named(const std::string& id) {
  hub::ModelSummary model;
  model.id = id;
  return model;
}

LoadEstimate estimate(double gibibytes, double usable = 12) {
  LoadEstimate estimate;
  PoolEstimate pool;
  pool.pool = "system";
  pool.weight_bytes = static_cast<std::uint64_t>((gibibytes - 1) * static_cast<double>(gib));
  pool.kv_cache_bytes = gib / 2;
  pool.working_bytes = gib / 2;
  pool.usable_bytes = static_cast<std::uint64_t>(usable * static_cast<double>(gib));
  estimate.pools = {pool};
  estimate.usable_bytes = pool.usable_bytes;
  estimate.context_length = 8192;
  estimate.trained_context_length = 131072;
  return sibling_estimate(estimate, pool.weight_bytes, pool.weight_bytes);
}

TEST(Fit, ParametersAreReadFromNamesAsPeopleWriteThem) {
  const std::pair<const char*, std::uint64_t> cases[] = {
      {"Qwen/Qwen3-8B-GGUF", 8'000'000'000},
      {"x/Qwen3-0.6B-4bit", 600'000'000},
      {"x/SmolLM2-360M", 360'000'000},
      {"x/Mixtral-8x7B-v0.1", 56'000'000'000},
      {"x/Qwen3-30B-A3B", 30'000'000'000},
      {"x/gpt2", 0},
      {"x/model-4bit", 0},
      {"x/Phi-3.5-mini-v2B2", 0},
  };
  for (const auto& [id, expected] : cases) EXPECT_EQ(parameter_count(named(id)), expected) << id;
}

TEST(Fit, PackedWordsAreNotTakenForWeights) {
  hub::ModelSummary model = named("mlx-community/Qwen3-8B-4bit");
  model.parameters = 1'280'000'000;
  model.elements = {{"U32", 1'023'750'000}, {"BF16", 255'937'500}};
  EXPECT_EQ(parameter_count(model), 8'000'000'000u);
  model.tags = {"mlx"};
  const auto rough = rough_fit(model, 12 * gib);
  ASSERT_TRUE(rough);
  EXPECT_EQ(rough->download_bytes, 4'606'875'000u);
  EXPECT_EQ(rough->fit, Fit::fits_well);
}

TEST(Fit, ARowOfWhichNothingIsKnownHasNoFit) {
  EXPECT_FALSE(rough_fit(named("someone/mystery"), 12 * gib));
  EXPECT_FALSE(rough_fit(named("someone/mystery-8B"), 12 * gib));  // neither format nor elements
}

TEST(Fit, TheMostExactVersionThatLeavesTheComputerAtEaseIsRecommended) {
  const std::vector<Candidate> candidates = {{3.9, 0, estimate(5), true},
                                             {4.85, 0, estimate(6), true},
                                             {8.5, 0, estimate(9.6), true},
                                             {16, 0, estimate(16.5), true}};
  EXPECT_EQ(candidates[1].estimate->fit, Fit::fits_well);
  EXPECT_EQ(candidates[2].estimate->fit, Fit::tight);
  EXPECT_EQ(candidates[3].estimate->fit, Fit::too_big);
  const Recommendation best = recommend(candidates);
  EXPECT_EQ(best.index, 1);
  EXPECT_EQ(best.reason.toStdString(), "leaves room for 64k context");
}

TEST(Fit, NothingIsRecommendedWhereNothingFitsOrPartsAreMissing) {
  EXPECT_EQ(recommend({{4.85, 0, estimate(30), true}}).index, -1);
  EXPECT_EQ(recommend({{4.85, 0, estimate(6), false}}).index, -1);
  EXPECT_EQ(recommend({{4.85, 0, {}, true}}).index, -1);
  EXPECT_EQ(recommend({}).index, -1);
}

TEST(Fit, CoarseAndOversizedVersionsAreTakenOnlyWhereThereIsNothingElse) {
  EXPECT_EQ(recommend({{2.6, 0, estimate(4), true}, {4.85, 0, estimate(10), true}}).index, 1);
  EXPECT_EQ(recommend({{2.6, 0, estimate(4), true}, {4.85, 0, estimate(13), true}}).index, 0);
  EXPECT_EQ(recommend({{8.5, 0, estimate(4), true}, {16, 0, estimate(6), true}}).index, 0);
}

TEST(Fit, TheWordsSayTheNumberAndTheWayOut) {
  EXPECT_EQ(fit_line(estimate(6)).toStdString(), "Fits well");
  EXPECT_EQ(fit_line(estimate(9.6)).toStdString(), "Tight · other programs may slow down");
  EXPECT_EQ(fit_line(estimate(11.5)).toStdString(), "Very tight · only up to 16k context");
  EXPECT_EQ(fit_line(estimate(16.5)).toStdString(), "Too big · needs 4.5 GiB more than the limit (12 GiB)");
  LoadEstimate full = estimate(13);
  full.unloading = {{1, "Qwen3-4B", 4 * gib, Fit::fits_well}};
  EXPECT_EQ(fit_line(full).toStdString(), "Fits after unloading Qwen3-4B");
}

TEST(Fit, TheBarHasATickOnlyWhereTheLimitIsExceeded) {
  EXPECT_LT(fit_bar(estimate(6)).tick, 0);
  EXPECT_NEAR(fit_bar(estimate(24)).tick, 0.5, 1e-6);
  std::uint64_t sum = 0;
  for (const Segment& segment : fit_bar(estimate(6)).segments) sum += segment.bytes;
  EXPECT_EQ(sum, 12 * gib);
}

TEST(Starters, TheirSizesAreThoseOfTheFilesOnTheHub) {
  const std::vector<StarterModel> models = starter_models();
  ASSERT_EQ(models.size(), 5u);
  const double gigabytes[] = {0.35, 0.98, 2.28, 4.62, 8.32};
  for (std::size_t i = 0; i < models.size(); ++i)
    EXPECT_NEAR(static_cast<double>(models[i].download_bytes) / 1e9, gigabytes[i], 0.03)
        << models[i].name.toStdString();
}

TEST(Starters, TheLargestOneThatFitsWellIsChosen) {
  const std::uint64_t disk = 200'000'000'000;
  const std::vector<StarterChoice> choices = {
      {estimate(1.5), 350'000'000}, {estimate(4), 2'280'000'000}, {estimate(9.6), 4'620'000'000}};
  EXPECT_EQ(recommended_starter(choices, disk, true), 1);
  EXPECT_EQ(recommended_starter(choices, disk, false), 0);          // slowly, on the processor
  EXPECT_EQ(recommended_starter(choices, 3'000'000'000, true), 0);  // little room on the disk
  EXPECT_EQ(recommended_starter(choices, 1'000'000'000, true), -1);
  EXPECT_EQ(recommended_starter({}, disk, true), -1);
}

}  // namespace
}  // namespace etna::gui
