#include "engine/session/memory_policy.h"

#include <gtest/gtest.h>

namespace etna {
namespace {

constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;

ResidentModel model(ModelId id, double idle_seconds) {
  ResidentModel result;
  result.info.id = id;
  result.info.name = "model " + std::to_string(id);
  result.idle_seconds = idle_seconds;
  return result;
}

std::vector<ModelId> ids(const std::vector<ResidentModel>& models) {
  std::vector<ModelId> result;
  for (const ResidentModel& each : models) result.push_back(each.info.id);
  return result;
}

TEST(MemoryPolicy, guardrails_leave_what_they_say) {
  EXPECT_EQ(reserve_of(Guardrail::careful).of(4 * gibibyte), 2 * gibibyte);
  EXPECT_EQ(reserve_of(Guardrail::careful).of(100 * gibibyte), 20 * gibibyte);
  EXPECT_EQ(reserve_of(Guardrail::balanced).of(4 * gibibyte), gibibyte);
  EXPECT_EQ(reserve_of(Guardrail::balanced).of(100 * gibibyte), 8 * gibibyte);
  EXPECT_EQ(reserve_of(Guardrail::off).of(100 * gibibyte), gibibyte / 4);
}

TEST(MemoryPolicy, models_go_longest_unused_first_but_neither_busy_nor_pinned_ones) {
  std::vector<ResidentModel> models{model(1, 5), model(2, 700), model(3, 40), model(4, 9000), model(5, 0)};
  models[3].pinned = true;
  models[4].busy = true;
  EXPECT_EQ(ids(unload_order(models)), (std::vector<ModelId>{2, 3, 1}));
  EXPECT_EQ(ids(unload_order(models, 40)), (std::vector<ModelId>{2, 3}));
  EXPECT_TRUE(unload_order({}).empty());
}

TEST(MemoryPolicy, idle_time_is_the_loads_or_else_the_policys) {
  MemoryPolicy policy;
  ResidentModel idle = model(1, 100);
  EXPECT_FALSE(unloads_in(idle, policy)) << "by itself a model stays";
  policy.idle_unload_seconds = 900;
  EXPECT_EQ(unloads_in(idle, policy), 800);
  idle.request.idle_unload_seconds = 60;
  EXPECT_EQ(unloads_in(idle, policy), 0);
  idle.request.idle_unload_seconds = 0;
  EXPECT_FALSE(unloads_in(idle, policy));
  idle.request.idle_unload_seconds = 900;
  idle.pinned = true;
  EXPECT_FALSE(unloads_in(idle, policy));
}

TEST(MemoryPolicy, settings_are_said_in_one_line) {
  ResidentModel each = model(1, 0);
  each.info.context_length = 131072;
  each.info.activations = "f16";
  EXPECT_EQ(settings_text(each), "131,072 tokens of context · f16");
  each.request.kv_cache.key_bits = each.request.kv_cache.value_bits = 8;
  each.info.layers = 32;
  each.info.layers_on_device = 28;
  each.request.draft_model = "small";
  EXPECT_EQ(settings_text(each), "131,072 tokens of context · f16 · 8-bit context · 28 of 32 layers on the graphics device · with a draft model");
  each.request.kv_cache.key_bits = 0;
  each.info.context_length = 999;
  EXPECT_TRUE(settings_text(each).starts_with("999 tokens of context · f16 · plain keys, 8-bit values")) << settings_text(each);
}

}  // namespace
}  // namespace etna
