#include "engine/ops/quantized.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <random>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/cpu/simd/packed_rows.h"
#include "engine/ops/elementwise.h"
#include "tests/support/packed_values.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

/// Any bytes at all, also as scales: infinities, NaN and subnormals among them.
PackedArrays wild_arrays(const PackedFormat& format, std::int64_t rows, std::int64_t k, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto bytes = [&](Shape shape) {
    std::vector<std::uint8_t> values(static_cast<std::size_t>(element_count(shape)));
    for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(random());
    return Array::from(values, std::move(shape));
  };
  const Shape elements{rows, format.row_elements(k)}, groups{rows, format.row_groups(k)};
  const FormatTraits& kind = traits(format.kind);
  PackedArrays w = test::random_packed(rows, k, format, DType::float16, seed);
  if (kind.weight == DType::uint8) w.weight = bytes(elements);
  if (kind.scales == ScaleType::e8m0 || kind.scales == ScaleType::e4m3) w.scales = bytes(groups);
  if (kind.scales == ScaleType::floating) {
    const auto halves = [&] {
      std::vector<Float16> values(static_cast<std::size_t>(element_count(groups)));
      for (Float16& value : values) value.bits = static_cast<std::uint16_t>(random());
      return Array::from(values, groups);
    };
    w.scales = halves();
    if (w.biases) w.biases = halves();
  }
  return w;
}

test::PackedRow row_of(const PackedArrays& w, const PackedFormat& format, std::int64_t row, std::int64_t k) {
  test::PackedRow result;
  const std::vector<std::uint8_t> bytes = w.weight.to_bytes();
  const auto size = static_cast<std::size_t>(format.row_elements(k)) * size_of(w.weight.dtype());
  for (std::size_t i = 0; i < size; ++i) result.bytes.push_back(bytes[static_cast<std::size_t>(row) * size + i]);
  const auto numbers = [&](const std::optional<Array>& part) {
    std::vector<double> values;
    if (!part) return values;
    const auto groups = static_cast<std::size_t>(format.row_groups(k)), first = static_cast<std::size_t>(row) * groups;
    const std::vector<std::uint8_t> raw = part->to_bytes();
    for (std::size_t i = first; i < first + groups; ++i) {
      if (part->dtype() == DType::uint8)
        values.push_back(static_cast<double>(raw[i]));
      else
        values.push_back(
            static_cast<double>(to_float(Float16{static_cast<std::uint16_t>(raw[2 * i] | raw[2 * i + 1] << 8)})));
    }
    return values;
  };
  result.scales = numbers(w.scales);
  result.biases = numbers(w.biases);
  return result;
}

TEST(CpuQuantized, every_bit_pattern_of_every_format_is_decoded_as_the_textbook_says) {
  const auto backend = cpu::create_backend(1);
  const std::int64_t rows = 40, k = 768;
  for (const PackedFormat& format : test::packed_formats()) {
    SCOPED_TRACE(name(format));
    const PackedArrays w = wild_arrays(format, rows, k, 7);
    const Array values = dequantize(w, format, DType::float32);
    evaluate(values, *backend);
    const std::vector<float> got = values.to_floats();
    int wrong = 0;
    for (std::int64_t r = 0; r < rows && wrong < 3; ++r) {
      const test::PackedRow row = row_of(w, format, r, k);
      for (std::int64_t i = 0; i < k && wrong < 3; ++i) {
        const double wanted = test::packed_value(format, row, i);
        const double value = static_cast<double>(got[static_cast<std::size_t>(r * k + i)]);
        // Sums of two products may cancel: what counts is the size of the parts, at most that of the largest half.
        const bool has_minima = !row.biases.empty() || format.kind == PackedKind::q4_1 ||
                                format.kind == PackedKind::q5_1 || format.kind == PackedKind::q2_k ||
                                format.kind == PackedKind::q4_k || format.kind == PackedKind::q5_k;
        const double size = has_minima ? std::max(std::fabs(wanted), 65504.0 * 64) : std::fabs(wanted);
        const bool same = std::isnan(wanted) ? std::isnan(value)
                          : std::fabs(wanted) > std::numeric_limits<float>::max()
                              ? std::isinf(value) && std::signbit(value) == std::signbit(wanted)
                              : std::fabs(value - wanted) <= 0x1p-23 * size;
        if (!same) ++wrong, ADD_FAILURE() << "row " << r << " element " << i << ": " << value << ", not " << wanted;
      }
    }
  }
}

/// Bytes that end where readable memory does.
class GuardedBytes {
public:
  explicit GuardedBytes(const std::vector<std::uint8_t>& bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t pages = (bytes.size() + page - 1) / page * page;
    size_ = pages + page;
    start_ = static_cast<std::byte*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    begin_ = start_ + pages - bytes.size();
    std::memcpy(begin_, bytes.data(), bytes.size());
    mprotect(start_ + pages, page, PROT_NONE);
  }

  ~GuardedBytes() { munmap(start_, size_); }

  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  const std::byte* begin() const { return begin_; }

private:
  std::byte* start_;
  std::byte* begin_;
  std::size_t size_;
};

TEST(CpuQuantized, nothing_beyond_the_weight_is_read) {
  using namespace cpu::simd;
  for (const PackedFormat& format : test::packed_formats()) {
    for (const std::int64_t k : {256, 288, 304, 512}) {
      const bool whole = format.kind == PackedKind::fp8_e4m3 || k % format.group_size == 0;
      if (!whole) continue;
      SCOPED_TRACE(testing::Message() << name(format) << " " << k);
      const PackedArrays w = test::random_packed(1, k, format, DType::float16, 1);
      const GuardedBytes weight(w.weight.to_bytes());
      const GuardedBytes scales(w.scales ? w.scales->to_bytes() : std::vector<std::uint8_t>(1));
      const GuardedBytes biases(w.biases ? w.biases->to_bytes() : std::vector<std::uint8_t>(1));
      const PackedRows rows{format, weight.begin(), scales.begin(), biases.begin(), DType::float16, k};
      std::vector<float> values(static_cast<std::size_t>(k)), x(values.size(), 1.0f);
      dequantize_row(rows, values.data());
      float sum = 0;
      for (const float value : values) sum += value;
      for (const Arithmetic arithmetic : {Arithmetic::floats, Arithmetic::integers}) {
        if (arithmetic == Arithmetic::integers && !has_integer_codes(format)) continue;
        float y = 0;
        packed_matvec(rows, 1, PackedActivations(arithmetic, x.data(), k), &y);
        EXPECT_NEAR(y, sum, 1e-2f);
      }
    }
  }
}

TEST(CpuQuantized, integer_products_are_closer_than_float16) {
  const auto backend = cpu::create_backend(1);
  for (const PackedFormat& format : test::packed_formats()) {
    for (const std::int64_t k : {256, 2304}) {
      SCOPED_TRACE(testing::Message() << name(format) << " " << k);
      const PackedArrays w = test::random_packed(9, k, format, DType::float16, 3);
      const Array x = cast(test::random_array({1, k}, DType::float16, 1), DType::float32);
      const Array exact = quantized_matmul(x, w, format),
                  rounded = cast(quantized_matmul(cast(x, DType::float16), w, format), DType::float32);
      const Array both[] = {exact, rounded};
      evaluate(both, *backend);
      const std::vector<float> a = exact.to_floats(), b = rounded.to_floats();
      float largest = 1;
      for (const float value : a) largest = std::max(largest, std::fabs(value));
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 6e-4f * largest);
    }
  }
}

TEST(CpuQuantized, what_is_not_finite_shows_in_the_product) {
  const auto backend = cpu::create_backend(1);
  for (const PackedFormat& format : test::packed_formats()) {
    SCOPED_TRACE(name(format));
    std::vector<Float16> values(256, to_float16(0.5f));
    values[17] = to_float16(std::numeric_limits<float>::infinity());
    const Array broken =
        quantized_matmul(Array::from(values, {1, 256}), test::random_packed(2, 256, format, DType::float16, 3), format);
    evaluate(broken, *backend);
    EXPECT_FALSE(std::isfinite(broken.to_floats()[0]));
  }
}

TEST(CpuQuantized, activations_of_any_size_keep_their_digits) {
  const auto backend = cpu::create_backend(1);
  const PackedFormat format = PackedFormat::of(PackedKind::q8_0);
  const PackedArrays w = test::random_packed(3, 64, format, DType::float16, 3);
  for (const float size : {1e-30f, 1e-4f, 1.0f, 1e30f}) {
    SCOPED_TRACE(size);
    const Array x = test::random_array({1, 64}, DType::bfloat16, 5, size);
    const Array exact = quantized_matmul(cast(x, DType::float32), w, format), rounded = quantized_matmul(x, w, format);
    const Array both[] = {exact, rounded};
    evaluate(both, *backend);
    const std::vector<float> a = exact.to_floats(), b = rounded.to_floats();
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-2f * size * 8);
  }
}

TEST(CpuQuantized, arrays_that_do_not_fit_the_format_are_refused) {
  const PackedFormat q4_k = PackedFormat::of(PackedKind::q4_k), mxfp4 = PackedFormat::of(PackedKind::mxfp4);
  const PackedArrays w = test::random_packed(2, 256, q4_k, DType::float32, 1);
  EXPECT_THROW(dequantize({Array::from(std::vector<std::uint8_t>(2 * 100), {2, 100})}, q4_k, DType::float32),
               std::exception)
      << "no whole blocks";
  EXPECT_THROW(dequantize(w, mxfp4, DType::float32), std::exception) << "other words, no scales";
  EXPECT_THROW(dequantize({w.weight, w.weight}, q4_k, DType::float32), std::exception)
      << "scales that the format has not";
  EXPECT_THROW(dequantize(w, {PackedKind::q4_k, 5, 256}, DType::float32), std::exception);
  EXPECT_THROW(quantized_matmul(test::random_array({1, 255}, DType::float32, 1), w, q4_k), std::exception);
}

}  // namespace
}  // namespace etna
