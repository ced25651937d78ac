#include "engine/ops/softmax.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_softmax(KernelBench& bench) {
  bench.time("softmax 1 x 128256", softmax(bench.array({1, 128256}, DType::float32)));
  bench.time("softmax 4096 x 1024", softmax(bench.array({4096, 1024}, DType::float16)));
}

}  // namespace etna::benchmarks
