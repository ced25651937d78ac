#include "engine/backend/vulkan/kernel_name.h"

#include <gtest/gtest.h>

namespace etna::vulkan {
namespace {

TEST(KernelName, NamesFamilyActivationAndWeight) {
  EXPECT_EQ(kernel_name("rms_norm", DType::bfloat16), "rms_norm_bf16");
  EXPECT_EQ(kernel_name("matvec", DType::float16, weight_format(PackedKind::affine), 4, 64), "matvec_f16_q4g64");
  EXPECT_EQ(kernel_name("matvec", DType::float32, weight_format(PackedKind::affine), 8, 32), "matvec_f32_q8g32");
  EXPECT_EQ(kernel_name("matmul_tile", DType::float32, weight_format(DType::bfloat16)), "matmul_tile_f32_bf16");
}

}  // namespace
}  // namespace etna::vulkan
