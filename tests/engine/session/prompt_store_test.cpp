#include "engine/session/prompt_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/session/kept_prompts.h"

namespace etna {
namespace {

using test::CacheKind, test::difference, test::ids_of, test::Place;

constexpr double close = 1e-3;  // of logits of about 10: kernels share keys out by the capacity, and sum in another order

class PromptStoreTest : public test::KeptPrompts {};

TEST_P(PromptStoreTest, logits_after_a_kept_prefix_are_those_without_it_bit_by_bit_for_every_kind_of_cache) {
  const std::vector<std::int32_t> ids = ids_of(250);
  const auto prefix = std::span(ids).first(192), rest = std::span(ids).subspan(192);
  for (const CacheKind& kind : kinds()) {
    SCOPED_TRACE(kind.name);
    const auto store = this->store();
    const auto first = runner(kind.options), second = runner(kind.options);
    append(*first, prefix);
    store->keep(named(*first), prefix, PromptCaching::keep);
    const PromptStore::Reading reading = store->restore(named(*second), ids, 0);
    EXPECT_EQ(reading.length, 192);
    EXPECT_EQ(reading.tokens.memory, 192u);
    EXPECT_EQ(append(*first, rest), append(*second, rest)) << "the same pieces over the same rows";
    EXPECT_EQ(prompt_bytes() > 0, true);
  }
}

TEST_P(PromptStoreTest, a_prefix_fits_contexts_of_other_lengths_and_goes_on_token_by_token) {
  const std::vector<std::int32_t> ids = ids_of(240);
  for (const CacheKind& kind : kinds()) {
    SCOPED_TRACE(kind.name);
    const auto store = this->store();
    RunnerOptions longer = kind.options;
    longer.capacity = 2000;
    longer.prefill_step = 32;
    const auto first = runner(kind.options), second = runner(longer);
    append(*first, std::span(ids).first(200));
    store->keep(named(*first), std::span(ids).first(200), PromptCaching::keep);
    EXPECT_EQ(store->restore(named(*second), ids, 0).length, 200);
    for (std::size_t i = 200; i < ids.size(); ++i) {
      const std::span<const float> a = first->step(std::span(&ids[i], 1)), b = second->step(std::span(&ids[i], 1));
      ASSERT_LT(difference(a, b), close) << i;
    }
  }
}

TEST_P(PromptStoreTest, texts_that_part_share_their_beginning_and_are_continued_where_they_part) {
  std::vector<std::int32_t> one = ids_of(200), other = one;
  const std::vector<std::int32_t> end = ids_of(80, 99);
  std::ranges::copy(end, other.begin() + 120);
  for (const std::int64_t capacity : {200, 2000}) {  // the whole text, and more than a ring has places
    const RunnerOptions each{.capacity = capacity, .prefill_step = 40};
    const auto store = this->store();
    const auto first = runner(each), second = runner(each), fresh = runner(each);
    append(*first, std::span(one).first(120));
    store->keep(named(*first), std::span(one).first(120), PromptCaching::keep);  // the end of a message
    append(*first, std::span(one).subspan(120));
    store->keep(named(*first), one, PromptCaching::keep);
    const std::uint64_t before = store->memory_bytes();
    EXPECT_EQ(store->restore(named(*second), other, 0).length, 120);
    const std::vector<float> logits = append(*second, std::span(other).subspan(120));
    EXPECT_LT(difference(logits, append(*fresh, other)), close);
    store->keep(named(*second), other, PromptCaching::keep);
    EXPECT_LT(store->memory_bytes() - before, before) << "the beginning is kept once";
    EXPECT_EQ(store->restore(named(*fresh), one, 0).length, 199) << "one token is always read";
  }
}

TEST_P(PromptStoreTest, a_layer_that_forgets_is_continued_from_a_checkpoint_only) {
  const std::vector<std::int32_t> ids = ids_of(400);
  const RunnerOptions options{.capacity = 2000, .prefill_step = 50};
  const auto store = this->store();
  const auto first = runner(options), second = runner(options), fresh = runner(options);
  append(*first, std::span(ids).first(100));
  store->keep(named(*first), std::span(ids).first(100), PromptCaching::keep);
  append(*first, std::span(ids).subspan(100));
  store->keep(named(*first), ids, PromptCaching::keep);
  std::vector<std::int32_t> edited(ids.begin(), ids.begin() + 250);
  edited.insert(edited.end(), {1, 2, 3, 4, 5, 6, 7, 8});
  const PromptStore::Reading reading = store->restore(named(*second), edited, 0);
  EXPECT_EQ(reading.length, 100);
  EXPECT_TRUE(reading.window);
  EXPECT_LT(difference(append(*second, std::span(edited).subspan(100)), append(*fresh, edited)), close);
}

TEST_P(PromptStoreTest, what_the_row_holds_already_stays_and_only_the_rest_is_brought_back) {
  const std::vector<std::int32_t> ids = ids_of(200);
  for (const CacheKind& kind : kinds()) {
    SCOPED_TRACE(kind.name);
    const auto store = this->store();
    const auto first = runner(kind.options), second = runner(kind.options);
    append(*first, ids);
    store->keep(named(*first), ids, PromptCaching::keep);
    append(*second, std::span(ids).first(60));
    std::vector<std::int32_t> longer = ids;
    longer.push_back(7);
    const PromptStore::Reading reading = store->restore(named(*second), longer, 60);
    EXPECT_EQ(reading.length, 200);
    EXPECT_EQ(reading.tokens.total(), 200u);
    EXPECT_EQ(append(*first, std::span(longer).last(1)), append(*second, std::span(longer).last(1)));
  }
}

TEST_P(PromptStoreTest, other_weights_other_types_and_other_packing_share_nothing) {
  if (GetParam() == Place::graphics) GTEST_SKIP() << "nothing of it depends on the device";
  const std::vector<std::int32_t> ids = ids_of(100);
  const auto store = this->store();
  const auto first = runner({.capacity = 512});
  append(*first, ids);
  store->keep(named(*first), ids, PromptCaching::keep);
  EXPECT_EQ(store->restore(named(*runner({.capacity = 512}), "others"), ids, 0).length, 0);
  EXPECT_EQ(store->restore(named(*runner({.capacity = 512, .key_bits = 8, .value_bits = 8, .kv_group_size = 32})), ids, 0).length, 0);
  EXPECT_EQ(store->restore(named(*runner({.capacity = 512, .max_kv_size = 50})), ids, 0).length, 0);
  EXPECT_GT(store->restore(named(*runner({.capacity = 512})), ids, 0).length, 0);
}

TEST_P(PromptStoreTest, beyond_the_limit_the_longest_unused_goes_and_the_ledger_stays_exact) {
  if (GetParam() == Place::graphics) GTEST_SKIP() << "nothing of it depends on the device";
  const auto store = this->store();
  const RunnerOptions options{.capacity = 300};
  const auto runner = this->runner(options);
  const auto keep = [&](std::uint32_t seed) {
    const std::vector<std::int32_t> ids = ids_of(100, seed);
    runner->truncate(0, 0);
    append(*runner, ids);
    store->keep(named(*runner), ids, PromptCaching::keep);
  };
  keep(1);
  const std::uint64_t one = store->memory_bytes();
  store->set_memory_limit(3 * one);
  for (std::uint32_t seed = 2; seed < 4; ++seed) keep(seed);
  EXPECT_EQ(store->memory_bytes(), 3 * one);
  EXPECT_GT(store->restore(named(*this->runner(options)), ids_of(100, 1), 0).length, 0) << "used now";
  keep(4);
  EXPECT_EQ(store->memory_bytes(), 3 * one);
  EXPECT_GE(prompt_bytes(), store->memory_bytes());
  EXPECT_LE(prompt_bytes(), store->memory_bytes() * 5 / 4) << "blocks are a little larger";
  EXPECT_EQ(store->restore(named(*this->runner(options)), ids_of(100, 2), 0).length, 0) << "unused longest";
  EXPECT_GT(store->restore(named(*this->runner(options)), ids_of(100, 1), 0).length, 0);
  EXPECT_EQ(store->drop(), 3 * one);
  EXPECT_EQ(store->memory_bytes(), 0u);
  EXPECT_EQ(prompt_bytes(), 0u);
  store->set_memory_limit(one - 1);
  keep(5);
  EXPECT_EQ(store->memory_bytes(), 0u) << "what does not fit is left out";
}

TEST_P(PromptStoreTest, memory_that_is_refused_is_no_failure) {
  if (GetParam() == Place::graphics) GTEST_SKIP() << "nothing of it depends on the device";
  const auto store = this->store();
  const auto runner = this->runner({.capacity = 300});
  const std::vector<std::int32_t> ids = ids_of(100);
  append(*runner, ids);
  memory_->allocator()->ledger()->set_limit(1);
  store->keep(named(*runner), ids, PromptCaching::keep);
  EXPECT_EQ(prompt_bytes(), 0u);
}

TEST_P(PromptStoreTest, prefixes_survive_on_disk_and_come_back_bit_by_bit_for_every_kind_of_cache) {
  const std::vector<std::int32_t> ids = ids_of(250);
  const auto prefix = std::span(ids).first(192), rest = std::span(ids).subspan(192);
  for (const CacheKind& kind : kinds()) {
    SCOPED_TRACE(kind.name);
    const test::TemporaryFolder folder;
    const auto first = runner(kind.options), second = runner(kind.options);
    {
      const auto store = this->store();
      store->configure({.disk_folder = folder.path().string()});
      append(*first, std::span(prefix).first(100));
      store->keep(named(*first), prefix.first(100), PromptCaching::keep);
      append(*first, prefix.subspan(100));
      store->keep(named(*first), prefix, PromptCaching::keep);
    }
    const auto store = this->store();
    store->configure({.disk_folder = folder.path().string()});
    const PromptStore::Reading reading = store->restore(named(*second), ids, 0);
    EXPECT_EQ(reading.length, 192);
    EXPECT_EQ(reading.tokens.disk, 192u);
    EXPECT_EQ(append(*first, rest), append(*second, rest));
    EXPECT_THAT(notes_, testing::IsEmpty());
  }
}

TEST_P(PromptStoreTest, temporary_chats_leave_nothing_on_disk_and_switched_off_ones_nothing_at_all) {
  if (GetParam() == Place::graphics) GTEST_SKIP() << "nothing of it depends on the device";
  const test::TemporaryFolder folder;
  const std::vector<std::int32_t> ids = ids_of(100);
  const auto store = this->store();
  store->configure({.disk_folder = folder.path().string()});
  const auto runner = this->runner({.capacity = 300});
  append(*runner, ids);
  store->keep(named(*runner), ids, PromptCaching::off);
  EXPECT_EQ(store->memory_bytes(), 0u);
  store->keep(named(*runner), ids, PromptCaching::memory_only);
  EXPECT_GT(store->memory_bytes(), 0u);
  store->disk()->flush();
  EXPECT_EQ(store->disk()->entries_count(), 0u);
}

TEST_P(PromptStoreTest, why_a_prompt_was_read_again_is_said_in_words) {
  if (GetParam() == Place::graphics) GTEST_SKIP() << "nothing of it depends on the device";
  const auto store = this->store();
  const auto first = runner({.capacity = 512});
  const std::vector<std::int32_t> ids = ids_of(200);
  const auto explain = [&](Runner& runner, std::span<const std::int32_t> prompt, const PromptStore::Reading& reading) {
    return store->explain(named(runner), prompt, {}, reading, 5, [](std::int64_t position) { return static_cast<int>(position / 40); });
  };
  const auto read = [&](Runner& runner, std::span<const std::int32_t> prompt) {
    const PromptStore::Reading reading = store->restore(named(runner), prompt, 0);
    const CacheReport report = explain(runner, prompt, reading);
    append(runner, prompt.subspan(static_cast<std::size_t>(reading.length)));
    store->keep(named(runner), prompt, PromptCaching::keep);
    store->remember(named(runner), prompt, {}, report, prompt.size());
    return report;
  };
  EXPECT_EQ(read(*first, ids).sentence, "first use of this model");
  const CacheReport again = read(*runner({.capacity = 512}), ids);
  EXPECT_EQ(again.miss, CacheMiss::none);
  EXPECT_EQ(again.tokens.memory, 199u);
  std::vector<std::int32_t> edited = ids;
  for (std::size_t i = 90; i < edited.size(); ++i) edited[i] = (edited[i] + 1) % test::vocab;
  const CacheReport changed = read(*runner({.capacity = 512}), edited);
  EXPECT_EQ(changed.sentence, "the text changed at message 3");
  EXPECT_EQ(changed.changed_message, 2);
  EXPECT_EQ(changed.missed_tokens, 110u);
  EXPECT_EQ(read(*runner({.capacity = 512}), ids_of(100, 77)).sentence, "no earlier prompt begins like this one");
  const CacheReport other = read(*runner({.capacity = 512, .key_bits = 8, .value_bits = 8, .kv_group_size = 32}), ids);
  EXPECT_EQ(other.miss, CacheMiss::settings_changed);
  EXPECT_THAT(other.sentence, testing::HasSubstr("was f32 and is 8-bit keys and values"));
  store->drop();
  const CacheReport gone = read(*runner({.capacity = 512, .key_bits = 8, .value_bits = 8, .kv_group_size = 32}), ids);
  EXPECT_EQ(gone.miss, CacheMiss::evicted);
  const PromptCacheStatus status = store->status();
  EXPECT_EQ(status.prompts, 6u);
  EXPECT_GT(status.hit_rate(), 0);
}

TEST_P(PromptStoreTest, what_is_kept_is_listed_by_conversation_and_forgotten_with_what_continues_it) {
  if (GetParam() == Place::graphics) GTEST_SKIP() << "where rows lie makes no difference";
  const test::TemporaryFolder folder;
  const auto store = this->store();
  store->configure({.disk_folder = (folder / "prompts").string()});
  const auto keep = [&](const std::vector<std::int32_t>& ids, const char* conversation, PromptCaching caching) {
    const auto first = runner({.capacity = 512});
    append(*first, ids);
    store->keep(named(*first), ids, caching, conversation);
  };
  const std::vector<std::int32_t> ids = ids_of(220), other = ids_of(100, 99);
  keep({ids.begin(), ids.begin() + 120}, "one", PromptCaching::keep);
  keep(ids, "branch", PromptCaching::keep);  // goes on with the other's text
  keep(other, "secret", PromptCaching::memory_only);
  store->disk()->flush();
  std::map<std::string, KeptPrompt> kept;
  for (const KeptPrompt& each : store->kept()) kept[each.conversation] = each;
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept["one"].tokens, 120u);
  EXPECT_EQ(kept["branch"].tokens, 220u);
  EXPECT_EQ(kept["one"].model, "test");
  EXPECT_EQ(kept["one"].settings, "f32");
  EXPECT_GT(kept["one"].disk_bytes, 0u);
  EXPECT_GT(kept["one"].memory_bytes, 0u);
  EXPECT_GT(kept["one"].last_used, 0);
  EXPECT_EQ(kept["secret"].disk_bytes, 0u);

  EXPECT_EQ(store->forget({.conversation = "nobody"}), 0u);
  EXPECT_GT(store->forget({.conversation = "one"}), 0u);
  ASSERT_EQ(store->kept().size(), 1u);
  EXPECT_EQ(store->kept().front().conversation, "secret");
  EXPECT_EQ(store->disk()->entries_count(), 0u);
  EXPECT_EQ(store->restore(named(*runner({.capacity = 512})), ids, 0).length, 0);
  EXPECT_EQ(store->restore(named(*runner({.capacity = 512})), other, 0).length, 99);
  store->forget({.model = "test"});
  EXPECT_EQ(store->memory_bytes(), 0u);
  EXPECT_EQ(prompt_bytes(), 0u);
  keep(ids, "one", PromptCaching::keep);
  EXPECT_EQ(store->restore(named(*runner({.capacity = 512})), ids, 0).length, 219) << "the place is free again";
}

INSTANTIATE_TEST_SUITE_P(Everywhere, PromptStoreTest, testing::Values(Place::processor, Place::graphics),
                         [](const auto& place) { return place.param == Place::processor ? "processor" : "graphics"; });

}  // namespace
}  // namespace etna
