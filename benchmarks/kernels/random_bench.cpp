#include "engine/ops/random.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_random(KernelBench& bench) {
  const Array seed = bench.array({2}, DType::uint32);
  for (const std::int64_t vocab : {32000, 128256}) {
    bench.time("sample_token " + std::to_string(vocab), sample_token(bench.array({vocab}, DType::float16), seed, bench.integers({1}), 0.7f));
  }
  bench.time("dropout 2048 x 2048", dropout(bench.array({2048, 2048}, DType::bfloat16), 0.1f, seed, bench.integers({1}), 0));
}

}  // namespace etna::benchmarks
