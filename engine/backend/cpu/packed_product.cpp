#include "engine/backend/cpu/packed_product.h"

#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

using simd::PackedRows;

/// Affine codes that never straddle a word have kernels of their own (simd/simd.h); all else is taken apart in pieces
/// (simd/packed_rows.h).
bool has_word_kernel(const PackedFormat& format) {
  return format.kind == PackedKind::affine && (format.bits == 2 || format.bits == 4 || format.bits == 8);
}

simd::AffineRows affine_rows(const PackedRows& w) {
  return {.words = reinterpret_cast<const std::uint32_t*>(w.weight),
          .scales = w.scales,
          .biases = w.biases,
          .scale_dtype = w.scale_dtype,
          .bits = w.format.bits,
          .group_size = w.format.group_size,
          .k = w.k};
}

}  // namespace

PackedRows packed_rows(const Step& step, std::size_t first, const PackedFormat& format) {
  const View& weight = step.inputs[first];
  PackedRows rows{.format = format, .weight = weight.host(), .k = format.row_weights(weight.shape.back())};
  if (format.array_count() > 1) {
    rows.scales = step.inputs[first + 1].host();
    rows.scale_dtype = step.inputs[first + 1].dtype;
  }
  if (format.array_count() > 2) rows.biases = step.inputs[first + 2].host();
  return rows;
}

VectorProduct::VectorProduct(DType dtype, const std::byte* x, const PackedRows& w) {
  std::vector<float> wide(static_cast<std::size_t>(w.k));
  load_floats(dtype, x, w.k, wide.data());
  const bool exact = dtype == DType::float32, words = has_word_kernel(w.format);
  const int bits = w.format.bits, group_size = w.format.group_size;
  if (!exact && words && simd::has_integer_products(bits)) {
    integers_.emplace(bits, group_size, wide.data(), w.k);
  } else if (exact && words) {
    values_.resize(static_cast<std::size_t>(simd::permuted_size(bits, w.k)));
    sums_.resize(static_cast<std::size_t>(w.k / group_size));
    simd::permute_activations(bits, group_size, simd::Codes::in_place, wide.data(), w.k, values_.data(), sums_.data());
  } else {
    const bool integers = !exact && simd::has_integer_codes(w.format);
    pieces_.emplace(integers ? simd::Arithmetic::integers : simd::Arithmetic::floats, wide.data(), w.k);
  }
}

void VectorProduct::run(const PackedRows& w, std::int64_t rows, float* y) const {
  if (pieces_)
    simd::packed_matvec(w, rows, *pieces_, y);
  else if (integers_)
    simd::affine_integer_matvec(affine_rows(w), rows, *integers_, y);
  else
    simd::affine_matvec(affine_rows(w), rows, values_.data(), sums_.data(), y);
}

std::int64_t tile_stride(const PackedFormat& format, std::int64_t k) {
  return has_word_kernel(format) ? simd::permuted_size(format.bits, k) : k;
}

void widen_activations(DType dtype, const std::byte* x, const PackedRows& w, float* to) {
  if (!has_word_kernel(w.format)) return load_floats(dtype, x, w.k, to);
  std::vector<float> wide(static_cast<std::size_t>(w.k)), sums(static_cast<std::size_t>(w.k / w.format.group_size));
  load_floats(dtype, x, w.k, wide.data());
  simd::permute_activations(w.format.bits, w.format.group_size, simd::Codes::shifted, wide.data(), w.k, to,
                            sums.data());
}

void widen_weights(const PackedRows& w, std::int64_t begin, std::int64_t count, float* to) {
  if (has_word_kernel(w.format)) return simd::affine_dequantize_permuted(affine_rows(w.row(begin)), count, to);
  for (std::int64_t i = 0; i < count; ++i) simd::dequantize_row(w.row(begin + i), to + i * w.k);
}

}  // namespace etna::cpu
