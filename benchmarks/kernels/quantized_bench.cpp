#include "engine/ops/quantized.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

namespace {

PackedArrays packed(KernelBench& bench, const PackedFormat& format, std::int64_t rows, std::int64_t columns) {
  const FormatTraits& kind = traits(format.kind);
  const Shape groups{rows, format.row_groups(columns)};
  const DType scales = kind.scales == ScaleType::floating ? DType::float16 : DType::uint8;
  PackedArrays w{bench.array({rows, format.row_elements(columns)}, kind.weight)};
  if (format.array_count() > 1) w.scales = bench.array(groups, scales);
  if (format.array_count() > 2) w.biases = bench.array(groups, scales);
  return w;
}

std::vector<PackedFormat> other_formats() {
  std::vector<PackedFormat> formats;
  for (const int bits : {2, 3, 5, 6}) formats.push_back(PackedFormat::affine(bits, 64));
  for (const FormatTraits& kind : format_table) {
    if (kind.group_size > 0) formats.push_back(PackedFormat::of(kind.kind));
  }
  formats.push_back(PackedFormat::fp8(128));
  return formats;
}

}  // namespace

void bench_quantized(KernelBench& bench) {
  struct Sizes { std::int64_t n, k; };
  for (const int bits : {4, 8}) {
    const PackedFormat format = PackedFormat::affine(bits, 64);
    for (const Sizes& s : {Sizes{1024, 4096}, Sizes{4096, 4096}, Sizes{4096, 14336}, Sizes{128256, 4096}}) {
      const PackedArrays w = packed(bench, format, s.n, s.k);
      for (const std::int64_t rows : {1, 4, 128}) {
        if (rows > 1 && s.n > 100000) continue;
        const std::string what = "q" + std::to_string(bits) + " " + std::to_string(s.n) + "x" + std::to_string(s.k) + " " + std::to_string(rows);
        bench.time(what, quantized_matmul(bench.array({rows, s.k}, DType::float16), w, format));
      }
    }
    bench.time("swiglu q" + std::to_string(bits), quantized_swiglu(bench.array({1, 4096}, DType::float16), packed(bench, format, 14336, 4096),
                                                                   packed(bench, format, 14336, 4096), format));
    bench.time("rows q" + std::to_string(bits), dequantize_rows(packed(bench, format, 32000, 4096), format, bench.integers({5, 17, 31999}), DType::float16));
  }
  for (const PackedFormat& format : other_formats()) {
    const PackedArrays w = packed(bench, format, 4096, 14336);
    for (const std::int64_t rows : {1, 128}) {
      bench.time(name(format) + " 4096x14336 " + std::to_string(rows), quantized_matmul(bench.array({rows, 14336}, DType::float16), w, format));
    }
  }
}

}  // namespace etna::benchmarks
