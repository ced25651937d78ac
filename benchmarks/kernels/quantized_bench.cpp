#include "engine/ops/quantized.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

namespace {

PackedArrays packed(KernelBench& bench, const PackedFormat& format, std::int64_t rows, std::int64_t columns) {
  const Shape groups{rows, columns / format.group_size};
  return {bench.array({rows, columns * format.bits / 32}, DType::uint32), bench.array(groups, DType::float16), bench.array(groups, DType::float16)};
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
        const std::string name = "q" + std::to_string(bits) + " " + std::to_string(s.n) + "x" + std::to_string(s.k) + " " + std::to_string(rows);
        bench.time(name, quantized_matmul(bench.array({rows, s.k}, DType::float16), w, format));
      }
    }
    bench.time("swiglu q" + std::to_string(bits), quantized_swiglu(bench.array({1, 4096}, DType::float16), packed(bench, format, 14336, 4096),
                                                                   packed(bench, format, 14336, 4096), format));
    bench.time("rows q" + std::to_string(bits), dequantize_rows(packed(bench, format, 32000, 4096), format, bench.integers({5, 17, 31999}), DType::float16));
  }
}

}  // namespace etna::benchmarks
