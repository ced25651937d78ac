#include "hub/listing_size.h"

#include <gtest/gtest.h>

namespace etna::hub {
namespace {

ModelSummary named(const std::string& id) {
  ModelSummary model;
  model.id = id;
  return model;
}

TEST(ListingSize, CountsAreReadFromNamesAndNeverFromPartsOfWords) {
  const std::pair<const char*, std::uint64_t> cases[] = {
      {"Qwen/Qwen3-8B-GGUF", 8'000'000'000}, {"x/Qwen3-0.6B-4bit", 600'000'000},
      {"x/SmolLM2-360M", 360'000'000},       {"x/Mixtral-8x7B-v0.1", 56'000'000'000},
      {"x/Qwen3-30B-A3B", 30'000'000'000},   {"x/gpt2", 0},
      {"x/model-4bit", 0},                   {"x/Phi-3.5-mini-v2B2", 0},
      {"x/a-12345B", 0},                     {"x/a-1.234B", 0},
      {"x/8x", 0},                           {"x/7b", 7'000'000'000}};
  for (const auto& [id, expected] : cases) EXPECT_EQ(parameter_count(named(id)), expected) << id;
}

TEST(ListingSize, ElementsAreCountedAtTheirWidth) {
  ModelSummary model = named("x/Model");
  model.parameters = 1000;
  model.elements = {{"BF16", 1'000'000}, {"F8_E4M3", 500}};
  ASSERT_TRUE(rough_size(model));
  EXPECT_EQ(rough_size(model)->download_bytes, 2'000'500u);
  EXPECT_GT(rough_size(model)->memory_bytes, rough_size(model)->download_bytes);
}

TEST(ListingSize, WhatTellsNothingHasNoSize) {
  EXPECT_FALSE(rough_size(named("someone/mystery")));
  EXPECT_FALSE(rough_size(named("someone/mystery-8B")));  // neither format nor elements
}

}  // namespace
}  // namespace etna::hub
