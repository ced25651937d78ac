#include "engine/ops/elementwise.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_elementwise(KernelBench& bench) {
  for (const std::int64_t rows : {1, 512}) {
    const Array a = bench.array({rows, 14336}, DType::float16), b = bench.array({rows, 14336}, DType::float16);
    bench.time("add " + std::to_string(rows), add(a, b));
    bench.time("silu_multiply " + std::to_string(rows), silu_multiply(a, b));
    bench.time("cast " + std::to_string(rows), cast(a, DType::float32));
  }
}

}  // namespace etna::benchmarks
