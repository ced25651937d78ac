#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/array/dtype.h"

namespace etna {

/// Element types of GGUF tensors, with the numbers that files carry (ggml.h, enum ggml_type). Numbers that are missing
/// belonged to types that were given up.
enum class GgmlType : std::uint32_t {
  f32 = 0,
  f16 = 1,
  q4_0 = 2,
  q4_1 = 3,
  q5_0 = 6,
  q5_1 = 7,
  q8_0 = 8,
  q8_1 = 9,
  q2_k = 10,
  q3_k = 11,
  q4_k = 12,
  q5_k = 13,
  q6_k = 14,
  q8_k = 15,
  iq2_xxs = 16,
  iq2_xs = 17,
  iq3_xxs = 18,
  iq1_s = 19,
  iq4_nl = 20,
  iq3_s = 21,
  iq2_s = 22,
  iq4_xs = 23,
  i8 = 24,
  i16 = 25,
  i32 = 26,
  i64 = 27,
  f64 = 28,
  iq1_m = 29,
  bf16 = 30,
  tq1_0 = 34,
  tq2_0 = 35,
  mxfp4 = 39,
};

/// How a type is stored: blocks of `block` neighbours along the last axis, each of `bytes`. Plain types have blocks
/// of 1.
struct GgmlFormat {
  GgmlType type;
  std::string_view name;  ///< "F32", "Q4_K", …
  std::uint32_t block;
  std::uint32_t bytes;
  std::optional<DType> dtype;  ///< where the engine has that type
};

/// nullptr for a number that is no known type.
const GgmlFormat* find_ggml_format(std::uint32_t type);

const GgmlFormat& format_of(GgmlType type);

}  // namespace etna
