#include "engine/io/expert_modules.h"

#include <gtest/gtest.h>

namespace etna {
namespace {

TEST(ExpertModules, single_experts_and_stacked_ones_are_found_from_each_other) {
  const auto place = expert_path("model.layers.0.mlp.experts.12.up_proj");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->stacked, "model.layers.0.mlp.switch_mlp.up_proj");
  EXPECT_EQ(place->expert, 12);
  EXPECT_EQ(path_of_expert(place->stacked, 12), "model.layers.0.mlp.experts.12.up_proj");
  EXPECT_EQ(expert_path("model.layers.0.block_sparse_moe.experts.1.w3")->stacked,
            "model.layers.0.block_sparse_moe.switch_mlp.up_proj");
  EXPECT_EQ(path_of_expert("model.layers.0.block_sparse_moe.switch_mlp.gate_proj", 3),
            "model.layers.0.block_sparse_moe.experts.3.w1");
}

TEST(ExpertModules, other_paths_are_none) {
  for (const char* path : {"model.layers.0.mlp.up_proj", "mlp.experts.gate_proj", "mlp.experts.x.gate_proj",
                           "mlp.experts.-1.w1", "mlp.experts.99999999999.w1", "mlp.experts.3"}) {
    EXPECT_FALSE(expert_path(path)) << path;
  }
  EXPECT_FALSE(path_of_expert("model.layers.0.mlp.experts.gate_proj", 0)) << "gpt-oss has no modules of single experts";
}

}  // namespace
}  // namespace etna
