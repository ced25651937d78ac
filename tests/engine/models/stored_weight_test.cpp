#include "engine/models/stored_weight.h"

#include <numeric>
#include <random>

#include "tests/engine/models/memory_source.h"
#include "tests/support/packed_values.h"

namespace etna::test {
namespace {

constexpr std::int64_t rows = 16, k = 256;

class StoredWeightTest : public StoredTest {
protected:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_()) % limit; }

  std::vector<int> codes(std::int64_t count, std::uint32_t limit) {
    std::vector<int> result;
    for (std::int64_t i = 0; i < count; ++i) result.push_back(static_cast<int>(below(limit)));
    return result;
  }

  std::vector<Float16> halves(std::int64_t count) {
    std::vector<Float16> result;
    for (std::int64_t i = 0; i < count; ++i)
      result.push_back(to_float16(0.01f + 0.001f * static_cast<float>(below(100))));
    return result;
  }

  static double number(Float16 half) { return static_cast<double>(to_float(half)); }

  /// Arrays as they are and as a module has them: the same product.
  void expect_in_place(const PackedArrays& w, const PackedFormat& format) {
    const Array plain = dequantize(w, format, DType::float32);
    evaluate(plain, *backend_);
    const std::vector<float> values = plain.to_floats();
    expect_near(weights(rows, k), std::vector<double>(values.begin(), values.end()), 1e-6);
  }

  std::mt19937 random_{1};
};

TEST_F(StoredWeightTest, BlocksOfGgmlAreUsedAsTheyAre) {
  for (const char* type :
       {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "MXFP4"}) {
    SCOPED_TRACE(type);
    const auto format = block_format(type);
    ASSERT_TRUE(format);
    const PackedArrays w = random_packed(rows, k, *format, DType::float32, 2);
    const auto bytes = w.weight.to_bytes();
    source_.add("m.weight", type, std::nullopt, {rows, k}, std::as_bytes(std::span(bytes)));
    expect_in_place(w, *format);
  }
  EXPECT_FALSE(block_format("IQ2_XXS"));
  EXPECT_FALSE(block_format("F16"));
  EXPECT_FALSE(block_format("affine"));
}

TEST_F(StoredWeightTest, MatricesOfGpt2LieWithInputsFirst) {
  config_.hidden_size = 2;
  const auto add = [&](const char* name, Shape shape) {
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
    std::iota(values.begin(), values.end(), 0.0f);
    source_.add(name, "F32", DType::float32, std::move(shape), values);
  };
  add("h.0.attn.c_attn.weight", {2, 6});
  add("h.0.attn.c_proj.weight", {2, 2});
  add("h.0.mlp.c_fc.weight", {2, 3});
  const WeightFinder finder(config_, source_);
  const auto floats = [&](const char* path, Shape shape) {
    const StoredTensor part = finder.find(path, shape).parts.at(0);
    return Array::from_bytes(part.bytes, part.shape, *part.dtype).to_floats();
  };
  EXPECT_EQ(floats("h.0.attn.c_proj", {2, 2}), (std::vector<float>{0, 2, 1, 3}));
  EXPECT_EQ(floats("h.0.mlp.c_fc", {3, 2}), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_THROW(floats("h.0.mlp.c_fc", {2, 3}), Error);
  add("h.0.attn.c_attn.weight", {6, 2});  // MLX's conversions turn them
  EXPECT_EQ(floats("h.0.attn.c_proj", {2, 2}), (std::vector<float>{0, 1, 2, 3}));
}

TEST_F(StoredWeightTest, EveryModeOfMlxIsLoaded) {
  for (const PackedFormat& format : packed_formats()) {
    const bool affine = format.kind == PackedKind::affine;
    if (!affine && traits(format.kind).weight != DType::uint32) continue;
    SCOPED_TRACE(name(format));
    config_.quantization = {affine ? "affine" : std::string(traits(format.kind).name), format.bits, format.group_size};
    const PackedArrays w = random_packed(rows, k, format, DType::bfloat16, 3);
    source_ = {};
    source_.add("m.weight", "U32", w.weight);
    source_.add("m.scales", "", *w.scales);
    if (w.biases) source_.add("m.biases", "", *w.biases);
    expect_in_place(w, format);
  }
}

TEST_F(StoredWeightTest, ScalesWithoutAQuantizationAreRefused) {
  const PackedArrays w = random_packed(rows, k, {}, DType::float16, 3);
  source_.add("m.weight", "U32", w.weight);
  source_.add("m.scales", "F16", *w.scales);
  EXPECT_NE(failure([&] { weights(rows, k); }).find("does not cover m"), std::string::npos);
  config_.quantization = {"affine", 8, 64};
  EXPECT_NE(failure([&] { weights(rows, k); }).find("m.weight has shape (16, 32), but mode affine with bits 8"),
            std::string::npos);
}

TEST_F(StoredWeightTest, Float8ScalesAreOfBlocksRowsOrTheWhole) {
  std::vector<std::uint8_t> bytes;
  for (const int code : codes(rows * k, 0x70)) bytes.push_back(static_cast<std::uint8_t>(code | (below(2) ? 0x80 : 0)));
  source_.add("m.weight", "F8_E4M3", DType::uint8, {rows, k}, bytes);
  const auto expect_scaled = [&](const std::string& name, const Shape& shape, auto scale_index) {
    SCOPED_TRACE(name + to_string(shape));
    std::vector<float> scales;
    for (std::int64_t i = 0; i < element_count(shape); ++i) scales.push_back(0.5f + static_cast<float>(i));
    MemorySource without;
    without.add("m.weight", "F8_E4M3", DType::uint8, {rows, k}, bytes);
    source_ = without;
    source_.add(name, "F32", DType::float32, shape, scales);
    std::vector<double> wanted;
    for (std::int64_t i = 0; i < rows * k; ++i) {
      wanted.push_back(e4m3_value(bytes[static_cast<std::size_t>(i)]) *
                       static_cast<double>(scales[static_cast<std::size_t>(scale_index(i / k, i % k))]));
    }
    expect_near(weights(rows, k), wanted, 1e-6);
  };
  config_.foreign_quantization = {{.method = "fp8", .format = {}, .block_rows = 6, .block_columns = 100}};
  expect_scaled("m.weight_scale_inv", {3, 3}, [](auto row, auto column) { return row / 6 * 3 + column / 100; });
  expect_scaled("m.weight_scale", {rows, 1}, [](auto row, auto) { return row; });
  expect_scaled("m.weight_scale", {rows}, [](auto row, auto) { return row; });
  expect_scaled("m.weight_scale", {1}, [](auto, auto) { return 0; });
  expect_scaled("m.weight_scale", {}, [](auto, auto) { return 0; });
  source_.add("m.weight_scale", "F32", DType::float32, {2, 3}, std::vector<float>(6));
  EXPECT_NE(failure([&] { weights(rows, k); }).find("m.weight_scale has shape (2, 3)"), std::string::npos);
}

/// 4-bit numbers of a matrix, eight in a word along the last axis; the j-th of eight in nibble order[j].
std::vector<std::int32_t> words_of(const std::vector<int>& numbers, const int (&order)[8]) {
  std::vector<std::int32_t> words(numbers.size() / 8);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    words[i / 8] = static_cast<std::int32_t>(static_cast<std::uint32_t>(words[i / 8]) |
                                             static_cast<std::uint32_t>(numbers[i]) << 4 * order[i % 8]);
  }
  return words;
}

constexpr int awq_order[8] = {0, 4, 1, 5, 2, 6, 3, 7}, plain_order[8] = {0, 1, 2, 3, 4, 5, 6, 7};

TEST_F(StoredWeightTest, AwqWeightsAreRepackedExactly) {
  for (const std::int64_t group : {32, 128, 256}) {
    SCOPED_TRACE(group);
    const std::int64_t groups = k / group;
    const std::vector<int> q = codes(k * rows, 16), z = codes(groups * rows, 16);
    const std::vector<Float16> s = halves(groups * rows);
    config_.foreign_quantization = {{.method = "awq", .format = "gemm"}};
    source_.add("m.qweight", "I32", DType::int32, {k, rows / 8}, words_of(q, awq_order));
    source_.add("m.qzeros", "I32", DType::int32, {groups, rows / 8}, words_of(z, awq_order));
    source_.add("m.scales", "F16", DType::float16, {groups, rows}, s);
    std::vector<double> wanted;
    for (std::int64_t o = 0; o < rows; ++o) {
      for (std::int64_t i = 0; i < k; ++i) {
        const auto at = static_cast<std::size_t>(i / group * rows + o);
        wanted.push_back((q[static_cast<std::size_t>(i * rows + o)] - z[at]) * number(s[at]));
      }
    }
    expect_near(weights(rows, k), wanted, 2e-3);  // biases are of the scales' type
  }
}

TEST_F(StoredWeightTest, GptqWeightsAreReadInTheirOwnOrder) {
  for (const bool second : {false, true}) {
    const std::int64_t group = 64, groups = k / group;
    const std::vector<int> q = codes(rows * k, 16), z = codes(groups * rows, 16);  // q by output, then input
    std::vector<int> stored;
    for (const int zero : z) stored.push_back(second ? zero : (zero + 15) % 16);
    const std::vector<Float16> s = halves(groups * rows);
    const std::vector<std::int32_t> words = words_of(q, plain_order);
    std::vector<std::int32_t> turned, index;
    for (std::int64_t word = 0; word < k / 8; ++word) {
      for (std::int64_t o = 0; o < rows; ++o) turned.push_back(words[static_cast<std::size_t>(o * (k / 8) + word)]);
    }
    for (std::int64_t i = 0; i < k; ++i) index.push_back(static_cast<std::int32_t>(i / group));
    config_.foreign_quantization = {{.method = "gptq", .format = second ? "gptq_v2" : "gptq"}};
    source_.add("m.qweight", "I32", DType::int32, {k / 8, rows}, turned);
    source_.add("m.qzeros", "I32", DType::int32, {groups, rows / 8}, words_of(stored, plain_order));
    source_.add("m.scales", "F16", DType::float16, {groups, rows}, s);
    source_.add("m.g_idx", "I32", DType::int32, {k}, index);
    std::vector<double> wanted;
    for (std::int64_t i = 0; i < rows * k; ++i) {
      const auto at = static_cast<std::size_t>(i % k / group * rows + i / k);
      wanted.push_back((q[static_cast<std::size_t>(i)] - z[at]) * number(s[at]));
    }
    expect_near(weights(rows, k), wanted, 2e-3);
    std::swap(index[3], index[100]);
    source_.add("m.g_idx", "I32", DType::int32, {k}, index);
    const std::string refusal = failure([&] { weights(rows, k); });
    EXPECT_NE(refusal.find("m.g_idx"), std::string::npos) << refusal;
  }
}

TEST_F(StoredWeightTest, CompressedTensorsCountFromTheMiddle) {
  for (const int bits : {4, 8}) {
    const std::vector<int> q = codes(rows * k, 1u << bits);
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < q.size(); ++i) {
      if (bits == 8)
        bytes.push_back(static_cast<std::uint8_t>(q[i]));
      else if (i % 2 == 1)
        bytes.push_back(static_cast<std::uint8_t>(q[i - 1] | q[i] << 4));
    }
    const std::vector<Float16> s = halves(rows);
    source_.add("m.weight_packed", "I32", DType::int32, {rows, k * bits / 32}, bytes);
    source_.add("m.weight_scale", "F16", DType::float16, {rows, 1}, s);
    std::vector<double> wanted;
    for (std::int64_t i = 0; i < rows * k; ++i) {
      wanted.push_back((q[static_cast<std::size_t>(i)] - (1 << (bits - 1))) *
                       number(s[static_cast<std::size_t>(i / k)]));
    }
    expect_near(weights(rows, k), wanted, 1e-5);
  }
  source_.add("m.weight_zero_point", "I32", DType::int32, {2, 1}, std::vector<std::int32_t>(2));
  EXPECT_NE(failure([&] { weights(rows, k); }).find("m.weight_zero_point"), std::string::npos);
}

}  // namespace
}  // namespace etna::test
