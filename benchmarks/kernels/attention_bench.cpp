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
    const CacheLayout packed{.bits = 4};
    const Array words = bench.array({1, 8, depth + 512, packed.width(128)}, DType::uint32);
    const Array one = bench.array({1, 1, 32, 128}, DType::float16);
    bench.time("attention 1 after " + std::to_string(depth) + ", 4 bits", attention(one, words, words, offsets, {.scale = 0.088f}, packed, packed));
    bench.time("attention 1 after " + std::to_string(depth) + ", window 128", attention(one, keys, values, offsets, {.scale = 0.088f, .window = 128}));
  }
}

}  // namespace etna::benchmarks
