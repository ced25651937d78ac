#include "engine/ops/quantized.h"

#include <fmt/format.h>

#include <algorithm>

#include "benchmarks/kernels/kernel_bench.h"
#include "engine/base/error.h"

namespace etna::benchmarks {

namespace {

constexpr int widths[] = {2, 3, 4, 5, 6, 8};

PackedFormat fixed_format(PackedKind kind) {
  return kind == PackedKind::fp8_e4m3 ? PackedFormat::fp8(128) : PackedFormat::of(kind);
}

PackedArrays packed(KernelBench& bench, const PackedFormat& format, std::int64_t rows, std::int64_t columns) {
  const FormatTraits& kind = traits(format.kind);
  PackedArrays arrays{bench.array({rows, format.row_elements(columns)}, kind.weight)};
  const DType scale = kind.scales == ScaleType::floating ? DType::float16 : DType::uint8;
  const Shape groups{rows, format.row_groups(columns)};
  if (kind.arrays > 1) arrays.scales = bench.array(groups, scale);
  if (kind.arrays > 2) arrays.biases = bench.array(groups, scale);
  return arrays;
}

void bench_format(KernelBench& bench, const PackedFormat& format) {
  struct Sizes {
    std::int64_t n, k;
  };

  for (const Sizes& s : {Sizes{1024, 4096}, Sizes{4096, 4096}, Sizes{4096, 14336}, Sizes{128256, 4096}}) {
    const PackedArrays w = packed(bench, format, s.n, s.k);
    for (const std::int64_t rows : {1, 4, 128}) {
      if (rows > 1 && s.n > 100000) continue;
      const std::string what = fmt::format("{} {}x{} {}", name(format), s.n, s.k, rows);
      bench.time(what, quantized_matmul(bench.array({rows, s.k}, DType::float16), w, format));
    }
  }
  const PackedArrays gate = packed(bench, format, 14336, 4096), up = packed(bench, format, 14336, 4096);
  bench.time("swiglu " + name(format), quantized_swiglu(bench.array({1, 4096}, DType::float16), gate, up, format));
  const PackedArrays table = packed(bench, format, 32000, 4096);
  bench.time("rows " + name(format), dequantize_rows(table, format, bench.integers({5, 17, 31999}), DType::float16));
}

}  // namespace

PackedFormat packed_format(const std::string& wanted) {
  for (const int bits : widths) {
    for (const int group : {32, 64, 128}) {
      const PackedFormat format = PackedFormat::affine(bits, group);
      if (wanted == name(format) || (group == 64 && wanted == fmt::format("q{}", bits))) return format;
    }
  }
  const auto found = std::ranges::find(format_table, wanted, &FormatTraits::name);
  if (found == format_table.end() || found->kind == PackedKind::affine) {
    fail(Errc::invalid_argument,
         "format '{}': q2 … q8, q4g32 and the like, mxfp4, mxfp8, nvfp4, fp8_e4m3, q4_0 and the "
         "other block types are known",
         wanted);
  }
  return fixed_format(found->kind);
}

std::vector<PackedFormat> all_packed_formats() {
  std::vector<PackedFormat> formats;
  for (const int bits : widths) formats.push_back(PackedFormat::affine(bits, 64));
  for (const FormatTraits& kind : format_table) {
    if (kind.kind != PackedKind::affine) formats.push_back(fixed_format(kind.kind));
  }
  return formats;
}

void bench_quantized(KernelBench& bench) {
  for (const PackedFormat& format : bench.formats()) bench_format(bench, format);
}

}  // namespace etna::benchmarks
