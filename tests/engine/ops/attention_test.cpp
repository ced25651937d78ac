#include "engine/ops/attention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "engine/nn/kv_cache.h"
#include "engine/ops/elementwise.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

enum class Place { processor, graphics };

Backend& backend_at(Place place) {
  static const std::unique_ptr<Backend> processor = cpu::create_backend(2);
  if (place == Place::processor) return *processor;
  static const std::unique_ptr<Backend> graphics = vulkan::create_backend(0);
  return *graphics;
}

/// What a layer is, how its cache is kept, and what is asked of attention.
struct Case {
  nn::CacheShape shape;
  nn::KvCacheOptions cache;
  std::int64_t heads = 2;
  float softcap = 0;
  bool sinks = false;
};

using Row = std::vector<double>;

/// Everything that was ever written, per position, and attention over it in plain loops.
class Twin {
public:
  explicit Twin(const Case& c) : case_(c) {}

  struct Token {
    std::vector<Row> keys, values;  // per head
  };

  void push(Token token) { tokens_.push_back(std::move(token)); }

  bool sees(std::int64_t query, std::int64_t key) const {
    if (key > query) return false;
    const bool limited = case_.shape.window == 0 && case_.cache.max_size > 0;
    if (limited) return key < case_.cache.keep || query - key < case_.cache.max_size - case_.cache.keep;
    return case_.shape.window == 0 || query - key < case_.shape.window;
  }

  Row attend(std::int64_t query, std::int64_t head, const Row& q, double scale, double sink) const {
    const std::int64_t kv_head = head / (case_.heads / case_.shape.kv_heads);
    double total = case_.sinks ? std::exp(sink) : 0;
    Row mixed(static_cast<std::size_t>(case_.shape.values()), 0);
    for (std::int64_t key = 0; key < static_cast<std::int64_t>(tokens_.size()); ++key) {
      if (!sees(query, key)) continue;
      const Token& token = tokens_[static_cast<std::size_t>(key)];
      const Row &k = token.keys[static_cast<std::size_t>(kv_head)], &v = token.values[static_cast<std::size_t>(kv_head)];
      double score = 0;
      for (std::size_t d = 0; d < q.size(); ++d) score += q[d] * k[d];
      score *= scale;
      if (case_.softcap > 0) score = case_.softcap * std::tanh(score / case_.softcap);
      const double weight = std::exp(score);
      total += weight;
      for (std::size_t d = 0; d < v.size(); ++d) mixed[d] += weight * v[d];
    }
    for (double& value : mixed) value /= total;
    return mixed;
  }

private:
  Case case_;
  std::vector<Token> tokens_;
};

/// A layer that is fed piece by piece, with its twin.
class Layer {
public:
  Layer(Place place, const Case& c) : backend_(backend_at(place)), case_(c), cache_(nn::KvCache::create(backend_, 0, c.shape, c.cache)) {
    twins_.assign(static_cast<std::size_t>(c.cache.batch), Twin(c));
    lengths_.assign(static_cast<std::size_t>(c.cache.batch), 0);
    for (std::int64_t h = 0; h < c.heads; ++h) sinks_.push_back(0.3f * static_cast<float>(h) - 0.5f);
  }

  const nn::KvCache& cache() const { return cache_; }

  /// `length` tokens for all rows; the largest difference from the twins.
  double feed(std::int64_t length) {
    std::vector<std::int32_t> offsets(lengths_.begin(), lengths_.end());
    return feed(cache_, 0, case_.cache.batch, length, offsets);
  }

  /// The same for one row of the batch.
  double feed_row(std::int64_t row, std::int64_t length) {
    return feed(cache_.row(row), row, 1, length, {static_cast<std::int32_t>(lengths_[static_cast<std::size_t>(row)])});
  }

  void truncate(std::int64_t length) {
    lengths_[0] = length;
    Twin shorter(case_);
    for (std::int64_t i = 0; i < length; ++i) shorter.push(token(0, i));
    twins_[0] = shorter;
  }

private:
  double feed(const nn::KvCache& cache, std::int64_t first, std::int64_t count, std::int64_t length, const std::vector<std::int32_t>& offsets) {
    const nn::CacheShape& shape = case_.shape;
    const auto gather = [&](std::int64_t heads, std::int64_t size, std::uint32_t kind) {
      std::vector<float> values;
      for (std::int64_t b = 0; b < count; ++b)
        for (std::int64_t l = 0; l < length; ++l)
          for (std::int64_t h = 0; h < heads; ++h)
            for (std::int64_t d = 0; d < size; ++d) values.push_back(value(first + b, offsets[static_cast<std::size_t>(b)] + l, h, d, kind));
      return cast(Array::from(values, {count, length, heads, size}), case_.cache.dtype);
    };
    const Array q = gather(case_.heads, shape.key_dim, 0);
    const Array starts = Array::from(offsets, {count});
    AttentionOptions options{.scale = scale(), .window = shape.window, .softcap = case_.softcap};
    if (case_.sinks) options.sinks = Array::from(sinks_, {case_.heads});
    const nn::KvCache written = cache_update(cache, gather(shape.kv_heads, shape.key_dim, 1), gather(shape.kv_heads, shape.values(), 2), starts);
    const Array y = attention(q, written, starts, options);
    evaluate(y, backend_);
    return compare(y.to_floats(), first, count, length);
  }

  double compare(const std::vector<float>& y, std::int64_t first, std::int64_t count, std::int64_t length) {
    double worst = 0;
    std::size_t index = 0;
    for (std::int64_t b = first; b < first + count; ++b) {
      std::int64_t& held = lengths_[static_cast<std::size_t>(b)];
      for (std::int64_t l = 0; l < length; ++l) twins_[static_cast<std::size_t>(b)].push(token(b, held + l));
      for (std::int64_t l = 0; l < length; ++l) {
        for (std::int64_t h = 0; h < case_.heads; ++h) {
          const Row expected = twins_[static_cast<std::size_t>(b)].attend(held + l, h, row(b, held + l, h, case_.shape.key_dim, 0), scale(), sinks_[static_cast<std::size_t>(h)]);
          for (const double value : expected) {
            const double error = std::fabs(value - y[index++]);
            worst = std::isnan(error) ? INFINITY : std::max(worst, error);
          }
        }
      }
      held += length;
    }
    return worst;
  }

  float scale() const { return 1.5f / std::sqrt(static_cast<float>(case_.shape.key_dim)); }

  /// The same number for the same place, whatever pieces it is written in.
  static float value(std::int64_t b, std::int64_t position, std::int64_t h, std::int64_t d, std::uint32_t kind) {
    auto x = static_cast<std::uint32_t>(b * 7919 + position * 104729 + h * 1299709 + d * 15485863) + kind * 2654435761u;
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return static_cast<float>((x ^ x >> 16) >> 16) / 16384.0f - 2.0f;
  }

  static Row row(std::int64_t b, std::int64_t position, std::int64_t h, std::int64_t size, std::uint32_t kind) {
    Row values;
    for (std::int64_t d = 0; d < size; ++d) values.push_back(value(b, position, h, d, kind));
    return values;
  }

  Twin::Token token(std::int64_t b, std::int64_t position) const {
    Twin::Token token;
    for (std::int64_t h = 0; h < case_.shape.kv_heads; ++h) {
      token.keys.push_back(row(b, position, h, case_.shape.key_dim, 1));
      token.values.push_back(row(b, position, h, case_.shape.values(), 2));
    }
    return token;
  }

  Backend& backend_;
  Case case_;
  nn::KvCache cache_;
  std::vector<Twin> twins_;
  std::vector<std::int64_t> lengths_;
  std::vector<float> sinks_;
};

class AttentionTest : public testing::TestWithParam<Place> {
protected:
  void SetUp() override {
    if (GetParam() == Place::graphics && vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
  }

  double worst_of(const Case& c, std::initializer_list<std::int64_t> pieces) {
    Layer layer(GetParam(), c);
    double worst = 0;
    for (const std::int64_t piece : pieces) worst = std::max(worst, layer.feed(piece));
    return worst;
  }
};

constexpr double exact = 2e-5;

TEST_P(AttentionTest, a_window_hides_what_came_before_it) {
  for (const std::int64_t window : {4, 10, 40}) {
    const Case c{.shape = {.kv_heads = 1, .key_dim = 16, .window = window}, .cache = {.capacity = 40}};
    EXPECT_LT(worst_of(c, {10, 1, 10, 1}), exact) << window;
  }
}

TEST_P(AttentionTest, a_ring_serves_a_window_in_long_pieces_and_single_tokens) {
  const Case c{.shape = {.kv_heads = 1, .key_dim = 16, .window = 5}, .cache = {.capacity = 1000, .piece = 60}};
  Layer layer(GetParam(), c);
  ASSERT_TRUE(layer.cache().key_layout.ring);
  ASSERT_EQ(layer.cache().places(), 128);
  for (const int piece : {60, 60, 60, 1, 1, 60, 1, 7}) EXPECT_LT(layer.feed(piece), exact);
}

TEST_P(AttentionTest, a_limited_cache_keeps_its_first_tokens) {
  const Case c{.shape = {.kv_heads = 2, .key_dim = 16}, .cache = {.capacity = 1000, .piece = 60, .max_size = 10}};
  Layer layer(GetParam(), c);
  ASSERT_TRUE(layer.cache().key_layout.ring);
  ASSERT_EQ(layer.cache().key_layout.keep, 4);
  for (const int piece : {3, 60, 60, 60, 1, 1, 30}) EXPECT_LT(layer.feed(piece), exact);
}

TEST_P(AttentionTest, rows_of_a_batch_stand_at_different_places) {
  Case c{.shape = {.kv_heads = 2, .key_dim = 32, .window = 20}, .cache = {.batch = 3, .capacity = 300, .piece = 30}, .heads = 4};
  for (const int bits : {0, 8}) {
    c.cache.key_bits = c.cache.value_bits = bits;
    c.cache.group_size = 32;
    Layer layer(GetParam(), c);
    const double tolerance = bits == 0 ? exact : 0.06;
    for (const int piece : {30, 30, 30, 30}) EXPECT_LT(layer.feed_row(1, piece), tolerance);
    EXPECT_LT(layer.feed_row(2, 5), tolerance);
    for (const int piece : {9, 1, 1}) EXPECT_LT(layer.feed(piece), tolerance);
  }
}

TEST_P(AttentionTest, soft_caps_bend_scores) {
  const Case c{.shape = {.kv_heads = 1, .key_dim = 16}, .cache = {.capacity = 40}, .softcap = 0.7f};
  EXPECT_LT(worst_of(c, {10, 1}), exact);
}

TEST_P(AttentionTest, sinks_take_weight) {
  Case c{.shape = {.kv_heads = 2, .key_dim = 64}, .cache = {.capacity = 600}, .heads = 6, .sinks = true};
  EXPECT_LT(worst_of(c, {9, 1, 300, 1}), exact);  // the last one with shares of the keys
  c.shape.window = 3;
  c.cache.piece = 150;
  c.heads = 2;
  EXPECT_LT(worst_of(c, {9, 1, 150, 1}), exact);
}

TEST_P(AttentionTest, one_head_of_keys_is_shared_out_among_all) {
  const Case c{.shape = {.kv_heads = 1, .key_dim = 24}, .cache = {.capacity = 700}, .heads = 4};
  EXPECT_LT(worst_of(c, {600, 1}), exact);
}

TEST_P(AttentionTest, values_may_be_shorter_or_longer_than_keys) {
  EXPECT_LT(worst_of({.shape = {.kv_heads = 2, .key_dim = 24, .value_dim = 16}, .cache = {.capacity = 20}}, {7, 1}), exact);
  EXPECT_LT(worst_of({.shape = {.kv_heads = 1, .key_dim = 16, .value_dim = 160}, .cache = {.capacity = 20}}, {7}), exact);
}

TEST_P(AttentionTest, heads_of_every_usual_size) {
  for (const int size : {18, 72, 80, 112, 192, 256}) {
    EXPECT_LT(worst_of({.shape = {.kv_heads = 1, .key_dim = size}, .cache = {.capacity = 20}}, {5}), exact) << size;
  }
}

TEST_P(AttentionTest, half_precision_caches_in_a_ring) {
  const Case c{.shape = {.kv_heads = 1, .key_dim = 16, .window = 8}, .cache = {.capacity = 1000, .piece = 40, .dtype = DType::float16}};
  EXPECT_LT(worst_of(c, {40, 40, 40, 40, 1}), 2e-2);
}

/// Values of one key/value head as the cache holds them, by place.
std::vector<float> stored(const Array& rows, const CacheLayout& layout, Backend& backend) {
  const Array floats = unpack_cache(rows, layout);
  evaluate(floats, backend);
  return floats.to_floats();
}

TEST_P(AttentionTest, packed_rows_are_off_by_less_than_a_step) {
  Backend& backend = backend_at(GetParam());
  for (const int bits : {4, 8}) {
    for (const int group : {32, 64}) {
      const nn::KvCache cache = nn::KvCache::create(backend, 0, {.kv_heads = 1, .key_dim = 128}, {.capacity = 6, .key_bits = bits, .value_bits = bits, .group_size = group});
      const Array rows = test::random_array({1, 6, 1, 128}, DType::float32, 5, 3);
      const Array written = cache_update(cache.keys, rows, Array::from(std::vector<std::int32_t>{0}, {1}), cache.key_layout);
      evaluate(written, backend);
      const std::vector<float> before = rows.to_floats(), after = stored(written, cache.key_layout, backend);
      const double step = 6.0 / ((1 << bits) - 1);
      double worst = 0;
      for (std::size_t i = 0; i < before.size(); ++i) worst = std::max(worst, std::fabs(double{before[i]} - after[i]));
      EXPECT_LT(worst, step) << bits << " " << group;
      EXPECT_GT(worst, 0.2 * step);
    }
  }
}

TEST_P(AttentionTest, packed_caches_attend_to_what_they_hold) {
  for (const int bits : {4, 8}) {
    Case c{.shape = {.kv_heads = 2, .key_dim = 64}, .cache = {.capacity = 200, .key_bits = bits, .value_bits = bits}, .heads = 4};
    EXPECT_LT(worst_of(c, {20, 1, 1}), bits == 4 ? 0.6 : 0.05) << bits;
    c.cache.key_bits = 8;
    c.cache.value_bits = 0;
    EXPECT_LT(worst_of(c, {20, 1}), 0.05);
  }
}

TEST_P(AttentionTest, packed_words_do_not_depend_on_the_pieces) {
  const Case c{.shape = {.kv_heads = 2, .key_dim = 64, .window = 20}, .cache = {.capacity = 400, .piece = 40, .key_bits = 4, .value_bits = 8, .group_size = 32}};
  Layer one(GetParam(), c), other(GetParam(), c);
  for (const int piece : {40, 40, 40, 40, 40}) one.feed(piece);
  for (const int piece : {1, 39, 40, 20, 20, 7, 1, 1, 31, 40}) other.feed(piece);
  ASSERT_TRUE(one.cache().key_layout.ring);
  EXPECT_EQ(one.cache().keys.to_vector<std::uint32_t>(), other.cache().keys.to_vector<std::uint32_t>());
  EXPECT_EQ(one.cache().values.to_vector<std::uint32_t>(), other.cache().values.to_vector<std::uint32_t>());
}

TEST_P(AttentionTest, keys_turn_on_their_way_into_any_cache) {
  Backend& backend = backend_at(GetParam());
  const Array offsets = Array::from(std::vector<std::int32_t>{70, 3}, {2});
  const Array rows = test::random_array({2, 5, 2, 64}, DType::float32, 6), frequencies = test::random_array({16}, DType::float32, 7);
  Rope turn;
  turn.layout = RopeLayout::interleaved;
  turn.magnitude = 1.25f;
  for (const int bits : {0, 4}) {
    const CacheLayout layout{.ring = true, .keep = 2, .bits = bits, .group_size = 32};
    const auto empty = [&] {
      const Array cache = allocate_array(backend, {2, 2, 16, layout.width(64)}, bits == 0 ? DType::float32 : DType::uint32, MemoryTag::kv_cache, 0);
      cache.view().buffer->write(0, std::vector<std::byte>(cache.view().bytes()));
      return cache;
    };
    const Array fused = rope_cache_update(empty(), rows, offsets, frequencies, turn, layout);
    const Array apart = cache_update(empty(), rope(rows, offsets, frequencies, turn.layout, turn.magnitude), offsets, layout);
    const Array both[] = {fused, apart};
    evaluate(both, backend);
    if (bits == 0) {
      const std::vector<float> a = fused.to_floats(), b = apart.to_floats();
      for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-6);
    } else {
      const std::vector<float> a = stored(fused, layout, backend), b = stored(apart, layout, backend);
      for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 0.3);  // a code may fall either way
    }
  }
}

TEST_P(AttentionTest, interleaved_pairs_turn_and_grow) {
  const Array x = test::random_array({1, 2, 1, 10}, DType::float32, 8), frequencies = Array::from(std::vector<float>{1, 0.5f, 0.1f}, {3});
  const Array y = rope(x, Array::from(std::vector<std::int32_t>{4}, {1}), frequencies, RopeLayout::interleaved, 1.5f);
  evaluate(y, backend_at(GetParam()));
  const std::vector<float> before = x.to_floats(), after = y.to_floats();
  const double frequency[] = {1, 0.5, 0.1f};
  for (std::size_t l = 0; l < 2; ++l) {
    for (std::size_t i = 0; i < 3; ++i) {
      const double angle = static_cast<double>(4 + l) * frequency[i], a = before[l * 10 + 2 * i], b = before[l * 10 + 2 * i + 1];
      EXPECT_NEAR(after[l * 10 + 2 * i], 1.5 * (a * std::cos(angle) - b * std::sin(angle)), 1e-5);
      EXPECT_NEAR(after[l * 10 + 2 * i + 1], 1.5 * (b * std::cos(angle) + a * std::sin(angle)), 1e-5);
    }
    for (std::size_t d = 6; d < 10; ++d) EXPECT_EQ(after[l * 10 + d], before[l * 10 + d]);
  }
}

TEST_P(AttentionTest, a_ring_goes_back_as_far_as_nothing_was_overwritten) {
  const Case c{.shape = {.kv_heads = 1, .key_dim = 16, .window = 5}, .cache = {.capacity = 1000, .piece = 60}};
  Layer layer(GetParam(), c);
  for (const int piece : {60, 60, 30}) layer.feed(piece);  // 150 of 128 places
  EXPECT_TRUE(layer.cache().holds(26, 150));
  EXPECT_FALSE(layer.cache().holds(25, 150));
  EXPECT_TRUE(layer.cache().holds(0, 150));
  layer.truncate(26);
  for (const int piece : {1, 40}) EXPECT_LT(layer.feed(piece), exact);
}

INSTANTIATE_TEST_SUITE_P(Backends, AttentionTest, testing::Values(Place::processor, Place::graphics),
                         [](const auto& place) { return place.param == Place::processor ? "cpu" : "vulkan"; });

std::string failure(const nn::CacheShape& shape, const nn::KvCacheOptions& options) {
  try {
    nn::KvCache::bytes(shape, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(KvCache, says_what_does_not_fit) {
  EXPECT_THAT(failure({.kv_heads = 1, .key_dim = 80}, {.capacity = 10, .key_bits = 4}), testing::HasSubstr("80 elements is no multiple"));
  EXPECT_THAT(failure({.kv_heads = 1, .key_dim = 64, .value_dim = 48}, {.capacity = 10, .value_bits = 8, .group_size = 32}), testing::HasSubstr("48 elements"));
  EXPECT_THAT(failure({.kv_heads = 1, .key_dim = 64}, {.capacity = 10, .key_bits = 3}), testing::HasSubstr("3 bits"));
  EXPECT_THAT(failure({.kv_heads = 1, .key_dim = 64}, {.capacity = 10, .key_bits = 4, .group_size = 48}), testing::HasSubstr("groups of 48"));
  EXPECT_THAT(failure({.kv_heads = 1, .key_dim = 64}, {.capacity = 10, .max_size = 4}), testing::HasSubstr("4 tokens"));
  EXPECT_EQ(failure({.kv_heads = 1, .key_dim = 80}, {.capacity = 10}), "");
}

TEST(KvCache, counts_what_it_allocates) {
  Backend& backend = backend_at(Place::processor);
  for (const std::int64_t window : {0, 30}) {
    for (const std::int64_t max_size : {0, 100}) {
      for (const int bits : {0, 4, 8}) {
        const nn::CacheShape shape{.kv_heads = 3, .key_dim = 128, .value_dim = 64, .window = window};
        const nn::KvCacheOptions options{.batch = 2, .capacity = 1000, .piece = 50, .max_size = max_size, .key_bits = bits, .dtype = DType::float16};
        const nn::KvCache cache = nn::KvCache::create(backend, 0, shape, options);
        EXPECT_EQ(nn::KvCache::bytes(shape, options), allocated_bytes(cache.keys.view().bytes()) + allocated_bytes(cache.values.view().bytes()));
      }
    }
  }
}

}  // namespace
}  // namespace etna
