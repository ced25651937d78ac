#include "hub/versions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace etna::test {

using testing::ElementsAre;
using testing::IsEmpty;

hub::Tree tree_of(std::initializer_list<std::pair<const char*, std::uint64_t>> files) {
  hub::Tree tree;
  for (const auto& [path, size] : files) {
    hub::TreeFile file;
    file.path = path;
    file.size = size;
    tree.files.push_back(file);
  }
  std::ranges::sort(tree.files, {}, &hub::TreeFile::path);
  return tree;
}

TEST(Versions, gguf_files_are_choices_of_their_own_smallest_first) {
  const auto versions =
      hub::versions_of(tree_of({{"m-Q8_0.gguf", 800}, {"m-Q4_K_M.gguf", 480}, {"m-BF16.gguf", 1600}, {"README.md", 5}}),
                       {})
          .versions;
  ASSERT_EQ(versions.size(), 3u);
  EXPECT_EQ(versions[0].key, "Q4_K_M");
  EXPECT_EQ(versions[0].label, "4-bit (Q4_K_M)");
  EXPECT_EQ(versions[0].download_bytes, 480u);
  EXPECT_EQ(versions[1].label, "8-bit (Q8_0)");
  EXPECT_EQ(versions[2].label, "full (BF16)");
}

TEST(Versions, split_files_are_one_and_missing_parts_are_named) {
  const auto versions = hub::versions_of(tree_of({{"Q8_0/m-Q8_0-00002-of-00003.gguf", 20},
                                                  {"Q8_0/m-Q8_0-00001-of-00003.gguf", 30},
                                                  {"m-Q2_K-00002-of-00002.gguf", 7}}),
                                         {})
                            .versions;
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].key, "Q2_K");
  EXPECT_THAT(versions[0].missing_parts, ElementsAre("part 1 of 2"));
  EXPECT_THAT(versions[1].weight_files,
              ElementsAre("Q8_0/m-Q8_0-00001-of-00003.gguf", "Q8_0/m-Q8_0-00002-of-00003.gguf"));
  EXPECT_THAT(versions[1].missing_parts, ElementsAre("part 3 of 3"));
  EXPECT_EQ(versions[1].weight_bytes, 50u);
}

TEST(Versions, projectors_and_importance_tables_are_no_models) {
  const auto versions =
      hub::versions_of(
          tree_of({{"m-Q4_K_M.gguf", 480}, {"mmproj-m-f16.gguf", 60}, {"imatrix.gguf", 3}, {"m.imatrix.gguf", 3}}), {})
          .versions;
  ASSERT_EQ(versions.size(), 1u);
  EXPECT_THAT(versions[0].other_files, ElementsAre("mmproj-m-f16.gguf"));
  EXPECT_EQ(versions[0].download_bytes, 540u);
}

TEST(Versions, two_files_of_one_kind_keep_different_keys) {
  const auto versions = hub::versions_of(tree_of({{"a-Q4_0.gguf", 1}, {"b-Q4_0.gguf", 2}}), {}).versions;
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_NE(versions[0].key, versions[1].key);
}

TEST(Versions, shards_come_with_what_they_need_and_without_copies_and_programs) {
  hub::ModelInfo info;
  info.elements = {{"BF16", 1000}, {"I64", 3}};
  const auto result = hub::versions_of(tree_of({{"model-00001-of-00002.safetensors", 100},
                                                {"model-00002-of-00002.safetensors", 90},
                                                {"model.safetensors.index.json", 4},
                                                {"consolidated.00.safetensors", 190},
                                                {"original/model.safetensors", 190},
                                                {"pytorch_model.bin", 190},
                                                {"pytorch_model.bin.index.json", 4},
                                                {"config.json", 1},
                                                {"tokenizer.json", 2},
                                                {"tokenizer.model", 3},
                                                {"chat_template.jinja", 1},
                                                {"modeling_x.py", 9},
                                                {"LICENSE", 1},
                                                {"onnx/model.onnx", 50}}),
                                       info);
  ASSERT_EQ(result.versions.size(), 1u);
  const hub::ModelVersion& version = result.versions[0];
  EXPECT_THAT(version.weight_files,
              ElementsAre("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"));
  EXPECT_THAT(version.other_files, ElementsAre("LICENSE", "chat_template.jinja", "config.json",
                                               "model.safetensors.index.json", "tokenizer.json", "tokenizer.model"));
  EXPECT_EQ(version.label, "full (BF16)");
  EXPECT_EQ(version.download_bytes, 202u);
  EXPECT_THAT(version.missing_parts, IsEmpty());
}

TEST(Versions, mlx_repositories_say_their_bits) {
  hub::ModelInfo info;
  info.tags = {"mlx"};
  info.quantization_bits = 4;
  const auto versions = hub::versions_of(tree_of({{"model.safetensors", 100}, {"config.json", 1}}), info).versions;
  ASSERT_EQ(versions.size(), 1u);
  EXPECT_EQ(versions[0].format, hub::WeightFormat::mlx);
  EXPECT_EQ(versions[0].label, "4-bit (MLX)");
}

TEST(Versions, nothing_to_choose_says_why) {
  using hub::NoVersion;
  EXPECT_EQ(hub::versions_of(tree_of({{"pytorch_model.bin", 1}, {"config.json", 1}}), {}).why_none,
            NoVersion::unsafe_only);
  EXPECT_EQ(hub::versions_of(tree_of({{"adapter_config.json", 1}, {"adapter_model.safetensors", 1}}), {}).why_none,
            NoVersion::adapter);
  EXPECT_EQ(hub::versions_of(tree_of({{"model_index.json", 1}, {"unet/x.safetensors", 1}}), {}).why_none,
            NoVersion::image_pipeline);
  EXPECT_EQ(hub::versions_of(tree_of({{"model.onnx", 1}}), {}).why_none, NoVersion::onnx_only);
  const auto empty = hub::versions_of(tree_of({{"README.md", 1}}), {});
  EXPECT_EQ(empty.why_none, NoVersion::no_weights);
  EXPECT_FALSE(empty.sentence.empty());
}

TEST(Versions, quantization_words_are_found_in_names) {
  const std::pair<const char*, const char*> names[] = {{"Qwen3-8B-Q4_K_M.gguf", "Q4_K_M"},
                                                       {"qwen3-8b-q4_k_m.gguf", "Q4_K_M"},
                                                       {"model.Q8_0.gguf", "Q8_0"},
                                                       {"m-IQ2_XXS.gguf", "IQ2_XXS"},
                                                       {"m-UD-Q2_K_XL.gguf", "UD-Q2_K_XL"},
                                                       {"gpt-oss-20b-mxfp4.gguf", "MXFP4"},
                                                       {"m-f16.gguf", "F16"},
                                                       {"m-BF16.gguf", "BF16"},
                                                       {"F16-base-Q5_K_S.gguf", "Q5_K_S"},
                                                       {"model.gguf", ""},
                                                       {"Q4.gguf", ""},
                                                       {"xQ4_0.gguf", ""}};
  for (const auto& [name, word] : names) EXPECT_EQ(hub::gguf_quantization(name), word) << name;
  EXPECT_DOUBLE_EQ(hub::gguf_bits("Q4_K_M"), 4.85);
  EXPECT_DOUBLE_EQ(hub::gguf_bits("UD-Q2_K_XL"), 3.0);
  EXPECT_DOUBLE_EQ(hub::gguf_bits("nothing"), 0);
}

}  // namespace etna::test
