#include "engine/ops/attention.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_attention(KernelBench& bench) {
  for (const std::int64_t depth : {128, 1024, 4096}) {
    const Shape cache{1, 8, depth + 512, 128};
    const Array keys = bench.array(cache, DType::float16), values = bench.array(cache, DType::float16);
    const Array offsets = bench.integers({static_cast<std::int32_t>(depth - 1)});
    for (const std::int64_t length : {1, 256}) {
      const Array q = bench.array({1, length, 32, 128}, DType::float16);
      bench.time("attention " + std::to_string(length) + " after " + std::to_string(depth), attention(q, keys, values, offsets, {.scale = 0.088f}));
    }
    bench.time("cache_update", cache_update(keys, bench.array({1, 1, 8, 128}, DType::float16), offsets));
  }
}

}  // namespace etna::benchmarks
