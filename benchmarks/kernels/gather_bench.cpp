#include "engine/ops/gather.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_gather(KernelBench& bench) {
  const Array table = bench.array({32000, 4096}, DType::float16);
  std::vector<std::int32_t> ids;
  for (std::int32_t i = 0; i < 512; ++i) ids.push_back(i * 61 % 32000);
  bench.time("take 1", take(table, bench.integers({17})));
  bench.time("take 512", take(table, bench.integers(ids)));
}

}  // namespace etna::benchmarks
