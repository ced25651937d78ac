#include "engine/models/gguf_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/models/decoder.h"
#include "engine/models/gguf_tensors.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/gguf_builder.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using test::GgufBuilder;
using test::raw;

/// Puts tensors of F32 zeros behind each other.
class Files : public testing::Test {
protected:
  GgufBuilder start(const std::string& architecture) {
    GgufBuilder file;
    file.text("general.architecture", architecture);
    for (const auto& [key, value] : std::map<std::string, std::uint32_t>{{"context_length", 256}, {"embedding_length", 32}, {"block_count", 1},
                                                                         {"attention.head_count", 4}, {"feed_forward_length", 64}}) {
      file.integer(architecture + "." + key, value);
    }
    data_ = 0;
    tensor(file, "token_embd.weight", {32, 61});
    return file;
  }

  void tensor(GgufBuilder& file, const std::string& name, const std::vector<std::uint64_t>& axes) {
    file.tensor(name, axes, 0, data_);
    std::uint64_t bytes = 4;
    for (const std::uint64_t axis : axes) bytes *= axis;
    data_ += (bytes + 31) / 32 * 32;
  }

  std::shared_ptr<const GgufFile> open(const GgufBuilder& file) {
    folder_.write("model.gguf", file.bytes(data_));
    return GgufFile::open(folder_ / "model.gguf");
  }

  ModelConfig config(const GgufBuilder& file) { return gguf_config(*open(file)); }

  static void number(GgufBuilder& file, const std::string& key, float value) { file.value(key, 6, raw(value)); }

  test::TemporaryFolder folder_;
  std::uint64_t data_ = 0;
};

TEST_F(Files, metadata_become_a_configuration) {
  GgufBuilder file = start("llama");
  file.integer("llama.attention.head_count_kv", 2).integer("llama.rope.dimension_count", 8).integer("tokenizer.ggml.eos_token_id", 7)
      .integer("tokenizer.ggml.eot_token_id", 9);
  number(file, "llama.rope.freq_base", 5e5f);
  number(file, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
  const ModelConfig result = config(file);
  EXPECT_EQ(result.model_type, "llama");
  EXPECT_EQ(result.vocab_size, 61);
  EXPECT_EQ(result.num_key_value_heads, 2);
  EXPECT_EQ(result.head_dim, 8);
  EXPECT_EQ(result.tie_word_embeddings, true);
  EXPECT_THAT(result.eos_token_ids, testing::ElementsAre(7, 9));
  const DecoderSettings settings = describe_model(result);
  EXPECT_FLOAT_EQ(settings.norm.eps, 1e-5f);
  EXPECT_EQ(settings.ropes.at(0).theta, 5e5);
  EXPECT_TRUE(settings.ropes.at(0).adjacent_pairs) << "llama.cpp permutes q and k";
}

TEST_F(Files, a_llama_with_experts_is_a_mixtral_and_one_with_a_window_a_mistral) {
  GgufBuilder file = start("llama");
  file.integer("llama.expert_count", 4).integer("llama.expert_used_count", 2);
  const DecoderSettings mixtral = describe_model(config(file));
  ASSERT_TRUE(mixtral.moe.has_value());
  EXPECT_EQ(mixtral.moe->router.experts, 4);
  GgufBuilder windowed = start("llama");
  windowed.integer("llama.attention.sliding_window", 16);
  EXPECT_EQ(describe_model(config(windowed)).layers.at(0).window, 16);
}

TEST_F(Files, factors_of_ropes_are_read_from_their_tensors) {
  GgufBuilder file = start("phi3");
  file.integer("phi3.rope.scaling.original_context_length", 64).integer("phi3.rope.dimension_count", 8);
  number(file, "phi3.rope.scaling.attn_factor", 1.25f);
  tensor(file, "rope_factors_long.weight", {4});
  tensor(file, "rope_factors_short.weight", {4});
  test::expect_failure([&] { describe_model(config(file)); }, Errc::corrupt, {"longrope", "above 0"});  // zeros
}

TEST_F(Files, gemma_norms_hold_one_more) {
  EXPECT_EQ(describe_model(config(start("gemma"))).norm.weight_offset, 0);
  GgufBuilder file = start("gemma2");
  file.integer("gemma2.attention.key_length", 16).integer("gemma2.attention.value_length", 16).integer("gemma2.attention.sliding_window", 8);
  const DecoderSettings settings = describe_model(config(file));
  EXPECT_FLOAT_EQ(settings.attention.scale, 1 / std::sqrt(16.0f));
  EXPECT_EQ(settings.layers.at(0).window, 8);
}

TEST_F(Files, what_is_wrong_or_unknown_is_named) {
  GgufBuilder unknown;
  unknown.text("general.architecture", "frobnicator");
  test::expect_failure([&] { config(unknown); }, Errc::unsupported, {"model.gguf", "frobnicator", "llama"});
  GgufBuilder none;
  test::expect_failure([&] { config(none); }, Errc::corrupt, {"general.architecture"});
  GgufBuilder uneven = start("llama");
  uneven.integers("llama.attention.head_count_kv", {2, 4});
  test::expect_failure([&] { config(uneven); }, Errc::unsupported, {"llama.attention.head_count_kv", "layer"});
  GgufBuilder lengths = start("llama");
  lengths.integer("llama.attention.key_length", 16).integer("llama.attention.value_length", 8);
  test::expect_failure([&] { config(lengths); }, Errc::unsupported, {"key_length", "value_length"});
}

TEST_F(Files, tensors_are_found_under_the_names_that_the_model_asks_for) {
  GgufBuilder file = start("qwen3");
  for (const char* name : {"output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"}) tensor(file, std::string(name) + ".weight", {32});
  for (const char* name : {"blk.0.attn_q_norm", "blk.0.attn_k_norm"}) tensor(file, std::string(name) + ".weight", {8});
  for (const char* name : {"blk.0.attn_q", "blk.0.attn_k", "blk.0.attn_v", "blk.0.attn_output"}) tensor(file, std::string(name) + ".weight", {32, 32});
  for (const char* name : {"blk.0.ffn_gate", "blk.0.ffn_up"}) tensor(file, std::string(name) + ".weight", {32, 64});
  tensor(file, "blk.0.ffn_down.weight", {64, 32});
  const std::shared_ptr<const GgufFile> opened = open(file);
  const GgufTensors tensors(opened, describe_model(gguf_config(*opened)));
  EXPECT_EQ(tensors.names().size(), opened->tensors().size());
  EXPECT_EQ(tensors.find("model.layers.0.mlp.down_proj.weight")->shape, (Shape{32, 64}));
  EXPECT_EQ(tensors.find("model.layers.0.self_attn.q_norm.weight")->name, "blk.0.attn_q_norm.weight");
  EXPECT_EQ(tensors.find("lm_head.weight"), nullptr);
  EXPECT_EQ(tensors.stored_name("lm_head.weight"), "output.weight");
}

}  // namespace
}  // namespace etna
