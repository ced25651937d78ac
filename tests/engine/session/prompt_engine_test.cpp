#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "engine/engine.h"
#include "engine/io/prompt_cache_file.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using testing::HasSubstr;

const std::string rules = "You answer briefly and kindly. You never guess: where you do not know, you say so. You like tea, rain and old maps.";

/// An engine with the starter model, waited for.
class Waiting {
public:
  ModelInfo load(const KvCacheSettings& cache = {}, std::uint64_t context = 1024) {
    std::promise<ModelInfo> info;
    engine.load({.path = {}, .device = "cpu", .activations = "f32", .context_length = context, .kv_cache = cache},
                {.progress = {}, .done = [&](ModelInfo loaded) { info.set_value(std::move(loaded)); }, .failed = [&](const Failure& failure) { info.set_exception(thrown(failure)); }});
    return info.get_future().get();
  }

  struct Answer {
    std::string text;
    RunStatistics statistics;
    const CacheReport& cache() const { return statistics.cache; }
  };

  Answer chat(ChatRequest request) {
    request.sampling.temperature = 0;
    request.max_tokens = 6;
    Answer answer;
    std::promise<void> over;
    engine.chat(std::move(request), {.prompt_progress = {},
                                     .text = [&](const std::string& text) { answer.text += text; },
                                     .done = [&](const RunStatistics& statistics) { answer.statistics = statistics, over.set_value(); },
                                     .failed = [&](const Failure& failure) { over.set_exception(thrown(failure)); }});
    over.get_future().get();
    return answer;
  }

  std::uint64_t forget(PromptSelection which) {
    std::promise<std::uint64_t> bytes;
    engine.forget_prompts(std::move(which), [&](std::uint64_t value) { bytes.set_value(value); });
    return bytes.get_future().get();
  }

  SavedContext save(SaveContextRequest request) {
    std::promise<SavedContext> saved;
    engine.save_context(std::move(request), {.done = [&](SavedContext value) { saved.set_value(std::move(value)); },
                                             .failed = [&](const Failure& failure) { saved.set_exception(thrown(failure)); }});
    return saved.get_future().get();
  }

  void unload() {
    std::promise<void> done;
    engine.unload(0, [&] { done.set_value(); });
    done.get_future().get();
  }

  std::uint64_t ledger_bytes() const {
    std::uint64_t bytes = 0;
    for (const MemoryPoolStatus& pool : engine.memory().pools) {  // it throws if uses and totals disagree
      for (const MemoryUse& use : pool.uses) bytes += use.tag == "prompt_cache" ? use.bytes : 0;
    }
    return bytes;
  }

  static std::exception_ptr thrown(const Failure& failure) { return std::make_exception_ptr(Error(failure.code, failure.message)); }

  Engine engine;
};

ChatRequest question(std::vector<ChatMessage> messages, const std::string& conversation = {}) {
  ChatRequest request;
  request.messages = std::move(messages);
  request.conversation = conversation;
  return request;
}

const std::vector<ChatMessage> first_chat = {{"system", rules}, {"user", "What do you like about maps, and which was the first that you ever saw?"}};
const std::vector<ChatMessage> other_chat = {{"system", "You are a pirate."}, {"user", "Where is the treasure? Tell me all about the island and the sea around it."}};

TEST(PromptEngine, a_chat_that_is_returned_to_is_read_from_memory_also_after_its_model_was_unloaded) {
  Waiting app;
  app.load();
  const Waiting::Answer first = app.chat(question(first_chat, "a"));
  EXPECT_EQ(first.cache().sentence, "first use of this model");
  EXPECT_EQ(first.statistics.cached_tokens, 0u);
  EXPECT_EQ(app.chat(question(other_chat, "b")).cache().tokens.memory, 0u);
  const Waiting::Answer again = app.chat(question(first_chat, "a"));
  EXPECT_EQ(again.cache().tokens.memory + again.cache().tokens.context, again.statistics.prompt_tokens - 1);
  EXPECT_GT(again.cache().tokens.memory, 0u);
  EXPECT_EQ(again.cache().sentence, "");
  EXPECT_EQ(again.text, first.text);
  app.unload();
  app.load();
  const Waiting::Answer later = app.chat(question(first_chat, "a"));
  EXPECT_EQ(later.cache().tokens.memory, later.statistics.prompt_tokens - 1);
  EXPECT_EQ(later.text, first.text);
}

TEST(PromptEngine, what_changed_is_said_by_message_and_by_setting) {
  Waiting app;
  app.load();
  std::vector<ChatMessage> chat = first_chat;
  chat.push_back({"assistant", app.chat(question(chat, "a")).text});
  chat.push_back({"user", "And tea? Which kind of it, and when, and out of which cup, if you may choose freely?"});
  EXPECT_EQ(app.chat(question(chat, "a")).cache().miss, CacheMiss::none) << "a new message is no change";
  chat[1].content = "What do you dislike about maps, and which was the first that you ever saw?";
  const Waiting::Answer edited = app.chat(question(chat, "a"));
  EXPECT_EQ(edited.cache().sentence, "the text changed at message 2");
  EXPECT_EQ(edited.cache().changed_message, 1);
  EXPECT_GT(edited.statistics.cached_tokens, 16u) << "the instructions are the same";
  app.unload();
  app.load({.key_bits = 8, .value_bits = 8, .group_size = 32});
  const Waiting::Answer packed = app.chat(question(chat, "a"));
  EXPECT_EQ(packed.cache().miss, CacheMiss::settings_changed);
  EXPECT_THAT(packed.cache().sentence, HasSubstr("was f32 and is 8-bit"));
  EXPECT_GT(packed.cache().missed_tokens, 0u);
}

TEST(PromptEngine, a_context_that_forgets_is_continued_from_the_end_of_the_instructions) {
  Waiting app;
  app.load({.max_size = 64}, 1024);
  std::string long_rules;
  for (int i = 0; i < 22; ++i) long_rules += rules + " ";
  app.chat(question({{"system", long_rules}, {"user", "What do you like about maps?"}}, "a"));
  app.unload();
  app.load({.max_size = 64}, 1024);
  const ChatRequest other = question({{"system", long_rules}, {"user", "Which tea is the best one on a rainy day?"}}, "b");
  const Waiting::Answer answer = app.chat(other);
  EXPECT_GT(answer.statistics.prompt_tokens, 600u) << "more than its ring has places";
  EXPECT_GT(answer.cache().tokens.memory, answer.statistics.prompt_tokens - 40);
  ChatRequest alone = other;
  alone.caching = PromptCaching::off;
  EXPECT_EQ(app.chat(alone).text, answer.text);
}

TEST(PromptEngine, kept_prompts_are_a_line_in_the_ledger_and_go_on_request) {
  Waiting app;
  app.load();
  app.chat(question(first_chat));
  const std::uint64_t kept = app.engine.prompt_cache().memory_bytes;
  EXPECT_GT(kept, 0u);
  EXPECT_GE(app.ledger_bytes(), kept);
  EXPECT_LT(app.ledger_bytes(), kept + kept / 4 + 4096) << "blocks are a little larger";
  app.engine.drop_caches();
  EXPECT_EQ(app.engine.prompt_cache().memory_bytes, 0u);
  EXPECT_EQ(app.ledger_bytes(), 0u);
  MemoryPolicy policy = app.engine.memory_policy();
  policy.prompt_cache_bytes = 0;
  app.engine.set_memory_policy(policy);
  app.chat(question(other_chat));
  EXPECT_EQ(app.ledger_bytes(), 0u);
}

TEST(PromptEngine, switched_off_a_request_leaves_and_uses_nothing) {
  Waiting app;
  app.load();
  app.chat(question(first_chat));
  ChatRequest request = question(first_chat);
  request.caching = PromptCaching::off;
  const Waiting::Answer answer = app.chat(request);
  EXPECT_EQ(answer.statistics.cached_tokens, 0u);
  EXPECT_EQ(answer.cache().miss, CacheMiss::switched_off);
}

TEST(PromptEngine, the_disk_tier_survives_the_program) {
  const test::TemporaryFolder folder;
  std::string text;
  {
    Waiting app;
    app.engine.set_prompt_cache({.disk_folder = folder.path().string()});
    app.load();
    text = app.chat(question(first_chat)).text;
  }
  Waiting app;
  app.engine.set_prompt_cache({.disk_folder = folder.path().string()});
  app.load();
  const Waiting::Answer answer = app.chat(question(first_chat));
  EXPECT_EQ(answer.cache().tokens.disk, answer.statistics.prompt_tokens - 1);
  EXPECT_EQ(answer.text, text);
  ASSERT_GT(app.engine.disk_cache().size(), 0u);
  EXPECT_EQ(app.engine.disk_cache()[0].model, "Etna Starter");
  EXPECT_TRUE(app.engine.remove_from_disk_cache(app.engine.disk_cache().back().id));
  app.engine.purge_disk_cache();
  EXPECT_EQ(app.engine.prompt_cache().disk_bytes, 0u);
}

TEST(PromptEngine, prompts_of_a_chat_are_forgotten_when_it_is) {
  const test::TemporaryFolder folder;
  Waiting app;
  app.engine.set_prompt_cache({.disk_folder = folder.path().string()});
  app.load();
  app.chat(question(first_chat, "a"));
  ChatRequest secret = question(other_chat, "b");
  secret.caching = PromptCaching::memory_only;
  app.chat(secret);
  ASSERT_EQ(app.engine.kept_prompts().size(), 2u);
  EXPECT_EQ(app.engine.kept_prompts().front().model, "Etna Starter");
  EXPECT_GT(app.forget({.conversation = "b"}), 0u);
  ASSERT_EQ(app.engine.kept_prompts().size(), 1u);
  EXPECT_EQ(app.engine.kept_prompts().front().conversation, "a");
  EXPECT_GT(app.forget({.conversation = "a"}), 0u);
  EXPECT_EQ(app.engine.prompt_cache().memory_bytes + app.engine.prompt_cache().disk_bytes + app.engine.prompt_cache().waiting_bytes, 0u);
  EXPECT_EQ(app.forget({}), 0u);
}

TEST(PromptEngine, a_reply_tells_its_seed_and_counts_its_tokens_while_it_is_written) {
  Waiting app;
  const ModelInfo model = app.load();
  EXPECT_FALSE(model.fingerprint.empty());
  ChatRequest request = question(first_chat);
  request.max_tokens = 6;
  std::vector<std::uint64_t> counts;
  std::promise<RunStatistics> over;
  app.engine.chat(request, {.prompt_progress = {}, .text = [](const std::string&) {}, .generated = [&](std::uint64_t tokens) { counts.push_back(tokens); },
                            .done = [&](const RunStatistics& statistics) { over.set_value(statistics); }, .failed = [&](const Failure& failure) { over.set_exception(Waiting::thrown(failure)); }});
  const RunStatistics statistics = over.get_future().get();
  ASSERT_FALSE(counts.empty());
  EXPECT_EQ(counts.front(), 1u);
  EXPECT_EQ(counts.back(), statistics.generated_tokens);
  EXPECT_TRUE(statistics.seed.has_value());
  request.sampling.seed = 7;
  EXPECT_FALSE(app.chat(request).statistics.seed.has_value()) << "the most likely tokens need none";
}

TEST(PromptEngine, snapshots_are_saved_found_by_themselves_renamed_shared_and_deleted) {
  const test::TemporaryFolder folder, elsewhere;
  const PromptCacheSettings settings{.snapshot_folder = (folder / "snapshots").string()};
  std::string text;
  {
    Waiting app;
    app.engine.set_prompt_cache(settings);
    app.load();
    text = app.chat(question(first_chat)).text;
    const SavedContext saved = app.save({.prompt = question({{"system", rules}}), .name = "House rules"});
    EXPECT_EQ(saved.snapshot.file.name, "House rules");
    EXPECT_GT(saved.cached_tokens, 0u) << "a chat has read them already";
    app.save({.prompt = question({{"system", rules}}), .name = "House rules"});
    EXPECT_EQ(app.engine.snapshots().size(), 1u) << "of one name there is one";
  }
  Waiting app;
  app.engine.set_prompt_cache(settings);
  app.load();
  const SnapshotInfo snapshot = app.engine.snapshots().at(0);
  EXPECT_TRUE(snapshot.file.has_ids);
  EXPECT_TRUE(snapshot.file.has_messages);
  ASSERT_EQ(app.engine.snapshot_messages(snapshot.id).size(), 1u);
  EXPECT_EQ(app.engine.snapshot_messages(snapshot.id)[0].role, "system");
  EXPECT_EQ(app.engine.snapshot_messages(snapshot.id)[0].content, rules);
  EXPECT_EQ(snapshot.problem, "");
  EXPECT_TRUE(app.engine.check_snapshot(snapshot.id).fits);
  const Waiting::Answer answer = app.chat(question(first_chat));
  EXPECT_EQ(answer.cache().tokens.snapshot, snapshot.file.tokens);
  EXPECT_EQ(answer.text, text);

  EXPECT_EQ(app.engine.rename_snapshot(snapshot.id, "Rules").file.name, "Rules");
  EXPECT_EQ(app.engine.snapshots().at(0).id, snapshot.id);
  EXPECT_EQ(app.engine.snapshot_messages(snapshot.id).size(), 1u) << "a new name changes nothing else";
  EXPECT_THROW(app.engine.rename_snapshot(snapshot.id, "two\nlines"), Error);
  const std::string shared = (elsewhere / "shared.safetensors").string();
  app.engine.export_snapshot(snapshot.id, shared);
  EXPECT_EQ(Engine::describe_prompt_cache(shared).tokens, snapshot.file.tokens);
  EXPECT_EQ(app.engine.import_snapshot(shared).file.name, "Rules 2");
  EXPECT_EQ(app.engine.snapshots().size(), 2u);
  app.engine.delete_snapshot(snapshot.id);
  EXPECT_EQ(app.engine.snapshots().size(), 1u);
  EXPECT_THROW(app.engine.check_snapshot(snapshot.id), Error);
  const auto broken = folder.write("snapshots/broken.safetensors", "nothing");
  EXPECT_THROW(app.engine.import_snapshot(broken.string()), Error);
  const std::vector<SnapshotInfo> all = app.engine.snapshots();
  EXPECT_TRUE(std::ranges::any_of(all, [](const SnapshotInfo& info) { return !info.problem.empty(); }));
}

TEST(PromptEngine, a_prompt_continues_a_file_as_mlx_lm_has_it) {
  const test::TemporaryFolder folder;
  Waiting app;
  app.load();
  const std::string whole = "Tell me a story about a fox who finds a lantern in the deep snow.";
  const std::string beginning = whole.substr(0, whole.find(" who")), rest = whole.substr(beginning.size());
  const std::string text = app.chat(question({{"user", whole}})).text;
  app.engine.clear_prompt_cache();
  const std::string path = (folder / "fox.safetensors").string();
  const SavedContext saved = app.save({.prompt = question({{"user", beginning}}), .path = path, .model_name = "starter"});
  EXPECT_EQ(Engine::describe_prompt_cache(path).model, "starter");
  ChatRequest request = question({{"user", rest}});
  request.prompt_cache_file = path;
  const Waiting::Answer answer = app.chat(request);
  EXPECT_EQ(answer.text, text);
  EXPECT_GE(answer.statistics.cached_tokens, saved.tokens);

  // One that does not say its tokens, as mlx-lm's own.
  const PromptCacheFile file = PromptCacheFile::open(path);
  const std::string foreign = (folder / "foreign.safetensors").string();
  write_prompt_cache_file(foreign, file.layers(), {{"model", "x"}, {"tokenizer_config", "{}"}}, [&](std::size_t layer) {
    std::vector<std::vector<std::byte>> tensors;
    for (std::size_t i = 0; i < 2; ++i) tensors.emplace_back(file.tensor(layer, i).bytes.begin(), file.tensor(layer, i).bytes.end());
    return tensors;
  });
  request.prompt_cache_file = foreign;
  for (int time = 0; time < 2; ++time) {
    const Waiting::Answer unnamed = app.chat(request);
    EXPECT_EQ(unnamed.text, text);
    EXPECT_EQ(unnamed.cache().tokens.snapshot + unnamed.cache().tokens.context >= saved.tokens, true);
  }
  EXPECT_EQ(app.chat(question({{"user", whole}})).text, text) << "an ordinary prompt after it";
  request.prompt_cache_file = (folder / "none.safetensors").string();
  EXPECT_THROW(app.chat(request), Error);
}

}  // namespace
}  // namespace etna
