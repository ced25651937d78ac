#include "engine/ops/attention.h"

#include "engine/ops/rope.h"
#include "tests/engine/backend/vulkan/gpu.h"

namespace etna::test {
namespace {

class VulkanAttention : public GpuTest {};

struct Case {
  int batch, tokens, heads, key_heads, places, dimensions;
  std::vector<std::int32_t> offsets;
};

std::vector<double> reference(const std::vector<double>& q, const std::vector<double>& keys,
                              const std::vector<double>& values, const Case& c, double scale) {
  std::vector<double> y;
  const int d = c.dimensions;
  for (int b = 0; b < c.batch; ++b) {
    for (int l = 0; l < c.tokens; ++l) {
      for (int h = 0; h < c.heads; ++h) {
        const int visible = c.offsets[static_cast<std::size_t>(b)] + l + 1;
        const int head = b * c.key_heads + h / (c.heads / c.key_heads);
        std::vector<double> weights;
        double largest = -INFINITY, total = 0;
        for (int t = 0; t < visible; ++t) {
          double score = 0;
          for (int i = 0; i < d; ++i) {
            score += q[((b * c.tokens + l) * c.heads + h) * d + i] * keys[(head * c.places + t) * d + i];
          }
          weights.push_back(score * scale);
          largest = std::max(largest, weights.back());
        }
        for (double& weight : weights) total += weight = std::exp(weight - largest);
        for (int i = 0; i < d; ++i) {
          double sum = 0;
          for (int t = 0; t < visible; ++t)
            sum += weights[static_cast<std::size_t>(t)] * values[(head * c.places + t) * d + i];
          y.push_back(sum / total);
        }
      }
    }
  }
  return y;
}

void check(const Case& c, DType dtype) {
  SCOPED_TRACE(testing::Message() << name(dtype) << " tokens " << c.tokens << " heads " << c.heads << " of "
                                  << c.key_heads << " dimensions " << c.dimensions << " places " << c.places);
  const Array q = random_array({c.batch, c.tokens, c.heads, c.dimensions}, dtype, 1, -2, 2);
  const Array keys = random_array({c.batch, c.key_heads, c.places, c.dimensions}, dtype, 2, -2, 2);
  const Array values = random_array({c.batch, c.key_heads, c.places, c.dimensions}, dtype, 3, -2, 2);
  const float scale = 1 / std::sqrt(static_cast<float>(c.dimensions));
  const Array y = attention(q, keys, values, ints(c.offsets, {c.batch}), {.scale = scale});
  expect_close(run(y), reference(doubles(q), doubles(keys), doubles(values), c, scale), 2 * tolerance(dtype));
}

TEST_F(VulkanAttention, OneTokenAgainstSharedKeyHeads) {
  for (const DType dtype : floating_types) {
    check({1, 1, 8, 2, 300, 64, {250}}, dtype);
    check({2, 1, 4, 4, 70, 32, {0, 69}}, dtype);
  }
}

TEST_F(VulkanAttention, ShortContextsInLargeCachesLeaveSharesEmpty) {
  check({1, 1, 8, 2, 1000, 64, {3}}, DType::float16);
}

TEST_F(VulkanAttention, ManyTokensSeeOnlyWhatCameBefore) {
  for (const DType dtype : floating_types) {
    check({1, 37, 6, 3, 60, 40, {0}}, dtype);
    check({2, 9, 4, 1, 50, 64, {11, 40}}, dtype);
  }
}

TEST_F(VulkanAttention, HeadsOfOddAndLargeSizes) {
  check({1, 3, 2, 1, 40, 17, {20}}, DType::float32);
  check({1, 5, 2, 2, 40, 128, {20}}, DType::float16);
  check({1, 20, 2, 1, 40, 256, {10}}, DType::float32);
  check({1, 1, 3, 1, 90, 96, {80}}, DType::bfloat16);
}

TEST_F(VulkanAttention, CacheUpdatesWriteRowsInPlaceAndDropThoseOutside) {
  const Array cache = allocate_array(gpu(), {2, 2, 4, 3}, DType::float16, MemoryTag::kv_cache, 0);
  evaluate(cache_update(cache, array_of(std::vector<float>(48, 0), {2, 4, 2, 3}, DType::float16), ints({0, 0}, {2})),
           gpu());
  const Array rows = random_array({2, 2, 2, 3}, DType::float16, 4);
  evaluate(cache_update(cache, rows, ints({1, 3}, {2})), gpu());
  const std::vector<float> in = rows.to_floats();
  std::vector<double> expected(48, 0);
  const int offsets[] = {1, 3};
  for (int b = 0; b < 2; ++b)
    for (int l = 0; l < 2; ++l)
      for (int h = 0; h < 2; ++h)
        for (int d = 0; d < 3; ++d) {
          if (offsets[b] + l < 4)
            expected[((b * 2 + h) * 4 + offsets[b] + l) * 3 + d] = in[((b * 2 + l) * 2 + h) * 3 + d];
        }
  expect_close(cache.to_floats(), expected, 0);
}

TEST_F(VulkanAttention, RopeCacheUpdateIsRopeThenUpdate) {
  const Array one = allocate_array(gpu(), {1, 2, 8, 16}, DType::float32, MemoryTag::kv_cache, 0);
  const Array two = allocate_array(gpu(), {1, 2, 8, 16}, DType::float32, MemoryTag::kv_cache, 0);
  const Array zeros = array_of(std::vector<float>(256, 0), {1, 8, 2, 16}, DType::float32);
  const Array rows = random_array({1, 3, 2, 16}, DType::float32, 6);
  const Array frequencies = random_array({8}, DType::float32, 7, 0, 1);
  for (const Array& cache : {one, two}) evaluate(cache_update(cache, zeros, ints({0}, {1})), gpu());
  evaluate(rope_cache_update(one, rows, ints({4}, {1}), frequencies), gpu());
  evaluate(cache_update(two, rope(rows, ints({4}, {1}), frequencies), ints({4}, {1})), gpu());
  EXPECT_EQ(one.to_floats(), two.to_floats());
}

TEST_F(VulkanAttention, AttentionReadsWhatTheUpdateBeforeItWrote) {
  const Array keys = allocate_array(gpu(), {1, 1, 8, 16}, DType::float32, MemoryTag::kv_cache, 0);
  const Array values = allocate_array(gpu(), {1, 1, 8, 16}, DType::float32, MemoryTag::kv_cache, 0);
  const Array row = random_array({1, 1, 1, 16}, DType::float32, 8);
  const Array offsets = ints({0}, {1});
  const Array y = attention(row, cache_update(keys, row, offsets), cache_update(values, row, offsets), offsets, {});
  EXPECT_EQ(run(y), row.to_floats());
}

}  // namespace
}  // namespace etna::test
