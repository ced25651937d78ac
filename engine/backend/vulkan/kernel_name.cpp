#include "engine/backend/vulkan/kernel_name.h"

#include <fmt/format.h>

namespace etna::vulkan {

namespace {

const char* short_name(DType dtype) {
  constexpr const char* names[] = {"f32", "f16", "bf16", "i32", "u32", "u8", "bool"};
  return names[static_cast<int>(dtype)];
}

}  // namespace

WeightFormat weight_format(DType dtype) {
  return static_cast<WeightFormat>(dtype);
}

std::string kernel_name(std::string_view family, DType activation) {
  return fmt::format("{}_{}", family, short_name(activation));
}

std::string kernel_name(std::string_view family, DType activation, WeightFormat weight, int bits, int group_size) {
  const std::string base = kernel_name(family, activation);
  if (weight == WeightFormat::affine) return fmt::format("{}_q{}g{}", base, bits, group_size);
  return fmt::format("{}_{}", base, short_name(static_cast<DType>(weight)));
}

}  // namespace etna::vulkan
