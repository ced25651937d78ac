#include "engine/session/cache_exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/session/kept_prompts.h"

namespace etna {
namespace {

using test::CacheKind, test::difference, test::ids_of, test::Place;
using Kind = FileCacheLayer::Kind;
using Bytes = std::vector<std::byte>;

class CacheExchangeTest : public test::KeptPrompts {
protected:
  /// Whether a file says all that the runner knows: mlx-lm has no class for rows that are packed in a window, or packed to
  /// two widths, and its files hold them unpacked.
  static bool is_exact(const RunnerOptions& options) {
    const bool packed = options.key_bits != 0 || options.value_bits != 0;
    return !packed || options.quantized_kv_start > 200;
  }

  test::TemporaryFolder folder_;
};

TEST_P(CacheExchangeTest, logits_after_a_file_are_those_without_it_for_every_kind_of_cache) {
  const std::vector<std::int32_t> ids = ids_of(250);
  const auto prefix = std::span(ids).first(192), rest = std::span(ids).subspan(192);
  for (const CacheKind& kind : kinds()) {
    SCOPED_TRACE(kind.name);
    const auto first = runner(kind.options), second = runner(kind.options);
    append(*first, prefix);
    write_context(*first, folder_ / "file.safetensors", {{"model", "test"}});
    const PromptCacheFile file = PromptCacheFile::open(folder_ / "file.safetensors");
    EXPECT_EQ(file.tokens(), 192);
    EXPECT_EQ(file.metadata("model"), "test");
    EXPECT_TRUE(check_fit(*second, file).fits);
    read_context(*second, file, 250);
    const std::vector<float> logits = append(*first, rest), restored = append(*second, rest);
    if (is_exact(kind.options)) {
      EXPECT_EQ(logits, restored);
    } else {
      EXPECT_LT(difference(logits, restored), 0.5) << "of about 10, packed a second time";
    }
  }
}

TEST_P(CacheExchangeTest, layers_are_written_as_the_classes_that_mlx_lm_would_keep) {
  const std::vector<std::int32_t> ids = ids_of(192);
  const auto layers = [&](const RunnerOptions& options) {
    const auto one = runner(options);
    append(*one, ids);
    write_context(*one, folder_ / "file.safetensors", {});
    return PromptCacheFile::open(folder_ / "file.safetensors").layers();
  };
  const auto plain = layers({.capacity = 512});
  EXPECT_STREQ(plain[0].class_name(), "RotatingKVCache") << "a window";
  EXPECT_EQ(plain[0].info(), (std::vector<std::string>{"0", "20", "192", "20"}));
  EXPECT_EQ(plain[0].places, 20);
  EXPECT_STREQ(plain[1].class_name(), "KVCache");
  EXPECT_EQ(plain[1].places, 192);
  const auto limited = layers({.capacity = 512, .max_kv_size = 30});
  EXPECT_EQ(limited[1].info(), (std::vector<std::string>{"4", "30", "192", "30"}));
  const auto packed = layers({.capacity = 512, .key_bits = 4, .value_bits = 4, .kv_group_size = 32});
  EXPECT_STREQ(packed[1].class_name(), "QuantizedKVCache");
  EXPECT_EQ(packed[1].info(), (std::vector<std::string>{"192", "32", "4"}));
  EXPECT_STREQ(packed[0].class_name(), "RotatingKVCache") << "mlx-lm does not pack a window";
  const auto file = SafetensorsFile::open(folder_ / "file.safetensors");
  EXPECT_EQ(file->at("1.0.0").shape, (Shape{1, 2, 192, 4}));
  EXPECT_EQ(file->at("1.1.2").shape, (Shape{1, 2, 192, 1}));
  EXPECT_EQ(file->metadata().at("2.1"), "QuantizedKVCache");
}

/// What mlx-lm's ring looks like after it has gone around: the oldest of the rows behind the kept ones lies at the index.
TEST_P(CacheExchangeTest, rings_are_read_wherever_they_go_on) {
  const std::vector<std::int32_t> ids = ids_of(200);
  const RunnerOptions options{.capacity = 512, .max_kv_size = 30};
  const auto first = runner(options), fresh = runner(options);
  append(*first, std::span(ids).first(190));
  append(*fresh, std::span(ids).first(190));
  const std::vector<float> wanted = append(*fresh, std::span(ids).subspan(190));
  write_context(*first, folder_ / "plain.safetensors", {});
  const PromptCacheFile plain = PromptCacheFile::open(folder_ / "plain.safetensors");
  for (const std::int64_t index : {4, 5, 17, 29}) {
    std::vector<FileCacheLayer> layers = plain.layers();
    for (FileCacheLayer& layer : layers) {
      if (layer.keep > 0) layer.index = index;
    }
    write_prompt_cache_file(folder_ / "turned.safetensors", layers, {}, [&](std::size_t i) {
      std::vector<Bytes> tensors;
      for (std::size_t side = 0; side < 2; ++side) {
        const std::span<const std::byte> from = plain.tensor(i, side).bytes;
        Bytes bytes(from.begin(), from.end());
        const std::size_t row = from.size() / static_cast<std::size_t>(layers[i].kv_heads * layers[i].places);
        for (std::int64_t head = 0; head < layers[i].kv_heads; ++head) {
          for (std::int64_t at = 0; at < layers[i].places; ++at) {
            const auto of = [&](std::int64_t place) { return static_cast<std::size_t>(head * layers[i].places + place) * row; };
            std::memcpy(bytes.data() + of(layers[i].place(at)), from.data() + of(at), row);
          }
        }
        tensors.push_back(std::move(bytes));
      }
      return tensors;
    });
    const auto second = runner(options);
    read_context(*second, PromptCacheFile::open(folder_ / "turned.safetensors"), 200);
    EXPECT_EQ(append(*second, std::span(ids).subspan(190)), wanted) << index;
  }
}

TEST_P(CacheExchangeTest, contexts_of_one_kind_are_read_into_models_that_keep_another) {
  const std::vector<std::int32_t> ids = ids_of(200);
  const RunnerOptions plain{.capacity = 512, .kv_group_size = 32};
  RunnerOptions packed = plain;
  packed.key_bits = packed.value_bits = 8;
  for (const auto& [from, to] : {std::pair{plain, packed}, std::pair{packed, plain}}) {
    const auto first = runner(from), second = runner(to), fresh = runner(to);
    append(*first, std::span(ids).first(190));
    append(*fresh, std::span(ids).first(190));
    write_context(*first, folder_ / "file.safetensors", {});
    const PromptCacheFile file = PromptCacheFile::open(folder_ / "file.safetensors");
    EXPECT_THAT(check_fit(*second, file).sentence, testing::HasSubstr("answers may differ a little"));
    read_context(*second, file, 200);
    EXPECT_LT(difference(append(*second, std::span(ids).subspan(190)), append(*fresh, std::span(ids).subspan(190))), 0.5);
  }
}

TEST_P(CacheExchangeTest, files_of_other_models_are_refused_in_a_sentence) {
  const auto first = runner({.capacity = 512});
  append(*first, ids_of(100));
  write_context(*first, folder_ / "file.safetensors", {});
  const PromptCacheFile file = PromptCacheFile::open(folder_ / "file.safetensors");
  EXPECT_EQ(check_fit(*runner({.capacity = 100}), file).sentence, "It holds 100 tokens; the model was loaded with a context of 100.");
  const test::AttentionOnly further(60);
  Runner longer(further, *backend_, owner_, test::vocab, {.capacity = 512});
  EXPECT_EQ(check_fit(longer, file).sentence, "Its layer 0 remembers the last 20 tokens only; this model looks further back.");
  EXPECT_THROW(read_context(longer, file, 200), Error);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, CacheExchangeTest, testing::Values(Place::processor, Place::graphics),
                         [](const auto& place) { return place.param == Place::processor ? "processor" : "graphics"; });

}  // namespace
}  // namespace etna
