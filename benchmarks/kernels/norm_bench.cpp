#include "engine/ops/norm.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_norm(KernelBench& bench) {
  const Array weight = bench.array({4096}, DType::float32);
  for (const std::int64_t rows : {1, 512}) {
    bench.time("rms_norm " + std::to_string(rows), rms_norm(bench.array({rows, 4096}, DType::float16), weight, 1e-5f));
    bench.time("layer_norm " + std::to_string(rows), layer_norm(bench.array({rows, 4096}, DType::float16), weight, weight, 1e-5f));
  }
}

}  // namespace etna::benchmarks
