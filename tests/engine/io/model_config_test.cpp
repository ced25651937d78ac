#include "engine/io/model_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using nlohmann::json;
using test::expect_failure;

class Config : public testing::Test {
protected:
  ModelConfig read(const json& changes = json::object()) {
    json config = json::parse(R"({"model_type":"llama","vocab_size":320,"hidden_size":64,"intermediate_size":176,
      "num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"rms_norm_eps":1e-5,"eos_token_id":2})");
    config.merge_patch(changes);
    folder_.write("config.json", config.dump());
    return ModelConfig::read(folder_.path());
  }

  void expect(const json& changes, Errc code, std::initializer_list<const char*> parts) {
    expect_failure([&] { read(changes); }, code, parts);
    expect_failure([&] { read(changes); }, code, {"config.json"});
  }

  test::TemporaryFolder folder_;
};

TEST_F(Config, DefaultsFillWhatIsAbsent) {
  const ModelConfig config = read({{"num_key_value_heads", nullptr}});
  EXPECT_EQ(config.head_dim, 16);
  EXPECT_EQ(config.num_key_value_heads, 4);
  EXPECT_FALSE(config.quantization.has_value());
  EXPECT_THAT(config.eos_token_ids, testing::ElementsAre(2));
}

TEST_F(Config, ValuesOutOfRangeAreNamed) {
  expect({{"num_attention_heads", 0}}, Errc::corrupt, {"num_attention_heads is 0"});
  expect({{"vocab_size", -1}}, Errc::corrupt, {"vocab_size is -1"});
  expect({{"hidden_size", 1e30}}, Errc::corrupt, {"hidden_size"});
  expect({{"hidden_size", "64"}}, Errc::corrupt, {"hidden_size is \"64\""});
  expect({{"num_hidden_layers", 18446744073709551615u}}, Errc::corrupt, {"num_hidden_layers"});
  expect({{"intermediate_size", nullptr}}, Errc::corrupt, {"intermediate_size is missing"});
  expect({{"tie_word_embeddings", 1}}, Errc::corrupt, {"tie_word_embeddings"});
  expect({{"eos_token_id", "x"}}, Errc::corrupt, {"eos_token_id"});
}

TEST_F(Config, ValuesThatDoNotFitEachOtherAreNamed) {
  expect({{"num_key_value_heads", 3}}, Errc::corrupt, {"num_attention_heads 4", "num_key_value_heads 3"});
  expect({{"hidden_size", 66}}, Errc::corrupt, {"hidden_size 66", "num_attention_heads 4"});
  expect({{"head_dim", 15}}, Errc::corrupt, {"head_dim 15"});
}

TEST_F(Config, KeysOfTheMathematicsThatNobodyReadAreNamed) {
  expect_failure([&] { read({{"residual_multiplier", 0.22}}).keys.check_unread(); }, Errc::unsupported,
                 {"config.json", "residual_multiplier = 0.22"});
  EXPECT_NO_THROW(read({{"residual_multiplier", 1.0}, {"initializer_range", 0.02}}).keys.check_unread());
  const ModelConfig config = read({{"residual_multiplier", 0.22}});
  EXPECT_EQ(config.keys.number("residual_multiplier", 0, 1, 1), 0.22);
  EXPECT_NO_THROW(config.keys.check_unread());
}

TEST_F(Config, AModelThatAlsoSeesKeepsItsLanguageModelInside) {
  const ModelConfig config = ModelConfig::parse(R"({"model_type":"gemma3","eos_token_id":[1,106],"text_config":{
      "vocab_size":320,"hidden_size":64,"intermediate_size":176,"num_hidden_layers":2,"num_attention_heads":4,
      "sliding_window":512}})", "config.json");
  EXPECT_EQ(config.hidden_size, 64);
  EXPECT_THAT(config.eos_token_ids, testing::ElementsAre(1, 106));
  EXPECT_EQ(config.keys.integer("sliding_window", 1, 1 << 20), 512);
  expect_failure([&] { config.keys.integer("vocab_size", 1, 8); }, Errc::corrupt, {"vocab_size is 320"});
}

TEST_F(Config, TypesAreJudgedBeforeTheirSizes) {
  folder_.write("config.json", R"({"model_type":"frobnicator"})");
  const std::vector<std::string> supported = {"llama", "mistral"};
  expect_failure([&] { ModelConfig::read(folder_.path(), supported); }, Errc::unsupported,
                 {"frobnicator", "llama, mistral"});
}

TEST_F(Config, QuantizationIsReadPerModule) {
  const ModelConfig config = read({{"quantization",
                                    {{"group_size", 64},
                                     {"bits", 4},
                                     {"mode", "affine"},
                                     {"a.b", {{"bits", 8}}},
                                     {"c", false},
                                     {"d", {{"mode", "mxfp8"}, {"bits", nullptr}}}}}});
  EXPECT_EQ(config.quantization_of("x"), (QuantizationConfig{"affine", 4, 64}));
  EXPECT_EQ(config.quantization_of("a.b"), (QuantizationConfig{"affine", 8, 64}));
  EXPECT_EQ(config.quantization_of("c"), std::nullopt);
  EXPECT_EQ(config.quantization_of("d"), (QuantizationConfig{"mxfp8", 8, 32}));
}

TEST_F(Config, QuantizationOfUnknownKindsIsRefused) {
  expect({{"quantization", {{"group_size", 64}, {"bits", 7}}}}, Errc::unsupported, {"bits 7", "2, 3, 4, 5, 6, 8"});
  expect({{"quantization", {{"group_size", 48}, {"bits", 4}}}}, Errc::unsupported, {"group_size 48"});
  expect({{"quantization", {{"mode", "magic"}}}}, Errc::unsupported, {"magic"});
  expect({{"quantization", {{"a.b", {{"bits", 1}}}}}}, Errc::unsupported, {"a.b", "bits 1"});
  expect({{"quantization", {{"bits", "4"}}}}, Errc::corrupt, {"bits"});
  for (const char* method : {"bitnet", "bitsandbytes", "hqq"}) {
    expect({{"quantization_config", {{"quant_method", method}, {"bits", 4}}}}, Errc::unsupported, {"quant_method", method});
  }
  expect({{"quantization_config", {{"quant_method", "gptq"}, {"bits", 3}}}}, Errc::unsupported, {"gptq", "bits 3"});
  expect({{"quantization_config", {{"quant_method", "awq"}, {"bits", 4}, {"version", "gemv"}}}}, Errc::unsupported, {"gemv"});
  expect({{"quantization_config", {{"quant_method", "compressed-tensors"}, {"format", "marlin-24"}}}}, Errc::unsupported, {"marlin-24"});
  expect({{"quantization_config", {{"quant_method", "fp8"}, {"weight_block_size", {128, 0}}}}}, Errc::corrupt, {"weight_block_size"});
}

TEST_F(Config, WeightsThatOtherToolsQuantizedAreRecognized) {
  const ModelConfig gptq =
      read({{"quantization_config", {{"quant_method", "gptq"}, {"bits", 4}, {"checkpoint_format", "gptq_v2"}}}});
  EXPECT_EQ(gptq.quantization, (QuantizationConfig{"affine", 4, 128}));
  EXPECT_EQ(gptq.foreign_quantization->format, "gptq_v2");
  const ModelConfig nested = read({{"text_config", {{"quantization_config", {{"quant_method", "mxfp4"}}}}}});
  EXPECT_EQ(nested.quantization, (QuantizationConfig{"mxfp4", 4, 32}));
  const ModelConfig fp8 = read({{"quantization_config", {{"quant_method", "fp8"}, {"weight_block_size", {64, 256}}}}});
  EXPECT_EQ(fp8.foreign_quantization->block_rows, 64);
  EXPECT_EQ(fp8.foreign_quantization->block_columns, 256);
  const ModelConfig compressed =
      read({{"quantization_config", {{"quant_method", "compressed-tensors"}, {"format", "pack-quantized"}}}});
  EXPECT_EQ(compressed.foreign_quantization->method, "compressed-tensors");
  const ModelConfig both =
      read({{"quantization", {{"bits", 8}}}, {"quantization_config", {{"quant_method", "awq"}}}});
  EXPECT_FALSE(both.foreign_quantization) << "MLX's own block comes first";
}

TEST_F(Config, GenerationSettingsComeFromTheirOwnFile) {
  folder_.write("generation_config.json", R"({"eos_token_id":[5,7],"temperature":0.6,"top_p":0.9,"top_k":40})");
  const ModelConfig config = read();
  EXPECT_THAT(config.eos_token_ids, testing::ElementsAre(5, 7));
  EXPECT_EQ(config.temperature, 0.6);
  EXPECT_EQ(config.top_p, 0.9);
  EXPECT_EQ(config.top_k, 40);
  folder_.write("generation_config.json", R"({"temperature":"hot"})");
  expect_failure([&] { read(); }, Errc::corrupt, {"generation_config.json", "temperature"});
}

TEST_F(Config, BrokenFilesSayWhere) {
  expect_failure([&] { ModelConfig::read(folder_.path()); }, Errc::not_found, {"config.json not found"});
  expect_failure([&] { ModelConfig::read(folder_ / "none"); }, Errc::not_found, {"none"});
  folder_.write("config.json", "{\"model_type\": \"llama\",,}");
  expect_failure([&] { ModelConfig::read(folder_.path()); }, Errc::corrupt, {"config.json", "line 1, column 24"});
  folder_.write("config.json", std::string(17 << 20, ' '));
  expect_failure([&] { ModelConfig::read(folder_.path()); }, Errc::corrupt, {"config.json", "more than"});
  folder_.write("config.json", "[]");
  expect_failure([&] { ModelConfig::read(folder_.path()); }, Errc::corrupt, {"config.json"});
}

}  // namespace
}  // namespace etna
