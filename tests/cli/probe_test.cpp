#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/run_cli.h"
#include "tests/engine/io/gguf_builder.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/io/tiny_model.h"

namespace etna {
namespace {

using nlohmann::json;
using test::run_cli;

/// Sends all lines at once; one answer for each.
std::vector<json> probe(const std::vector<std::string>& lines) {
  std::string input;
  for (const std::string& line : lines) input += line + "\n";
  const test::CliResult result = run_cli("probe --device cpu --activations f32", input);
  EXPECT_EQ(result.code, 0) << result.errors;
  std::vector<json> answers;
  std::istringstream stream(result.output);
  for (std::string line; std::getline(stream, line);) answers.push_back(json::parse(line));
  EXPECT_EQ(answers.size(), lines.size());
  answers.resize(lines.size());
  return answers;
}

std::string code_of(const json& answer) {
  return answer.contains("error") ? answer["error"]["code"].get<std::string>() : "none";
}

/// A request of more than 64 MiB.
std::string over_long_line() {
  return fmt::format(R"({{"op":"info","x":"{}"}})", std::string((64 << 20) + 1, 'a'));
}

TEST(Probe, AnswersComeInOrderWithTheIdsOfTheirRequests) {
  const auto answers = probe({R"({"op":"info","id":1})", R"({"id":[1,{"b":"é"}],"op":"fly"})", R"({"op":"info"})",
                              R"({"id":null,"op":"info"})"});
  EXPECT_EQ(answers[0]["id"], 1);
  EXPECT_EQ(answers[0]["activations"], "f32");
  EXPECT_EQ(answers[0]["operations"].size(), 17u);
  EXPECT_EQ(answers[1]["id"], json::parse(R"([1,{"b":"é"}])"));
  EXPECT_EQ(code_of(answers[1]), "invalid_argument");
  EXPECT_FALSE(answers[2].contains("id"));
  EXPECT_TRUE(answers[3].contains("id"));
}

TEST(Probe, LinesThatAreNoRequestsAreAnsweredWithAnError) {
  const auto answers = probe({"", "{\"op\":", "[1]", "{\"op\":\"info\"} x", "\xff", std::string(100000, '['),
                              R"({"id":7})", R"({"op":3})", R"({"op":"info","colour":"red"})", R"({"op":"tokenize"})",
                              R"({"op":"load","model":5})", over_long_line(), R"({"op":"info"})"});
  for (std::size_t i = 0; i + 1 < answers.size(); ++i) EXPECT_EQ(code_of(answers[i]), "invalid_argument") << answers[i];
  EXPECT_EQ(answers[6]["id"], 7);
  EXPECT_EQ(code_of(answers.back()), "none");
}

TEST(Probe, GgufFilesAreInspectedTokenizedAndTheirTemplatesRendered) {
  const test::TemporaryFolder folder;
  std::vector<std::string> tokens{"<unk>", "<s>", "</s>", "▁", "a"};
  for (int i = 0; i < 65; ++i) tokens.push_back("t" + std::to_string(i));
  const auto inner = test::raw(4U) + test::raw<std::uint64_t>(1) + test::raw(7U);
  const std::string file =
      folder.write("m.gguf", test::GgufBuilder()
                                 .text("general.architecture", "llama")
                                 .value("a.eps", 6, test::raw(1e-5F))
                                 .value("a.big", 10, test::raw(~std::uint64_t{0}))
                                 .boolean("a.on", true)
                                 .array("a.nested", 9, 2, inner + inner)
                                 .text("tokenizer.ggml.model", "llama")
                                 .texts("tokenizer.ggml.tokens", tokens)
                                 .floats("tokenizer.ggml.scores", std::vector<float>(70, -1))
                                 .text("tokenizer.chat_template", "{{ bos_token }}{{ messages[0].content }}")
                                 .text("tokenizer.chat_template.tool_use", "tools")
                                 .tensor("w", {32, 3}, 2, 0)
                                 .tensor("v", {2}, 0, 64)
                                 .bytes(72));
  const auto request = [&file](const char* op, const char* field, const char* more = "") {
    return fmt::format(R"({{"op":"{}","{}":"{}"{}}})", op, field, file, more);
  };
  const auto answers = probe({
      request("inspect", "file"),
      request("tokenize", "tokenizer", R"(,"text":"a")"),
      request("render", "tokenizer", R"(,"messages":[{"role":"user","content":"hi"}])"),
      request("render", "tokenizer", R"(,"messages":[],"tools":[{}])"),
      request("tensor", "file", R"(,"name":"v")"),
      request("tensor", "file", R"(,"name":"none")"),
      R"({"op":"inspect","file":"no/such/file.gguf"})",
  });
  const json& metadata = answers[0]["metadata"];
  EXPECT_EQ(answers[0]["format"], "gguf");
  EXPECT_EQ(metadata["a.eps"].dump(), "1e-05");
  EXPECT_EQ(metadata["a.big"], ~std::uint64_t{0});
  EXPECT_EQ(metadata["a.on"], true);
  EXPECT_EQ(metadata["a.nested"], json::parse("[[7],[7]]"));
  const json& list = metadata["tokenizer.ggml.tokens"];
  EXPECT_EQ(list["length"], 70);
  EXPECT_EQ(list["first"].size(), 8U);
  EXPECT_EQ(list["last"][7], "t64");
  EXPECT_EQ(answers[0]["tensors"], json::parse(R"([{"name":"w","shape":[3,32],"dtype":"Q4_0"},
                                                   {"name":"v","shape":[2],"dtype":"F32"}])"));
  EXPECT_EQ(answers[1]["ids"], json::parse("[1,3,4]"));
  EXPECT_EQ(answers[2]["rendered"], "<s>hi");
  EXPECT_EQ(answers[3]["rendered"], "tools");
  EXPECT_EQ(answers[4]["values"], json::parse("[[0,0]]"));
  EXPECT_EQ(code_of(answers[5]), "not_found");
  EXPECT_EQ(code_of(answers[6]), "not_found");
}

TEST(Probe, OperationsThatNeedAModelSayThatNoneIsLoaded) {
  const auto answers = probe({R"({"op":"logits","ids":[1]})", R"({"op":"greedy","ids":[1],"max_tokens":1})",
                              R"({"op":"tokenize","text":"a"})", R"({"op":"unload"})",
                              R"({"op":"load","model":"no/such/model"})", R"({"op":"train_steps"})"});
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_THAT(answers[i]["error"]["message"].get<std::string>(), testing::HasSubstr("no model is loaded"));
  EXPECT_EQ(answers[3]["ok"], true);
  EXPECT_EQ(code_of(answers[4]), "not_found");
  EXPECT_EQ(code_of(answers[5]), "invalid_argument");
}

TEST(Probe, AModelAnswersLogitsAndTokens) {
  const test::TemporaryFolder folder;
  const std::string model = test::write_tiny_model(folder / "model").string();
  const auto answers =
      probe({json{{"op", "load"}, {"model", model}}.dump(), R"({"op":"logits","ids":[1,5,9],"positions":[2,0]})",
             R"({"op":"greedy","ids":[1,5,9],"max_tokens":3,"ignore_eos":true,"last_logits":true})",
             R"({"op":"greedy_batch","prompts":[[1,5,9],[4]],"max_tokens":3,"ignore_eos":true})",
             R"({"op":"logits","ids":[1,96]})", R"({"op":"logits","ids":[1],"positions":[1]})",
             R"({"op":"greedy","ids":[1],"max_tokens":0})", R"({"op":"load","model":"none"})",
             R"({"op":"logits","ids":[1]})"});
  EXPECT_EQ(answers[0]["model_type"], "llama");
  EXPECT_EQ(answers[0]["vocab_size"], 96);
  EXPECT_EQ(answers[0]["parameters"], 2 * 96 * 64 + 64 + 2 * (2 * 64 + 2 * 64 * 64 + 2 * 32 * 64 + 3 * 128 * 64));
  ASSERT_EQ(answers[1]["logits"].size(), 2u);
  EXPECT_EQ(answers[1]["logits"][0].size(), 96u);
  EXPECT_EQ(answers[2]["ids"].size(), 3u);
  EXPECT_EQ(answers[2]["stop"], "length");
  EXPECT_EQ(answers[2]["last_logits"].size(), 96u);
  EXPECT_EQ(answers[3]["ids"][0], answers[2]["ids"]);
  for (std::size_t i = 4; i < 7; ++i) EXPECT_EQ(code_of(answers[i]), "invalid_argument") << answers[i];
  EXPECT_EQ(code_of(answers[7]), "not_found");
  EXPECT_EQ(code_of(answers[8]), "invalid_argument");
}

TEST(Probe, TensorsAreQuantizedWrittenAndReadBack) {
  const test::TemporaryFolder folder;
  const std::string model = test::write_tiny_model(folder / "model").string() + "/model.safetensors";
  const std::string packed = (folder / "q.safetensors").string(), plain = (folder / "d.safetensors").string();
  const json packing = {{"mode", "affine"}, {"bits", 8}, {"group_size", 64}};
  json quantize = {{"op", "quantize"}, {"file", model}, {"tensor", "lm_head.weight"}, {"out", packed}};
  json dequantize = {{"op", "dequantize"}, {"file", packed}, {"weight", "weight"}, {"scales", "scales"},
                     {"biases", "biases"}, {"dtype", "F32"}, {"out", plain}};
  quantize.update(packing);
  dequantize.update(packing);
  const auto answers =
      probe({quantize.dump(), dequantize.dump(), json{{"op", "inspect"}, {"file", packed}}.dump(),
             json{{"op", "tensor"}, {"file", model}, {"name", "lm_head.weight"}, {"rows", {95}}}.dump(),
             json{{"op", "tensor"}, {"file", plain}, {"name", "weight"}, {"rows", {95}}}.dump(),
             json{{"op", "tensor"}, {"file", packed}, {"name", "weight"}, {"rows", {0}}}.dump(),
             json{{"op", "tensor"}, {"file", plain}, {"name", "weight"}, {"rows", {96}}}.dump(),
             json{{"op", "tensor"}, {"file", plain}, {"name", "none"}}.dump()});
  EXPECT_EQ(answers[0]["ok"], true);
  EXPECT_EQ(answers[1]["ok"], true);
  EXPECT_EQ(answers[2]["tensors"][0], json::parse(R"({"name":"weight","shape":[96,16],"dtype":"U32"})"));
  const auto want = answers[3]["values"][0].get<std::vector<float>>();
  const auto got = answers[4]["values"][0].get<std::vector<float>>();
  ASSERT_EQ(got.size(), 64u);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 0.01f);
  EXPECT_EQ(answers[5]["dtype"], "U32");
  EXPECT_EQ(answers[5]["values"][0].size(), 16u);
  EXPECT_EQ(code_of(answers[6]), "invalid_argument");
  EXPECT_EQ(code_of(answers[7]), "not_found");
}

TEST(Probe, DistributionsTakeInfinitiesAndRefuseNonsense) {
  const auto answers = probe(
      {R"({"op":"sample_distribution","logits":[1.0,3.0,2.0,"-Infinity"],"context":[],"params":{"temp":1.0,"top_k":2}})",
       R"({"op":"sample_distribution","logits":["-Infinity"],"context":[],"params":{"temp":1.0}})",
       R"({"op":"sample_distribution","logits":[1],"context":[],"params":{"temp":1.0,"top_q":1}})",
       R"({"op":"sample_distribution","logits":[1],"context":[],"params":{"temp":1.0,"logit_bias":{"x":1}}})"});
  EXPECT_EQ(answers[0]["ids"], json::parse("[1,2]"));
  EXPECT_NEAR(answers[0]["probs"][0].get<double>(), 0.7310585786300049, 1e-6);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(code_of(answers[i]), "invalid_argument") << answers[i];
}

TEST(Probe, TemplatesSeeTheOrderOfKeys) {
  const test::TemporaryFolder folder;
  const std::string path =
      folder.write("t.jinja", "{% for key in messages[0] %}{{ key }} {% endfor %}{{ bos_token }}{{ extra }}").string();
  const std::string raising = folder.write("r.jinja", "{{ raise_exception('no') }}").string();
  const auto answers =
      probe({R"({"op":"render","template":)" + json(path).dump() +
                 R"(,"messages":[{"zebra":1,"apple":2}],"kwargs":{"extra":"!"},"special_tokens":{"bos_token":"<s>"}})",
             json{{"op", "render"}, {"template", raising}, {"messages", json::array()}}.dump()});
  EXPECT_EQ(answers[0]["rendered"], "zebra apple <s>!");
  EXPECT_EQ(code_of(answers[1]), "template");
  EXPECT_EQ(answers[1]["error"]["raised"], "no");
}

TEST(Probe, WrongOptionsEndItAtOnce) {
  const test::CliResult result = run_cli("probe --device abacus", "{\"op\":\"info\"}\n");
  EXPECT_EQ(result.code, 2);
  EXPECT_TRUE(result.output.empty());
  EXPECT_THAT(result.errors, testing::HasSubstr("abacus"));
}

}  // namespace
}  // namespace etna
