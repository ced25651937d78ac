#include "engine/ops/reduce.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_reduce(KernelBench& bench) {
  bench.time("argmax 128256", argmax(bench.array({128256}, DType::float16), 0));
  bench.time("sum 4096 rows", sum(bench.array({4096, 4096}, DType::float32), -1));
}

}  // namespace etna::benchmarks
