#include "engine/io/gguf_types.h"

#include <algorithm>

#include "engine/base/error.h"

namespace etna {

namespace {

constexpr auto none = std::nullopt;

constexpr GgmlFormat formats[] = {{GgmlType::f32, "F32", 1, 4, DType::float32},
                                  {GgmlType::f16, "F16", 1, 2, DType::float16},
                                  {GgmlType::q4_0, "Q4_0", 32, 18, none},
                                  {GgmlType::q4_1, "Q4_1", 32, 20, none},
                                  {GgmlType::q5_0, "Q5_0", 32, 22, none},
                                  {GgmlType::q5_1, "Q5_1", 32, 24, none},
                                  {GgmlType::q8_0, "Q8_0", 32, 34, none},
                                  {GgmlType::q8_1, "Q8_1", 32, 36, none},
                                  {GgmlType::q2_k, "Q2_K", 256, 84, none},
                                  {GgmlType::q3_k, "Q3_K", 256, 110, none},
                                  {GgmlType::q4_k, "Q4_K", 256, 144, none},
                                  {GgmlType::q5_k, "Q5_K", 256, 176, none},
                                  {GgmlType::q6_k, "Q6_K", 256, 210, none},
                                  {GgmlType::q8_k, "Q8_K", 256, 292, none},
                                  {GgmlType::iq2_xxs, "IQ2_XXS", 256, 66, none},
                                  {GgmlType::iq2_xs, "IQ2_XS", 256, 74, none},
                                  {GgmlType::iq3_xxs, "IQ3_XXS", 256, 98, none},
                                  {GgmlType::iq1_s, "IQ1_S", 256, 50, none},
                                  {GgmlType::iq4_nl, "IQ4_NL", 32, 18, none},
                                  {GgmlType::iq3_s, "IQ3_S", 256, 110, none},
                                  {GgmlType::iq2_s, "IQ2_S", 256, 82, none},
                                  {GgmlType::iq4_xs, "IQ4_XS", 256, 136, none},
                                  {GgmlType::i8, "I8", 1, 1, none},
                                  {GgmlType::i16, "I16", 1, 2, none},
                                  {GgmlType::i32, "I32", 1, 4, DType::int32},
                                  {GgmlType::i64, "I64", 1, 8, none},
                                  {GgmlType::f64, "F64", 1, 8, none},
                                  {GgmlType::iq1_m, "IQ1_M", 256, 56, none},
                                  {GgmlType::bf16, "BF16", 1, 2, DType::bfloat16},
                                  {GgmlType::tq1_0, "TQ1_0", 256, 54, none},
                                  {GgmlType::tq2_0, "TQ2_0", 256, 66, none},
                                  {GgmlType::mxfp4, "MXFP4", 32, 17, none}};

}  // namespace

const GgmlFormat* find_ggml_format(std::uint32_t type) {
  const auto* found = std::ranges::find(formats, static_cast<GgmlType>(type), &GgmlFormat::type);
  return found == std::end(formats) ? nullptr : found;
}

const GgmlFormat& format_of(GgmlType type) {
  const GgmlFormat* found = find_ggml_format(static_cast<std::uint32_t>(type));
  if (found == nullptr) fail(Errc::unsupported, "unknown ggml type {}", static_cast<std::uint32_t>(type));
  return *found;
}

}  // namespace etna
