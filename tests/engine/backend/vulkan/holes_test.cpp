#include <gmock/gmock.h>

#include <set>
#include <unordered_set>

#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/ops/quantized.h"
#include "tests/support/op_cases.h"

namespace etna::test {
namespace {

/// Operations that run by their definition on Vulkan for want of a kernel. None may be one that a model's step uses.
const std::set<std::string> known_holes{};

/// Names of operations in graphs for which the backend has no kernel.
class Holes {
public:
  explicit Holes(Backend& backend) : backend_(backend) {}

  void look_at(const Array& array) {
    if (!array.op() || !seen_.insert(array.id()).second) return;
    kept_.push_back(array);      // an id is an address
    const Op& op = *array.op();  // views are computed by nobody
    if (!op.is_view() && !backend_.supports(op, array.inputs(), array.shape(), array.dtype())) found_.insert(op.name());
    for (const Array& input : array.inputs()) look_at(input);
  }

  const std::set<std::string>& found() const { return found_; }

private:
  Backend& backend_;
  std::unordered_set<const void*> seen_;
  std::vector<Array> kept_;
  std::set<std::string> found_;
};

Array zeros(const Shape& shape, DType dtype) {
  if (dtype == DType::uint8) return Array::from(std::vector<std::uint8_t>(element_count(shape)), shape);
  if (dtype == DType::uint32) return Array::from(std::vector<std::uint32_t>(element_count(shape)), shape);
  return Array::from(std::vector<float>(element_count(shape)), shape);
}

PackedArrays empty_weight(const PackedFormat& format, std::int64_t n, std::int64_t k) {
  const FormatTraits& kind = traits(format.kind);
  PackedArrays w{zeros({n, format.row_elements(k)}, kind.weight)};
  const DType scale = kind.scales == ScaleType::floating ? DType::float32 : DType::uint8;
  if (kind.arrays > 1) w.scales = zeros({n, format.row_groups(k)}, scale);
  if (kind.arrays > 2) w.biases = zeros({n, format.row_groups(k)}, scale);
  return w;
}

std::vector<PackedFormat> every_format() {
  std::vector<PackedFormat> formats;
  for (const int bits : {2, 3, 4, 5, 6, 8}) {
    for (const int group : {32, 64, 128}) formats.push_back(PackedFormat::affine(bits, group));
  }
  for (const int group : {96, 128, 256}) formats.push_back(PackedFormat::fp8(group));
  for (const FormatTraits& kind : format_table) {
    if (kind.group_size > 0) formats.push_back(PackedFormat::of(kind.kind));
  }
  return formats;
}

class VulkanHoles : public testing::Test {
protected:
  void SetUp() override {
    if (vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
  }
};

TEST_F(VulkanHoles, EveryOperationWithCasesHasAKernel) {
  const auto backend = vulkan::create_backend(0);
  Holes holes(*backend);
  for (const OpCase& op_case : op_cases()) holes.look_at(op_case.build(*backend));
  EXPECT_THAT(holes.found(), testing::ContainerEq(known_holes));
}

TEST_F(VulkanHoles, EveryPackedFormatHasAllKernels) {
  const auto backend = vulkan::create_backend(0);
  Holes holes(*backend);
  const std::int64_t n = 8, k = 256;
  for (const PackedFormat& format : every_format()) {
    const PackedArrays w = empty_weight(format, n, k);
    for (const std::int64_t m : {1, 20}) {
      const Array x = zeros({m, k}, DType::float32);
      holes.look_at(quantized_matmul(x, w, format));
      holes.look_at(quantized_matmul_residual(x, w, format, zeros({m, n}, DType::float32)));
      holes.look_at(quantized_swiglu(x, w, w, format));
      holes.look_at(quantized_matmul(zeros({m, n}, DType::float32), w, format, Transpose::no));
    }
    holes.look_at(dequantize(w, format, DType::float16));
    holes.look_at(dequantize_rows(w, format, Array::from(std::vector<std::int32_t>{3}, {1}), DType::float16));
  }
  EXPECT_THAT(holes.found(), testing::IsEmpty());
}

}  // namespace
}  // namespace etna::test
