#include "engine/ops/matmul.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_matmul(KernelBench& bench) {
  for (const DType weights : {DType::float16, DType::bfloat16, DType::float32}) {
    const Array w = bench.array({4096, 4096}, weights);
    for (const std::int64_t rows : {1, 4, 128}) {
      bench.time(std::string("matmul ") + name(weights) + " " + std::to_string(rows), matmul(bench.array({rows, 4096}, DType::float16), w, Transpose::yes));
    }
  }
}

}  // namespace etna::benchmarks
