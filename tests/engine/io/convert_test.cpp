#include "engine/io/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/json.h"
#include "engine/io/elements.h"
#include "engine/io/model_folder.h"
#include "engine/io/packed_modules.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/io/tiny_model.h"

namespace etna {
namespace {

using test::expect_failure;

class Conversion : public testing::Test {
protected:
  ConvertReport run(const std::filesystem::path& source, const std::string& destination, ConvertRequest request = {}) {
    request.source = source;
    request.destination = folder_ / destination;
    return convert(request);
  }

  test::TemporaryFolder folder_;
};

TEST_F(Conversion, QuantizesEveryMatrixAndKeepsVectors) {
  const auto source = test::write_tiny_model(folder_ / "source");
  folder_.write("source/tokenizer.json", "{}");
  const ConvertReport report = run(source, "out", {.quantization = QuantizationConfig{"affine", 4, 64}});
  const auto out = ModelFolder::open(folder_ / "out");
  EXPECT_EQ(out->find("model.layers.1.mlp.down_proj.weight")->dtype, DType::uint32);
  EXPECT_EQ(out->find("model.layers.1.mlp.down_proj.weight")->shape, (Shape{64, 16}));
  EXPECT_EQ(out->find("model.layers.1.mlp.down_proj.scales")->shape, (Shape{64, 2}));
  EXPECT_EQ(out->find("model.embed_tokens.biases")->dtype, DType::bfloat16);
  EXPECT_EQ(out->find("model.norm.weight")->dtype, DType::bfloat16);
  EXPECT_EQ(out->find("model.norm.scales"), nullptr);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/tokenizer.json"));
  EXPECT_EQ(report.bytes, out->bytes());
  EXPECT_EQ(report.parameters, 2u * 96 * 64 + 64 + 2 * (2 * 64 + 2 * 64 * 64 + 2 * 32 * 64 + 3 * 128 * 64));

  const ModelConfig config = ModelConfig::read(folder_ / "out");
  EXPECT_EQ(config.quantization, (QuantizationConfig{"affine", 4, 64}));
  const auto json = read_json_file(folder_ / "out/config.json");
  EXPECT_EQ(json.at("quantization"), json.at("quantization_config"));
  const auto index = read_json_file(folder_ / "out/model.safetensors.index.json");
  EXPECT_EQ(index.at("metadata").at("total_parameters"), report.parameters);
  EXPECT_EQ(index.at("weight_map").size(), out->names().size());
}

TEST_F(Conversion, DequantizingGivesTheWeightsBackWithinAStep) {
  const auto source = test::write_tiny_model(folder_ / "source");
  run(source, "packed", {.quantization = QuantizationConfig{"affine", 8, 32}});
  run(folder_ / "packed", "plain", {.packed = PackedWeights::dequantized, .dtype = "float32"});
  const auto before = ModelFolder::open(source), after = ModelFolder::open(folder_ / "plain");
  EXPECT_EQ(after->names(), before->names());
  EXPECT_FALSE(ModelConfig::read(folder_ / "plain").quantization.has_value());
  for (const std::string& name : before->names()) {
    const StoredTensor& a = *before->find(name);
    const StoredTensor& b = *after->find(name);
    ASSERT_EQ(a.shape, b.shape) << name;
    ASSERT_EQ(b.dtype, DType::float32) << name;
    for (std::size_t i = 0; i < static_cast<std::size_t>(element_count(a.shape)); ++i) {
      EXPECT_NEAR(load_float(a.bytes.data(), *a.dtype, i), load_float(b.bytes.data(), *b.dtype, i), 0.02f) << name;
    }
  }
}

TEST_F(Conversion, TiedOutputLayersAreLeftOutAndFloatsCast) {
  const auto source = test::write_tiny_model(folder_ / "source", {{"tie_word_embeddings", true}});
  run(source, "out", {.dtype = "float16"});
  const auto out = ModelFolder::open(folder_ / "out");
  EXPECT_EQ(out->find("lm_head.weight"), nullptr);
  EXPECT_EQ(out->find("model.norm.weight")->stored_dtype, "F16");
  EXPECT_EQ(ModelConfig::read(folder_ / "out").dtype, "float16");
}

TEST_F(Conversion, ATiedTableUnderTheOutputLayersNameIsKept) {
  const auto source = test::write_tiny_model(folder_ / "source", {{"tie_word_embeddings", true}});
  const auto whole = ModelFolder::open(source);
  std::vector<TensorHeader> headers;
  for (const std::string& name : whole->names()) {
    if (name == "model.embed_tokens.weight") continue;
    const StoredTensor& tensor = *whole->find(name);
    headers.push_back({name, *tensor.dtype, tensor.shape});
  }
  const auto headless = folder_ / "headless";
  std::filesystem::copy(source, headless);
  SafetensorsWriter writer(headless / "model.safetensors", headers, {});
  for (const TensorHeader& header : headers) writer.append(whole->find(header.name)->bytes);
  writer.commit();
  run(headless, "out");
  const auto out = ModelFolder::open(folder_ / "out");
  EXPECT_EQ(out->find("lm_head.weight"), nullptr);
  ASSERT_NE(out->find("model.embed_tokens.weight"), nullptr);
  EXPECT_EQ(out->find("model.embed_tokens.weight")->shape, whole->find("lm_head.weight")->shape);
}

TEST_F(Conversion, RequestsThatMakeNoSenseChangeNothing) {
  const auto source = test::write_tiny_model(folder_ / "source");
  run(source, "packed", {.quantization = QuantizationConfig{}});
  std::filesystem::create_directory(folder_ / "taken");
  expect_failure([&] { run(source, "taken"); }, Errc::invalid_argument, {"taken", "exists already"});
  expect_failure([&] { run(source, "missing/out"); }, Errc::io, {"missing/out"});
  expect_failure([&] { run(folder_ / "packed", "out", {.quantization = QuantizationConfig{}}); },
                 Errc::invalid_argument, {"quantized already"});
  expect_failure(
      [&] {
        run(source, "out", {.quantization = QuantizationConfig{"affine", 7, 64}});
      },
      Errc::invalid_argument, {"bits 7"});
  expect_failure([&] { run(source, "out", {.dtype = "int8"}); }, Errc::invalid_argument, {"int8"});
  expect_failure([&] { run(folder_ / "none", "out"); }, Errc::not_found, {"none"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(Conversion, StoppingLeavesNothingBehind) {
  const auto source = test::write_tiny_model(folder_ / "source");
  std::stop_source stop;
  const Progress progress{.report = [&](std::uint64_t, std::uint64_t) { stop.request_stop(); },
                          .stop = stop.get_token()};
  expect_failure([&] { convert({.source = source, .destination = folder_ / "out"}, progress); }, Errc::cancelled, {});
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(Conversion, PackedTensorsThatContradictTheirConfigurationAreNamed) {
  const auto source = test::write_tiny_model(folder_ / "source");
  run(source, "packed", {.quantization = QuantizationConfig{"affine", 4, 64}});
  const auto packed = ModelFolder::open(folder_ / "packed");
  const StoredPacking stored{packed->find("lm_head.weight"), packed->find("lm_head.scales"),
                             packed->find("lm_head.biases")};
  EXPECT_EQ(packed_view(stored, {"affine", 4, 64}).shape, (Shape{96, 64}));
  expect_failure([&] { packed_view(stored, {"affine", 8, 64}); }, Errc::corrupt, {"lm_head.weight", "whole groups"});
  expect_failure([&] { packed_view(stored, {"affine", 4, 32}); }, Errc::corrupt, {"lm_head.scales", "(96, 2)"});
  expect_failure([&] { packed_view(stored, {"mxfp4", 4, 32}); }, Errc::corrupt, {"lm_head.scales", "U8"});
  expect_failure(
      [&] {
        packed_view({stored.weight, stored.scales, nullptr}, {"affine", 4, 64});
      },
      Errc::corrupt, {"biases"});
}

}  // namespace
}  // namespace etna
