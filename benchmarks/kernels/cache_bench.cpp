#include "engine/ops/cache.h"

#include "benchmarks/kernels/kernel_bench.h"

namespace etna::benchmarks {

void bench_cache(KernelBench& bench) {
  const Array offsets = bench.integers({100}), frequencies = bench.array({64}, DType::float32);
  for (const std::int64_t length : {1, 512}) {
    const Array rows = bench.array({1, length, 8, 128}, DType::float16);
    const std::string what = " " + std::to_string(length);
    const Array plain = bench.array({1, 8, 1024, 128}, DType::float16);
    bench.time("cache_update" + what, cache_update(plain, rows, offsets));
    bench.time("rope_cache_update" + what, rope_cache_update(plain, rows, offsets, frequencies));
    for (const int bits : {4, 8}) {
      const CacheLayout layout{.bits = bits};
      const Array packed = bench.array({1, 8, 1024, layout.width(128)}, DType::uint32);
      bench.time("cache_update" + what + ", " + std::to_string(bits) + " bits", cache_update(packed, rows, offsets, layout));
    }
  }
}

}  // namespace etna::benchmarks
