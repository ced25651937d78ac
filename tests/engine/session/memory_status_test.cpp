#include "engine/session/memory_status.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace etna {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

/// A computer of 1000 MiB with a model (owner 1, draft 2) and a load that is going on (owner 3); and a card.
MemoryFacts facts() {
  MemoryFacts facts;
  facts.seconds = 12;
  ResidentModel model;
  model.info.id = 7;
  model.info.name = "Qwen3-4B";
  model.info.context_length = 4096;
  model.info.activations = "f16";
  model.owners = {1, 2};
  model.idle_seconds = 30;
  facts.models = {model};
  MemoryReport system{.pool = "system", .pool_name = "System memory", .capacity_bytes = 1000 * mebibyte, .available_bytes = 500 * mebibyte,
                      .live_bytes = 200 * mebibyte, .mapped_bytes = 80 * mebibyte, .peak_bytes = 220 * mebibyte, .cached_bytes = 20 * mebibyte,
                      .slack_bytes = 10 * mebibyte, .reserved_bytes = 40 * mebibyte, .limit_bytes = 550 * mebibyte, .uses = {}};
  system.uses = {{1, "model.safetensors", MemoryTag::weights, 110 * mebibyte, 110 * mebibyte},
                 {2, "draft.safetensors", MemoryTag::kv_cache, 40 * mebibyte, 40 * mebibyte},
                 {3, "coming", MemoryTag::staging, 50 * mebibyte, 70 * mebibyte}};
  MemoryReport card{.pool = "gpu:0", .pool_name = "Card", .capacity_bytes = 300 * mebibyte, .available_bytes = 150 * mebibyte, .budget_reported = false,
                    .live_bytes = 100 * mebibyte, .limit_bytes = 270 * mebibyte, .uses = {}};
  card.uses = {{1, "model.safetensors", MemoryTag::kv_cache, 100 * mebibyte, 100 * mebibyte}};
  facts.reports = {system, card};
  facts.process_bytes = 190 * mebibyte;
  return facts;
}

TEST(MemoryStatus, the_parts_of_the_computers_memory_add_up) {
  const MemoryStatus status = make_memory_status(facts());
  ASSERT_EQ(status.pools.size(), 2u);
  const MemoryPoolStatus& system = status.pools[0];
  EXPECT_TRUE(system.is_system);
  EXPECT_EQ(system.app_bytes, 40 * mebibyte) << "of 190 MiB of the process the heaps hold 120 + 20 + 10";
  EXPECT_EQ(system.other_bytes, 310 * mebibyte);
  const std::uint64_t held = system.live_bytes - system.mapped_bytes + system.cached_bytes + system.slack_bytes;
  EXPECT_EQ(system.other_bytes + system.app_bytes + held + 500 * mebibyte, system.total_bytes);
  EXPECT_EQ(system.free_bytes, 310 * mebibyte) << "the limit without what is live and promised";
  EXPECT_EQ(system.note, "");
  EXPECT_EQ(status.pools[1].other_bytes, 50 * mebibyte);
  EXPECT_EQ(status.pools[1].app_bytes, 0u);
  EXPECT_EQ(status.pools[1].note, "This driver does not report its memory budget. Etna uses its own count.");
  EXPECT_EQ(status.limit_bytes, 820 * mebibyte);
  EXPECT_EQ(status.live_bytes(), 300 * mebibyte);
  EXPECT_EQ(status.free_bytes(), 480 * mebibyte);
}

TEST(MemoryStatus, a_program_smaller_than_its_heaps_takes_nothing) {
  MemoryFacts of = facts();
  of.process_bytes = mebibyte;
  EXPECT_EQ(make_memory_status(of).pools[0].app_bytes, 0u);
  of.reports[0].available_bytes = 990 * mebibyte;
  EXPECT_EQ(make_memory_status(of).pools[0].other_bytes, 0u);
}

TEST(MemoryStatus, uses_name_models_and_what_is_loading) {
  const MemoryStatus status = make_memory_status(facts());
  const std::vector<MemoryUse>& uses = status.pools[0].uses;
  ASSERT_EQ(uses.size(), 3u);
  EXPECT_EQ(uses[0].owner, "Qwen3-4B");
  EXPECT_EQ(uses[0].tag, "weights");
  EXPECT_EQ(uses[0].model, 7u);
  EXPECT_EQ(uses[1].owner, "draft.safetensors");
  EXPECT_EQ(uses[1].model, 7u);
  EXPECT_EQ(uses[2].owner, "coming");
  EXPECT_EQ(uses[2].model, 0u);
  EXPECT_EQ(uses[2].peak_bytes, 70 * mebibyte);
}

TEST(MemoryStatus, a_model_holds_what_it_and_its_draft_model_hold_everywhere) {
  MemoryFacts of = facts();
  of.policy.idle_unload_seconds = 900;
  const LoadedModelStatus model = make_memory_status(of).models.at(0);
  EXPECT_EQ(model.id, 7u);
  EXPECT_EQ(model.bytes, 250 * mebibyte);
  EXPECT_EQ(model.unload_frees, 250 * mebibyte);
  EXPECT_EQ(model.settings, "4,096 tokens of context · f16");
  EXPECT_DOUBLE_EQ(model.unloads_in_seconds, 870);
  EXPECT_DOUBLE_EQ(make_memory_status(facts()).models.at(0).unloads_in_seconds, -1);
}

TEST(MemoryStatus, the_users_limit_holds_over_all_pools) {
  MemoryFacts of = facts();
  of.policy.limit_bytes = 400 * mebibyte;
  const MemoryStatus status = make_memory_status(of);
  EXPECT_EQ(status.limit_bytes, 400 * mebibyte);
  EXPECT_EQ(status.recommended_limit_bytes, 820 * mebibyte);
  EXPECT_EQ(status.pools[0].free_bytes, 60 * mebibyte);
  EXPECT_EQ(status.pools[1].free_bytes, 60 * mebibyte);
  EXPECT_EQ(status.free_bytes(), 100 * mebibyte);
}

TEST(MemoryStatus, phases_have_their_peaks_and_experts_their_lines) {
  MemoryFacts of = facts();
  of.phase_peaks = {1, 2, 3, 4, 5};
  const MemoryStatus status = make_memory_status(of);
  ASSERT_EQ(status.peaks.size(), 4u);
  EXPECT_EQ(status.peaks[0].phase, "loading");
  EXPECT_EQ(status.peaks[0].bytes, 2u);
  EXPECT_EQ(status.peaks[1].phase, "reading a prompt");
  EXPECT_EQ(status.peaks[3].bytes, 5u);
  EXPECT_GE(status.details.size(), 5u);
}

TEST(MemoryStatus, a_sum_that_is_wrong_is_no_status) {
  MemoryFacts of = facts();
  of.reports[0].uses[0].live_bytes -= 1;
  EXPECT_THROW(make_memory_status(of), Error);
}

}  // namespace
}  // namespace etna
