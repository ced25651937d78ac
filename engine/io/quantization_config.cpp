#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/error.h"
#include "engine/io/model_config.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

struct Mode {
  std::string_view name;
  int bits;
  int group_size;
};

constexpr std::array modes = {Mode{"affine", 4, 64}, Mode{"mxfp4", 4, 32}, Mode{"mxfp8", 8, 32}, Mode{"nvfp4", 4, 16}};
constexpr std::array affine_bits = {2, 3, 4, 5, 6, 8};
constexpr std::array affine_groups = {32, 64, 128};

const Mode* find_mode(std::string_view name) {
  const auto found = std::ranges::find(modes, name, &Mode::name);
  return found == modes.end() ? nullptr : &*found;
}

std::string unknown_mode(std::string_view mode) {
  return fmt::format("mode {} is not one of affine, mxfp4, mxfp8, nvfp4", quote(mode));
}

}  // namespace

QuantizationConfig QuantizationConfig::of_mode(std::string_view mode) {
  const Mode* known = find_mode(mode);
  if (!known) fail(Errc::unsupported, "quantization: {}", unknown_mode(mode));
  return {.mode = std::string(mode), .bits = known->bits, .group_size = known->group_size};
}

std::string QuantizationConfig::problem() const {
  const Mode* known = find_mode(mode);
  if (!known) return unknown_mode(mode);
  if (mode == "affine") {
    if (std::ranges::find(affine_bits, bits) == affine_bits.end()) {
      return fmt::format("bits {} is not one of {}", bits, fmt::join(affine_bits, ", "));
    }
    if (std::ranges::find(affine_groups, group_size) == affine_groups.end()) {
      return fmt::format("group_size {} is not one of {}", group_size, fmt::join(affine_groups, ", "));
    }
    return {};
  }
  if (bits != known->bits) return fmt::format("bits {} is not {}, the only one of mode {}", bits, known->bits, mode);
  if (group_size != known->group_size) {
    return fmt::format("group_size {} is not {}, the only one of mode {}", group_size, known->group_size, mode);
  }
  return {};
}

}  // namespace etna
