#include "engine/ops/rope.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_rope(KernelBench& bench) {
  const Array frequencies = bench.array({64}, DType::float32);
  for (const std::int64_t length : {1, 512}) {
    bench.time("rope " + std::to_string(length), rope(bench.array({1, length, 32, 128}, DType::float16), bench.integers({100}), frequencies));
  }
}

}  // namespace etna::benchmarks
