#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/base/json.h"
#include "tests/cli/run_cli.h"
#include "tests/engine/io/tiny_model.h"
#include "tests/engine/session/scripted_model.h"

namespace etna {
namespace {

using nlohmann::json;
using test::CliResult;
using test::run_cli;
using testing::HasSubstr;

/// The starter's answers, from a reference that shares no code with Etna; tokens count up to the first close choice.
json golden(const std::string& name) {
  const json goldens = read_json_file(ETNA_SOURCE_DIR "/tests/data/starter/greedy.json");
  for (const json& prompt : goldens.at("prompts")) {
    if (prompt.at("name") == name) return prompt;
  }
  return {};
}

std::string without_end_marker(const json& prompt) {
  const std::string text = prompt.at("greedy_text");
  return text.substr(0, text.find("<|end|>"));
}

TEST(Cli, TheStarterAnswersAsItsReferenceDoes) {
  const CliResult result = run_cli("generate --device cpu --activations f32 --verbose false -p 'Hello! Who are you?'");
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.output, without_end_marker(golden("greeting")) + "\n");
  EXPECT_EQ(result.errors, "");
}

TEST(Cli, TheStarterContinuesPlainTextAsItsReferenceDoes) {
  for (const char* name : {"greeting", "story", "memory", "plain"}) {
    const json prompt = golden(name);
    const json load = {{"op", "load"}, {"model", ETNA_SOURCE_DIR "/resources/starter/model"}};
    const json greedy = {{"op", "greedy"}, {"ids", prompt.at("ids")}, {"max_tokens", prompt.at("greedy_ids").size()}};
    const CliResult result = run_cli("probe --device cpu --activations f32", load.dump() + "\n" + greedy.dump() + "\n");
    const json ids = json::parse(result.output.substr(result.output.find('\n') + 1)).at("ids");
    const json& want = prompt.at("greedy_ids");
    for (std::size_t i = 0; i < want.size() && prompt.at("gaps")[i] > 0.01; ++i)
      EXPECT_EQ(ids.at(i), want[i]) << name << " token " << i;
  }
}

TEST(Cli, TheStarterIsIntroducedAsWhatItIs) {
  const CliResult result = run_cli("generate --device cpu -m 1 -p hi");
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.errors, HasSubstr("no source of facts"));
  EXPECT_THAT(result.output, HasSubstr("Stopped: length limit reached"));
}

TEST(Cli, AnswersAreJsonWhenAskedFor) {
  const CliResult result = run_cli("generate --device cpu --json -m 4 -p -", "Tell me a story.");
  const json answer = json::parse(result.output);
  EXPECT_EQ(answer.at("generated_tokens"), 4);
  EXPECT_FALSE(answer.at("text").get<std::string>().empty());
  EXPECT_GT(json::parse(run_cli("models --json").output).at("models").size(), 0u);
  EXPECT_GT(json::parse(run_cli("bench --device cpu --json -p 4 -g 4 -n 1").output).at("generation_tokens_per_second"),
            0);
}

TEST(Cli, WhatALoadTakesIsSaidBeforehandAndIsTrue) {
  const json estimate = json::parse(run_cli("load --estimate --json --device cpu --context 2048").output);
  EXPECT_EQ(estimate.at("context_length"), 2048);
  EXPECT_EQ(estimate.at("total_bytes").get<std::uint64_t>(), estimate.at("weight_bytes").get<std::uint64_t>() + estimate.at("kv_cache_bytes").get<std::uint64_t>() +
                                                                 estimate.at("working_bytes").get<std::uint64_t>());
  EXPECT_EQ(estimate.at("pools").at(0).at("pool"), "system");
  const json load = json::parse(run_cli("load --json --device cpu --context 2048").output);
  EXPECT_EQ(load.at("estimated_bytes"), estimate.at("total_bytes"));
  EXPECT_NEAR(load.at("peak_memory_bytes").get<double>() / load.at("estimated_bytes").get<double>(), 1, 0.05);
}

TEST(Cli, AnEstimateIsReadable) {
  const CliResult result = run_cli("load --estimate --device cpu");
  EXPECT_EQ(result.code, 0);
  for (const char* part : {"weights", "context", "working", "total", "may be used", "Fits well"}) EXPECT_THAT(result.output, HasSubstr(part));
  EXPECT_EQ(run_cli("load --estimate --context 0").code, 2);
  EXPECT_EQ(run_cli("load --estimate /nowhere").code, 6);
}

TEST(Cli, TheListOfModelsSaysWhetherTheyFitWhenAsked) {
  const json models = json::parse(run_cli("models --memory --json --device cpu").output).at("models");
  EXPECT_EQ(models.at(0).at("memory").at("fit"), "Fits well");
  EXPECT_THAT(run_cli("models --memory --device cpu").output, HasSubstr("Fits well"));
  EXPECT_FALSE(json::parse(run_cli("models --json").output).at("models").at(0).contains("memory"));
}

TEST(Cli, TheSameSeedGivesTheSameAnswer) {
  const std::string command = "generate --device cpu --verbose false -m 12 --temp 0.9 --seed 5 -p 'Tell me a story.'";
  EXPECT_EQ(run_cli(command).output, run_cli(command).output);
}

TEST(Cli, GuessingAheadDoesNotChangeAnAnswer) {
  const std::string starter = ETNA_SOURCE_DIR "/resources/starter/model";
  const std::string arguments = "generate --device cpu --activations f32 --verbose false --temp 0.8 --seed 4 -m 30 -p 'Who are you?' ";
  const CliResult plain = run_cli(arguments);
  EXPECT_EQ(plain.code, 0) << plain.errors;
  for (const std::string& guess : {std::string("--prompt-lookup"), std::string("--prompt-lookup 1"), "--draft-model '" + starter + "' --num-draft-tokens 4"}) {
    EXPECT_EQ(run_cli(arguments + guess).output, plain.output) << guess;
  }
}

TEST(Cli, PromptsOfAFileAreAnsweredAsIfEachWereAlone) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("prompts", "Who are you?\n\nTell me about the sea\r\nHello\n");
  const std::string sampling = " --device cpu --activations f32 --temp 0.8 --seed 4 -m 12 ";
  const CliResult result = run_cli(fmt::format("generate --prompts-file '{}' --batch-size 2", file.string()) + sampling);
  ASSERT_EQ(result.code, 0) << result.errors;
  std::map<std::string, std::string> answers;
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) {
    const json answer = json::parse(line);
    answers[answer.at("prompt")] = answer.at("answer").at("text");
  }
  ASSERT_EQ(answers.size(), 3u);
  for (const auto& [prompt, text] : answers) {
    EXPECT_EQ(run_cli("generate --verbose false -p '" + prompt + "'" + sampling).output, text + "\n");
  }
  EXPECT_EQ(run_cli("generate --prompts-file /no/such/file --device cpu").code, 6);
  EXPECT_EQ(run_cli("generate --prompts-file /no/such/file --prompt-lookup --device cpu").code, 2) << "not together";
}

TEST(Cli, BiasesOfTokensAreReadAsIdAndNumber) {
  const std::string generate = "generate --device cpu -m 1 -p hi --logit-bias ";
  EXPECT_EQ(run_cli(generate + "5:-inf 7:2.5").code, 0);
  EXPECT_EQ(run_cli(generate + "5").code, 2);
  EXPECT_EQ(run_cli(generate + "5:x").code, 2);
  EXPECT_EQ(run_cli(generate + "100000000:1").code, 2) << "no such token";
}

TEST(Cli, PerplexityIsMeasuredOnATextFile) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("text", "The sea is the large area of salt water on the Earth. Many fish live in the sea.");
  const std::string perplexity = fmt::format("perplexity --device cpu --file '{}' --sequence-length 8 ", file.string());
  const CliResult result = run_cli(perplexity + "--json");
  ASSERT_EQ(result.code, 0) << result.errors;
  const json report = json::parse(result.output);
  EXPECT_GT(report.at("perplexity"), 1);
  EXPECT_GT(report.at("standard_error"), 0);
  EXPECT_EQ(report.at("tokens"), report.at("windows").get<int>() * 7);
  EXPECT_THAT(run_cli(perplexity).output, HasSubstr("Perplexity: "));
  EXPECT_EQ(run_cli("perplexity --device cpu").code, 2);
  EXPECT_EQ(run_cli("perplexity --device cpu --data-path allenai/tulu-3-sft-mixture").code, 6);
}

TEST(Cli, ChatsRememberUntilTheyAreReset) {
  const CliResult result = run_cli("chat --device cpu", "My name is Anna.\nWhat is my name?\nr\nh\nq\nignored\n");
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("Anna"));
  EXPECT_THAT(result.errors, HasSubstr("'r' to reset the chat"));
}

TEST(Cli, ConvertedModelsCanBeOpened) {
  const test::TemporaryFolder folder;
  const auto quoted = [&](const char* name) { return fmt::format("'{}'", (folder / name).string()); };
  test::write_tiny_model(folder / "model");
  const CliResult converted =
      run_cli("convert --hf-path " + quoted("model") + " --mlx-path " + quoted("out") + " -q --q-bits 4");
  EXPECT_EQ(converted.code, 0) << converted.errors;
  EXPECT_THAT(converted.output, HasSubstr("bits per weight"));
  const CliResult bench = run_cli("bench --device cpu -p 4 -g 4 -n 1 --model " + quoted("out"));
  EXPECT_EQ(bench.code, 0) << bench.errors;
  EXPECT_THAT(bench.output, HasSubstr("weights"));
  EXPECT_EQ(run_cli("convert --hf-path " + quoted("model") + " --mlx-path " + quoted("out")).code, 2);
  EXPECT_EQ(run_cli("convert --hf-path " + quoted("model") + " --mlx-path " + quoted("no/out")).code, 4);
}

TEST(Cli, ModelsOfTheHuggingFaceCacheAreListed) {
  const test::TemporaryFolder folder;
  test::write_tiny_model(folder / "models--someone--tiny/snapshots/0123");
  std::filesystem::create_directories(folder / "models--someone--broken/snapshots/0123");
  ::setenv("HF_HUB_CACHE", folder.path().c_str(), 1);
  const json models = json::parse(run_cli("models --json").output).at("models");
  ::unsetenv("HF_HUB_CACHE");
  ASSERT_EQ(models.size(), 2u);
  EXPECT_TRUE(models[0].at("is_starter"));
  EXPECT_EQ(models[1].at("name"), "someone/tiny");
  EXPECT_EQ(models[1].at("format"), "bfloat16");
}

TEST(Cli, TextsAreShownAsTokens) {
  const json answer = json::parse(run_cli("tokenize --json 'Hello there'").output);
  ASSERT_GT(answer.at("ids").size(), 0u);
  ASSERT_EQ(answer.at("ids").size(), answer.at("tokens").size());
  std::string lines, text;
  for (const json& token : answer.at("tokens")) {
    lines += fmt::format("{}\t{}\n", token.at("id").get<int>(), token.at("token").get<std::string>());
    if (!token.at("special")) text += token.at("text");
  }
  EXPECT_EQ(text, "Hello there");
  EXPECT_EQ(run_cli("tokenize", "Hello there").output, lines);
  EXPECT_EQ(run_cli("tokenize --model '" ETNA_SOURCE_DIR "/resources/starter/model' -", "Hello there").output, lines);
  EXPECT_EQ(run_cli("tokenize ''").code, 0);
  EXPECT_EQ(run_cli("tokenize --tokenizer no/such/file x").code, 6);
  EXPECT_EQ(run_cli("tokenize --color pink x").code, 2);
  EXPECT_EQ(run_cli("tokenize --model a --tokenizer b x").code, 2);
}

TEST(Cli, TokensAreSetApartByColoursAndCannotSteerTheTerminal) {
  const std::string output = run_cli("tokenize --color always", "a\nb \033[2J \xc2\x9b").output;
  EXPECT_THAT(output, HasSubstr("\033[30;48;5;153m"));
  EXPECT_THAT(output, HasSubstr("\\n"));
  EXPECT_THAT(output, testing::Not(HasSubstr("\033[2J")));
  EXPECT_THAT(output, testing::Not(HasSubstr("\xc2\x9b")));
  EXPECT_THAT(output, HasSubstr(" tokens\n"));
  EXPECT_THAT(run_cli("tokenize a").output, testing::Not(HasSubstr("\033")));
}

TEST(Cli, SpecialTokensAroundATextCanBeLeftOut) {
  const test::TemporaryFolder folder;
  folder.write(
      "tokenizer.json",
      R"({"model": {"type": "BPE", "vocab": {"<s>": 0, "a": 1}, "merges": []}, "added_tokens": [{"id": 0, "content": "<s>", "special": true}],
    "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
      {"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
      "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}}})");
  const std::string option = fmt::format("--tokenizer '{}' a", (folder / "tokenizer.json").string());
  EXPECT_EQ(run_cli("tokenize " + option).output, "0\t<s>\n1\ta\n");
  EXPECT_EQ(run_cli("tokenize --no-special " + option).output, "1\ta\n");
}

TEST(Cli, ExitCodesNameTheAreaOfAFailure) {
  const test::TemporaryFolder folder;
  folder.write("model/config.json", "{\"model_type\":");
  EXPECT_EQ(run_cli("--version").code, 0);
  EXPECT_EQ(run_cli("--help").code, 0);
  EXPECT_EQ(run_cli("").code, 2);
  EXPECT_EQ(run_cli("fly").code, 2);
  EXPECT_EQ(run_cli("generate --temp -1").code, 2);
  EXPECT_EQ(run_cli("convert --hf-path x -q -d").code, 2);
  const CliResult missing = run_cli("generate --device cpu --model no/such/model");
  EXPECT_EQ(missing.code, 6);
  EXPECT_THAT(missing.errors, HasSubstr("no/such/model"));
  const CliResult broken = run_cli(fmt::format("generate --device cpu --model '{}'", (folder / "model").string()));
  EXPECT_EQ(broken.code, 6);
  EXPECT_THAT(broken.errors, HasSubstr("config.json"));
  EXPECT_EQ(std::ranges::count(broken.errors, '\n'), 1);
}

/// A model that thinks before it answers, and the start of a command on it.
class ThinkingCli : public testing::Test {
protected:
  ThinkingCli() {
    test::write_scripted_model(folder_ / "model", "[assistant]",
                               {"<think>", "\n", "Two and two.", "\n</think>\n\n", "It is", " four."},
                               test::thinking_template, {"<think>"});
  }

  CliResult run(const std::string& verb, const std::string& rest, const std::string& input = {}) {
    return run_cli(fmt::format("{} --device cpu --model '{}' {}", verb, (folder_ / "model").string(), rest), input);
  }

  test::TemporaryFolder folder_;
};

TEST_F(ThinkingCli, ThoughtsHaveAHeadingWhereThereAreNoColours) {
  EXPECT_THAT(run("generate", "-p a").output, HasSubstr("Thinking:\nTwo and two.\n\nAnswer:\nIt is four.\n"));
  EXPECT_EQ(run("generate", "--verbose False -p a").output, "It is four.\n");
  EXPECT_EQ(run("chat", "", "a\nq\n").output, "Thinking:\nTwo and two.\n\nAnswer:\nIt is four.\n");
}

TEST_F(ThinkingCli, JsonHasThoughtsOfTheirOwn) {
  const json answer = json::parse(run("generate", "--json -p -", "a").output);
  EXPECT_EQ(answer.at("text"), "It is four.");
  EXPECT_EQ(answer.at("thinking"), "Two and two.");
  EXPECT_EQ(answer.at("tool_calls"), json::array());
  EXPECT_GT(answer.at("thinking_tokens"), 0);
}

TEST_F(ThinkingCli, AnswersCanBeBegunAndEndedByOptions) {
  EXPECT_EQ(run("generate", "--verbose f -p a --prefill-response 'It is'").output, " four.\n");
  EXPECT_EQ(run("generate", "--verbose false -p a --extra-eos-token ' four.'").output, "It is\n");
  EXPECT_EQ(run("generate", "--verbose false -p a --extra-eos-token 6 7").output, "\n");
  EXPECT_EQ(run("generate", "--verbose false -p a --extra-eos-token nowhere").code, 2);
  EXPECT_EQ(run("generate", "--verbose false --ignore-chat-template -p 'It is'").output, " four.\n");
  EXPECT_THAT(run("generate", "--system-prompt b --ignore-chat-template -p 'It is'").errors, HasSubstr("left out"));
}

TEST_F(ThinkingCli, TheTemplateTakesFurtherVariables) {
  const CliResult broken = run("generate", "-p a --chat-template-config '{\"enable_thinking\":'");
  EXPECT_EQ(broken.code, 2);
  EXPECT_THAT(broken.errors, HasSubstr("template_arguments: not valid JSON: parse error at line 1"));
  EXPECT_EQ(run("chat", "--chat-template-config '[]'", "a\n").code, 2);
  const auto prompt_tokens = [&](const std::string& options) {
    return json::parse(run("generate", "--json -p a " + options).output).at("prompt_tokens").get<int>();
  };
  EXPECT_EQ(prompt_tokens("--chat-template-config '{\"enable_thinking\": false}'"), prompt_tokens("") + 1)
      << "the template writes an empty thought; its end is no token of this model";
}

}  // namespace
}  // namespace etna
