#include "engine/io/prompt_cache_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using test::expect_failure;
using Kind = FileCacheLayer::Kind;
using Bytes = std::vector<std::byte>;
using Texts = std::map<std::string, std::string>;

/// Two layers of 5 tokens: everything, and a ring of 4 that keeps the first one and goes on at 2.
std::vector<FileCacheLayer> two_layers() {
  FileCacheLayer plain{.kind = Kind::plain, .kv_heads = 2, .places = 5, .key_size = 8, .value_size = 4, .dtype = DType::float16, .offset = 5};
  FileCacheLayer ring{.kind = Kind::rotating, .kv_heads = 2, .places = 4, .key_size = 8, .value_size = 8, .dtype = DType::float16, .offset = 5, .keep = 1, .max_size = 4, .index = 2};
  return {plain, ring};
}

Bytes zeros(const TensorHeader& tensor) { return Bytes(tensor.bytes()); }

class PromptCacheFileTest : public testing::Test {
protected:
  std::filesystem::path path() const { return folder_ / "cache.safetensors"; }

  /// A file of any tensors and metadata.
  void write(const std::vector<TensorHeader>& tensors, const Texts& metadata) {
    SafetensorsWriter writer(path(), tensors, metadata);
    for (const TensorHeader& tensor : tensors) writer.append(zeros(tensor));
    writer.commit();
  }

  test::TemporaryFolder folder_;
};

TEST_F(PromptCacheFileTest, a_file_comes_back_as_it_was_written) {
  FileCacheLayer packed{.kind = Kind::packed, .kv_heads = 2, .places = 5, .key_size = 64, .value_size = 32, .dtype = DType::bfloat16, .offset = 5, .bits = 4, .group_size = 32};
  std::vector<FileCacheLayer> layers = two_layers();
  layers.push_back(packed);
  write_prompt_cache_file(path(), layers, {{"model", "some/model"}, {"note", ""}}, [&](std::size_t layer) {
    std::vector<Bytes> all;
    for (const TensorHeader& tensor : layers[layer].tensors(layer)) all.push_back(zeros(tensor));
    return all;
  });
  const PromptCacheFile file = PromptCacheFile::open(path());
  ASSERT_EQ(file.layers().size(), 3u);
  EXPECT_EQ(file.tokens(), 5);
  EXPECT_EQ(file.metadata("model"), "some/model");
  EXPECT_EQ(file.metadata("none"), "");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(file.layers()[i].kind, layers[i].kind);
    EXPECT_EQ(file.layers()[i].info(), layers[i].info());
    EXPECT_EQ(file.layers()[i].value_size, layers[i].value_size);
  }
  const auto raw = SafetensorsFile::open(path());
  EXPECT_EQ(raw->metadata().at("0.0"), "") << "as mlx-lm has it for a layer without numbers";
  EXPECT_EQ(raw->metadata().at("0.1.3"), "2");
  EXPECT_EQ(raw->metadata().at("2.2"), "QuantizedKVCache");
}

TEST_F(PromptCacheFileTest, rows_of_a_ring_are_found_by_their_positions) {
  FileCacheLayer ring{.kind = Kind::rotating, .kv_heads = 1, .places = 6, .key_size = 1, .value_size = 1, .offset = 20, .keep = 2, .max_size = 6, .index = 4};
  // Kept: 0, 1. Places 4 and 5 have the oldest of the others, then 2 and 3: positions 16 to 19.
  std::vector<std::int64_t> places;
  for (const std::int64_t position : {0, 1, 2, 15, 16, 17, 18, 19, 20}) places.push_back(ring.place_of(position));
  EXPECT_EQ(places, (std::vector<std::int64_t>{0, 1, -1, -1, 4, 5, 2, 3, -1}));
  ring.index = 6;
  EXPECT_EQ(ring.place_of(16), 2);
  EXPECT_EQ(ring.place_of(19), 5);
  ring.offset = 6;
  EXPECT_EQ(ring.place_of(3), 3) << "nothing is forgotten yet";
}

TEST_F(PromptCacheFileTest, hostile_files_are_refused_naming_what_is_wrong) {
  const std::vector<FileCacheLayer> layers = two_layers();
  std::vector<TensorHeader> tensors;
  Texts good;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (TensorHeader& tensor : layers[i].tensors(i)) tensors.push_back(tensor);
    for (std::size_t j = 0; j < layers[i].info().size(); ++j) good["0." + std::to_string(i) + "." + std::to_string(j)] = layers[i].info()[j];
    good["2." + std::to_string(i)] = layers[i].class_name();
  }
  write(tensors, good);
  EXPECT_EQ(PromptCacheFile::open(path()).layers().size(), 2u);

  struct Case {
    Texts change;
    Errc code;
    const char* part;
  };
  const Case cases[] = {
      {{{"2.0", "ArraysCache"}}, Errc::unsupported, "layer 0 is kept as \"ArraysCache\", which Etna's models have no use for"},
      {{{"2.1", "rm -rf"}}, Errc::corrupt, "layer 1 is kept as"},
      {{{"2.0", "QuantizedKVCache"}}, Errc::corrupt, "has no tensor 0.0.0"},
      {{{"2.1", "KVCache"}}, Errc::corrupt, "layer 1 holds 4 tokens, layer 0 holds 5"},
      {{{"0.1.0", "4"}}, Errc::corrupt, "a ring of 4 rows cannot keep 4 of 4"},
      {{{"0.1.1", "-5"}}, Errc::corrupt, "its number 2 is missing or impossible"},
      {{{"0.1.1", "99999999999999999999"}}, Errc::corrupt, "its number 2"},
      {{{"0.1.2", "3"}}, Errc::corrupt, "hold 3 tokens"},
      {{{"0.1.2", "6"}}, Errc::corrupt, "layer 1 holds 6 tokens"},
      {{{"0.1.3", "5"}}, Errc::corrupt, "go on at 5"},
      {{{"0.1.3", "0"}}, Errc::corrupt, "go on at 0"},
      {{{"0.1.3", "2x"}}, Errc::corrupt, "its number 4"},
      {{{"2.2", "KVCache"}}, Errc::corrupt, "has no tensor 2.0"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.part);
    Texts metadata = good;
    for (const auto& [key, value] : each.change) metadata[key] = value;
    write(tensors, metadata);
    expect_failure([&] { PromptCacheFile::open(path()); }, each.code, {each.part, "cache.safetensors"});
  }

  std::vector<TensorHeader> wrong = tensors;
  wrong[1].shape = {1, 2, 4, 4};
  write(wrong, good);
  expect_failure([&] { PromptCacheFile::open(path()); }, Errc::corrupt, {"tensor 0.1 is F16"});
  wrong = tensors;
  wrong[0].dtype = DType::int32;
  write(wrong, good);
  expect_failure([&] { PromptCacheFile::open(path()); }, Errc::corrupt, {"its keys are I32"});
  wrong = tensors;
  wrong[0].shape = wrong[1].shape = {2, 2, 5, 8};
  write(wrong, good);
  expect_failure([&] { PromptCacheFile::open(path()); }, Errc::unsupported, {"it holds 2 texts"});
  wrong = tensors;
  wrong.push_back({"7.0", DType::float16, {1}});
  write(wrong, good);
  expect_failure([&] { PromptCacheFile::open(path()); }, Errc::corrupt, {"5 tensors, its layers have 4"});
  write({{"weight", DType::float16, {4}}}, {});
  expect_failure([&] { PromptCacheFile::open(path()); }, Errc::corrupt, {"is no prompt-cache file"});
}

TEST_F(PromptCacheFileTest, impossible_packing_is_refused) {
  const FileCacheLayer packed{.kind = Kind::packed, .kv_heads = 1, .places = 3, .key_size = 64, .value_size = 64, .dtype = DType::float16, .offset = 3, .bits = 8, .group_size = 32};
  for (const auto& [key, value] : {std::pair{"0.0.2", "3"}, std::pair{"0.0.2", "0"}, std::pair{"0.0.1", "0"}, std::pair{"0.0.1", "128"}, std::pair{"0.0.0", "4"}}) {
    SCOPED_TRACE(std::string(key) + " " + value);
    Texts metadata = {{"0.0.0", "3"}, {"0.0.1", "32"}, {"0.0.2", "8"}, {"2.0", "QuantizedKVCache"}};
    metadata[key] = value;
    write(packed.tensors(0), metadata);
    EXPECT_THROW(PromptCacheFile::open(path()), Error);
  }
}

}  // namespace
}  // namespace etna
