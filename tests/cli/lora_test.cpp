// Fine-tuning from the terminal: from a file of examples to a model that answers differently.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/files.h"
#include "tests/cli/run_cli.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using nlohmann::json;
using test::CliResult;
using test::run_cli;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

const std::string exact = " --device cpu --activations f32 ";

class LoraCli : public testing::Test {
protected:
  /// Questions with one answer that the model would not give by itself.
  std::string examples(int count) {
    static constexpr const char* questions[] = {"What is your name?", "Who are you?", "Tell me your name.",
                                                "How are you called?", "Say who you are."};
    static constexpr const char* beginnings[] = {"",        "Hello! ",       "Please: ", "Hi there. ", "One question: ",
                                                 "Quick: ", "Dear friend, ", "Now, ",    "So, ",       "Well, "};
    std::string rows;
    for (int i = 0; i < count; ++i) {
      const std::string question = std::string(beginnings[i / 5 % 10]) + questions[i % 5];
      rows += json{{"prompt", question}, {"completion", "I am Vesuvius, the old volcano."}}.dump() + "\n";
    }
    return folder_.write("examples.jsonl", rows).string();
  }

  std::string path(const char* name) { return "'" + (folder_ / name).string() + "'"; }

  static std::string answer(const std::string& more) {
    return json::parse(run_cli("generate --json -m 16 -p 'What is your name?'" + exact + more).output).at("text");
  }

  std::string training(const std::string& more) {
    return "lora --train --mask-prompt --batch-size 4 --num-layers -1 --learning-rate 2e-4" + exact + more;
  }

  /// Runs a verb until its output (file "out") holds a text, sends it a signal and returns its exit code.
  int run_and_signal(const std::string& arguments, const std::string& text, const std::string& signal) {
    const std::string script =
        "'" ETNA_CLI "' " + arguments + " >" + path("out") + " 2>&1 & pid=$!\nuntil grep -q '" + text + "' " +
        path("out") + " || ! kill -0 $pid 2>/dev/null; do sleep 0.02; done\nkill -" + signal + " $pid; wait $pid\n";
    // Without control of jobs (-m) programs in the background ignore Ctrl+C.
    const int status = std::system(("bash -m '" + folder_.write("run.sh", script).string() + "' 2>/dev/null").c_str());
    return WEXITSTATUS(status);
  }

  test::TemporaryFolder folder_;
};

TEST_F(LoraCli, a_hundred_examples_change_the_answer_and_merging_keeps_it) {
  const std::string data = "'" + examples(100) + "'";
  const CliResult run = run_cli(training("--check-share 0.1 --iters 50 --steps-per-eval 25 --save-every 25 --data " +
                                         data + " --adapter-path " + path("adapter")));
  ASSERT_EQ(run.code, 0) << run.errors << run.output;
  EXPECT_THAT(run.output, HasSubstr("Trainable parameters: "));
  EXPECT_THAT(run.output, HasSubstr("Starting training..., iters: 50\n"));
  EXPECT_THAT(run.output, HasSubstr("Iter 1: Val loss "));
  EXPECT_THAT(run.output, HasSubstr("\nIter 10: Train loss "));
  EXPECT_THAT(run.output, HasSubstr(", Learning Rate 2.000e-04, It/sec "));
  EXPECT_THAT(run.output, HasSubstr(" GB\n"));
  EXPECT_THAT(run.output, HasSubstr("Saved final weights to "));
  const std::string before = answer(""), after = answer("--adapter-path " + path("adapter"));
  EXPECT_THAT(before, Not(HasSubstr("Vesuvius")));
  EXPECT_THAT(after, HasSubstr("Vesuvius"));

  ASSERT_EQ(run_cli("fuse --adapter-path " + path("adapter") + " --save-path " + path("fused")).code, 0);
  EXPECT_EQ(answer("--model " + path("fused")), after);
  ASSERT_EQ(run_cli("fuse --de-quantize --adapter-path " + path("adapter") + " --save-path " + path("plain")).code, 0);
  EXPECT_EQ(answer("--model " + path("plain")), after);
  ASSERT_EQ(run_cli("adapter --peft --adapter-path " + path("adapter") + " --save-path " + path("peft")).code, 0);
  EXPECT_EQ(answer("--adapter-path " + path("peft")), after);
  EXPECT_EQ(run_cli("fuse --adapter-path " + path("adapter") + " --save-path " + path("fused")).code, 2)
      << "nothing is overwritten";
  EXPECT_THAT(run_cli("fuse --export-gguf --adapter-path " + path("adapter")).errors, HasSubstr("GGUF"));
}

TEST_F(LoraCli, a_killed_run_goes_on_as_if_nothing_had_happened) {
  const std::string data = "'" + examples(40) + "'",
                    settings =
                        "--iters 24 --save-every 6 --steps-per-report 1 --val-batches 1 --steps-per-eval 100 --data " +
                        data;
  ASSERT_EQ(run_cli(training(settings + " --adapter-path " + path("whole"))).code, 0);
  run_and_signal(training(settings + " --adapter-path " + path("killed")), "Iter 6: Saved", "KILL");
  const CliResult rest = run_cli(training(settings + " --resume --adapter-path " + path("killed")));
  ASSERT_EQ(rest.code, 0) << rest.errors;
  EXPECT_THAT(rest.output, HasSubstr("Going on after iteration "));
  EXPECT_EQ(read_text_file(folder_ / "killed/adapters.safetensors"),
            read_text_file(folder_ / "whole/adapters.safetensors"));
}

TEST_F(LoraCli, ctrl_c_stops_after_the_step_and_keeps_what_was_learned) {
  const std::string data = "'" + examples(40) + "'";
  EXPECT_EQ(run_and_signal(training("--iters 100000 --steps-per-report 1 --val-batches 1 --data " + data +
                                    " --adapter-path " + path("adapter")),
                           "Iter 3: Train", "INT"),
            130);
  EXPECT_THAT(read_text_file(folder_ / "out"), HasSubstr("Stopped after iteration "));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "adapter/adapters.safetensors"));
}

TEST_F(LoraCli, the_test_rows_are_measured_with_the_adapter) {
  examples(8);
  std::filesystem::create_directory(folder_ / "data");
  std::filesystem::copy_file(folder_ / "examples.jsonl", folder_ / "data/train.jsonl");
  std::filesystem::copy_file(folder_ / "examples.jsonl", folder_ / "data/test.jsonl");
  const std::string recipe =
      folder_
          .write("lora.yaml", "train: true\ntest: true\niters: 6\nsteps_per_eval: 100\ndata: " +
                                  (folder_ / "data").string() + "\nadapter_path: " + (folder_ / "a").string() +
                                  "\nlora_parameters:\n  rank: 4\n  scale: 10.0\n  dropout: 0.0\n")
          .string();
  const CliResult run = run_cli("lora --json -c '" + recipe + "'" + exact);
  ASSERT_EQ(run.code, 0) << run.errors;
  json last;
  std::istringstream lines(run.output);
  for (std::string line; std::getline(lines, line);) last = json::parse(line);
  EXPECT_EQ(last.at("event"), "test");
  EXPECT_GT(last.at("test_loss"), 0.0);
  EXPECT_EQ(json::parse(read_text_file(folder_ / "a/adapter_config.json")).at("lora_parameters").at("rank"), 4);
}

TEST_F(LoraCli, what_is_wrong_is_said_before_anything_is_loaded) {
  EXPECT_EQ(run_cli("lora").code, 2);
  const std::string recipe = folder_.write("lora.yaml", "train: true\niterations: 7\n").string();
  const CliResult unknown = run_cli("lora -c '" + recipe + "'");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.errors, HasSubstr("unknown key: iterations"));
  const std::string broken =
      folder_.write("broken.jsonl", "{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\"\n").string();
  const CliResult data = run_cli("lora --train --data '" + broken + "' --adapter-path " + path("a") + exact);
  EXPECT_EQ(data.code, 6);
  EXPECT_THAT(data.errors, HasSubstr("broken.jsonl line 2 cannot be read"));
  EXPECT_EQ(run_cli("lora --train --data /no/such/data --adapter-path " + path("a") + exact).code, 6);
  EXPECT_EQ(run_cli("lora --train --iters 0").code, 2);
}

}  // namespace
}  // namespace etna
