#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/run_cli.h"

namespace etna {
namespace {

using nlohmann::json;
using test::CliResult;
using test::run_cli;
using testing::HasSubstr;

const std::string exact = " --device cpu --activations f32 ";

TEST(PromptCacheCli, a_saved_prompt_is_continued_as_if_it_had_been_one) {
  const test::TemporaryFolder folder;
  const std::string file = "'" + (folder / "cache.safetensors").string() + "'";
  const json saved = json::parse(run_cli("cache-prompt --json" + exact + "-p 'Tell me a story about a fox' --prompt-cache-file " + file).output);
  EXPECT_GT(saved.at("tokens"), 3);
  EXPECT_GT(saved.at("bytes"), 0);
  const json whole = json::parse(run_cli("generate --json -m 8" + exact + "-p 'Tell me a story about a fox in the snow.'").output);
  const CliResult result = run_cli("generate --json -m 8" + exact + "-p ' in the snow.' --prompt-cache-file " + file);
  const json continued = json::parse(result.output);
  EXPECT_EQ(continued.at("text"), whole.at("text")) << result.errors;
  EXPECT_EQ(continued.at("cache").at("snapshot_tokens"), saved.at("tokens"));
  EXPECT_EQ(continued.at("cached_tokens"), saved.at("tokens"));
  EXPECT_THAT(run_cli("generate -m 2" + exact + "-p ' and' --prompt-cache-file " + file).output, HasSubstr("from a saved context"));
  EXPECT_EQ(run_cli("generate -m 2 -p x --prompt-cache-file /no/such/file").code, 6);
  const CliResult adapted = run_cli("cache-prompt --adapter-path /no/such -p hello --prompt-cache-file " + file);
  EXPECT_EQ(adapted.code, 6);
  EXPECT_THAT(adapted.errors, HasSubstr("/no/such/adapter_config.json"));
  EXPECT_EQ(run_cli("generate -m 2 -p x --prompt-cache-file '" + folder.write("bad.safetensors", "bad").string() + "'").code, 6);
}

TEST(PromptCacheCli, packed_contexts_are_saved_and_their_flags_must_agree) {
  const test::TemporaryFolder folder;
  const std::string file = "'" + (folder / "cache.safetensors").string() + "'";
  EXPECT_EQ(run_cli("cache_prompt --kv-bits 8 --kv-group-size 32 --quantized-kv-start 0" + exact + "-p 'Hello there, old friend' --prompt-cache-file " + file).code, 0);
  const CliResult result = run_cli("generate -m 3" + exact + "-p ' of mine' --prompt-cache-file " + file);
  EXPECT_EQ(result.code, 0) << result.errors;
  const CliResult other = run_cli("generate -m 3 --kv-bits 4" + exact + "-p ' of mine' --prompt-cache-file " + file);
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.errors, HasSubstr("is packed to 8 bits"));
}

TEST(PromptCacheCli, prompts_kept_on_disk_serve_the_next_run) {
  const test::TemporaryFolder folder;
  const std::string disk = "'" + folder.path().string() + "/prompts'";
  const std::string generate = "generate --json -m 4" + exact + "-p 'What is the capital of France, and why is it there?' --disk-cache " + disk;
  const json first = json::parse(run_cli(generate).output);
  EXPECT_EQ(first.at("cached_tokens"), 0);
  EXPECT_EQ(first.at("cache").at("miss"), "first_use");
  const json second = json::parse(run_cli(generate).output);
  EXPECT_EQ(second.at("cache").at("disk_tokens"), second.at("prompt_tokens").get<int>() - 1);
  EXPECT_EQ(second.at("text"), first.at("text"));

  const json list = json::parse(run_cli("cache ls --json --folder " + disk).output);
  ASSERT_GT(list.at("entries").size(), 0u);
  EXPECT_EQ(list.at("entries").at(0).at("model"), "Etna Starter");
  EXPECT_THAT(run_cli("cache ls --folder " + disk).output, HasSubstr("Etna Starter"));
  EXPECT_EQ(json::parse(run_cli("cache where --json --folder " + disk).output).at("folder"), folder.path().string() + "/prompts");
  EXPECT_EQ(run_cli("cache rm --folder " + disk + " nothing").code, 6);
  const std::string id = list.at("entries").at(0).at("id");
  EXPECT_GT(json::parse(run_cli("cache rm --json --folder " + disk + " " + id).output).at("freed_bytes"), 0);
  EXPECT_EQ(run_cli("cache purge --folder " + disk).code, 0);
  EXPECT_EQ(json::parse(run_cli("cache ls --json --folder " + disk).output).at("bytes"), 0);
}

TEST(PromptCacheCli, statistics_say_what_came_from_where_and_why_not_more) {
  EXPECT_THAT(run_cli("generate -m 2" + exact + "-p hi").output, HasSubstr("Cache: 0 % of the prompt"));
  const CliResult chat = run_cli("chat --stats -m 2" + exact, "Hello there, how are you today?\nAnd tomorrow?\n");
  EXPECT_THAT(chat.errors, HasSubstr("from the model's context"));
}

}  // namespace
}  // namespace etna
