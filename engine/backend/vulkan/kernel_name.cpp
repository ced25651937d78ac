#include "engine/backend/vulkan/kernel_name.h"

#include <fmt/format.h>

namespace etna::vulkan {

namespace {

const char* short_name(DType dtype) {
  constexpr const char* names[] = {"f32", "f16", "bf16", "i32", "u32", "u8", "bool"};
  return names[static_cast<int>(dtype)];
}

constexpr auto first_packed = static_cast<std::uint32_t>(WeightFormat::first_packed);

static_assert(static_cast<int>(PackedKind::affine) == 0 && static_cast<int>(PackedKind::ggml_mxfp4) == 16,
              "the numbers in shaders/include/weights.glsl follow PackedKind");

PackedKind kind_of(WeightFormat format) {
  return static_cast<PackedKind>(static_cast<std::uint32_t>(format) - first_packed);
}

}  // namespace

WeightFormat weight_format(DType dtype) {
  return static_cast<WeightFormat>(dtype);
}

WeightFormat weight_format(PackedKind kind) {
  return static_cast<WeightFormat>(first_packed + static_cast<std::uint32_t>(kind));
}

WeightFamily weight_family(WeightFormat format) {
  if (format < WeightFormat::first_packed) return WeightFamily::plain;
  const FormatTraits& kind = traits(kind_of(format));
  if (kind.kind == PackedKind::affine) return WeightFamily::affine;
  if (kind.block_bytes == 0) return WeightFamily::floats;
  return kind.group_size == 32 ? WeightFamily::blocks : WeightFamily::k_blocks;
}

std::string kernel_name(std::string_view family, DType activation) {
  return fmt::format("{}_{}", family, short_name(activation));
}

std::string kernel_name(std::string_view family, DType activation, WeightFormat weight, int bits, int group_size) {
  const bool plain = weight < WeightFormat::first_packed;
  return fmt::format(
      "{}_{}", kernel_name(family, activation),
      plain ? short_name(static_cast<DType>(weight)) : name(PackedFormat{kind_of(weight), bits, group_size}));
}

}  // namespace etna::vulkan
