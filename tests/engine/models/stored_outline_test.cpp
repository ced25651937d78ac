#include "tests/engine/models/memory_source.h"

namespace etna {
namespace {

using test::MemorySource;

/// The tensors of a source as outlines whose bytes must not be read: they lead nowhere.
class Outlined final : public TensorSource {
public:
  explicit Outlined(const TensorSource& source) : source_(source) {
    for (const std::string& name : source.names()) {
      StoredTensor tensor = *source.find(name);
      tensor.outline = true;
      tensor.bytes = {reinterpret_cast<const std::byte*>(16), tensor.bytes.size()};
      tensors_.emplace(name, std::move(tensor));
    }
  }

  const StoredTensor* find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  std::vector<std::string> names() const override { return source_.names(); }
  std::string description() const override { return source_.description(); }

private:
  const TensorSource& source_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

class StoredOutline : public testing::Test {
protected:
  void words(const std::string& name, Shape shape) {
    source_.add(name, "I32", DType::int32, shape, std::vector<std::int32_t>(static_cast<std::size_t>(element_count(shape)), 0));
  }

  void halves(const std::string& name, Shape shape) {
    source_.add(name, "F16", DType::float16, shape, std::vector<Float16>(static_cast<std::size_t>(element_count(shape))));
  }

  void bytes(const std::string& name, const char* dtype, Shape shape) {
    source_.add(name, dtype, DType::uint8, shape, std::vector<std::uint8_t>(static_cast<std::size_t>(element_count(shape)), 0));
  }

  /// A rehearsal must allocate what the load allocates: same types, shapes and bytes.
  void expect_same(std::int64_t rows, std::int64_t k) {
    const Outlined outlined(source_);
    const StoredWeight real = WeightFinder(config_, source_).find("m", {rows, k}), outline = WeightFinder(config_, outlined).find("m", {rows, k});
    EXPECT_EQ(real.format, outline.format);
    ASSERT_EQ(real.parts.size(), outline.parts.size());
    for (std::size_t i = 0; i < real.parts.size(); ++i) {
      EXPECT_EQ(real.parts[i].dtype, outline.parts[i].dtype);
      EXPECT_EQ(real.parts[i].shape, outline.parts[i].shape);
      EXPECT_EQ(real.parts[i].bytes.size(), outline.parts[i].bytes.size()) << "part " << i;
    }
  }

  MemorySource source_;
  ModelConfig config_;
};

TEST_F(StoredOutline, awq_and_gptq_have_the_sizes_of_the_repacked_weight) {
  config_.foreign_quantization = {{.method = "awq", .format = "gemm"}};
  words("m.qweight", {128, 2});
  words("m.qzeros", {2, 2});
  halves("m.scales", {2, 16});
  expect_same(16, 128);
  source_ = {};
  config_.foreign_quantization = {{.method = "gptq", .format = "gptq"}};
  words("m.qweight", {16, 16});
  words("m.qzeros", {1, 2});
  halves("m.scales", {1, 16});
  expect_same(16, 128);
}

TEST_F(StoredOutline, the_order_of_activations_is_not_looked_at) {
  config_.foreign_quantization = {{.method = "gptq", .format = "gptq"}};
  words("m.qweight", {16, 16});
  words("m.qzeros", {1, 2});
  halves("m.scales", {1, 16});
  words("m.g_idx", {128});
  expect_same(16, 128);
}

TEST_F(StoredOutline, float8_scales_are_spread_over_rows) {
  bytes("m.weight", "F8_E4M3", {256, 128});
  halves("m.weight_scale_inv", {2, 1});
  expect_same(256, 128);
  halves("m.weight_scale_inv", {1});
  expect_same(256, 128);
}

TEST_F(StoredOutline, compressed_tensors_get_biases) {
  words("m.weight_packed", {16, 16});
  halves("m.weight_scale", {16, 1});
  expect_same(16, 128);
  source_ = {};
  words("m.weight_packed", {16, 64});
  halves("m.weight_scale", {16, 1});
  expect_same(16, 256);
}

TEST_F(StoredOutline, experts_are_cut_out_of_fused_tensors) {
  halves("l.mlp.experts.gate_up_proj", {4, 32, 16});
  const Outlined outlined(source_);
  const WeightFinder finder(config_, source_), rehearsed(config_, outlined);
  const StoredExperts real = find_experts(finder, "l.mlp.experts.up_proj", 4, 16, 16, false);
  const StoredExperts outline = find_experts(rehearsed, "l.mlp.experts.up_proj", 4, 16, 16, false);
  EXPECT_EQ(real.parts[0][0].shape, outline.parts[0][0].shape);
  EXPECT_EQ(real.parts[0][0].bytes.size(), outline.parts[0][0].bytes.size());
}

}  // namespace
}  // namespace etna
