#include "engine/ops/view.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_view(KernelBench& bench) {
  const Array x = bench.array({4096, 4096}, DType::float16);
  bench.time("copy of a transpose", contiguous(transpose(x, 0, 1)));
  bench.time("concatenate", concatenate({x, x}, 1));
}

}  // namespace etna::benchmarks
