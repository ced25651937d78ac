#include "engine/backend/vulkan/kernel_name.h"

#include <gtest/gtest.h>

namespace etna::vulkan {
namespace {

TEST(KernelName, NamesFamilyActivationAndWeight) {
  EXPECT_EQ(kernel_name("rms_norm", DType::bfloat16), "rms_norm_bf16");
  EXPECT_EQ(kernel_name("matvec", DType::float16, weight_format(PackedKind::affine), 4, 64), "matvec_f16_q4g64");
  EXPECT_EQ(kernel_name("matvec", DType::float32, weight_format(PackedKind::affine), 8, 32), "matvec_f32_q8g32");
  EXPECT_EQ(kernel_name("matvec", DType::float16, weight_format(PackedKind::q4_k), 4, 256), "matvec_f16_q4_k");
  EXPECT_EQ(kernel_name("matmul_tile", DType::float32, weight_format(DType::bfloat16)), "matmul_tile_f32_bf16");
}

TEST(KernelName, FormatsThatLieAlikeShareModules) {
  EXPECT_EQ(weight_family(weight_format(DType::bfloat16)), WeightFamily::plain);
  EXPECT_EQ(weight_family(weight_format(PackedKind::affine)), WeightFamily::affine);
  EXPECT_EQ(weight_family(weight_format(PackedKind::fp8_e4m3)), WeightFamily::floats);
  EXPECT_EQ(weight_family(weight_format(PackedKind::ggml_mxfp4)), WeightFamily::blocks);
  EXPECT_EQ(weight_family(weight_format(PackedKind::q6_k)), WeightFamily::k_blocks);
}

}  // namespace
}  // namespace etna::vulkan
