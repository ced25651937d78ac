#include "engine/ops/moe.h"

#include <fmt/format.h>

#include "benchmarks/kernels/kernel_bench.h"
#include "engine/ops/top_k.h"
#include "engine/ops/view.h"

namespace etna::benchmarks {

namespace {

constexpr std::int64_t experts = 128, chosen = 8;

/// Tokens spread over all experts.
Array choice(KernelBench& bench, std::int64_t tokens) {
  std::vector<std::int32_t> indices;
  for (std::int64_t i = 0; i < tokens * chosen; ++i) indices.push_back(static_cast<std::int32_t>(i * 37 % experts));
  return bench.integers(std::move(indices));
}

ExpertWeights layer(KernelBench& bench, std::int64_t n, std::int64_t k) {
  const PackedFormat format = PackedFormat::affine(4, 64);
  const Shape groups{experts, n, format.row_groups(k)};
  return {{bench.array({experts, n, format.row_elements(k)}, DType::uint32), bench.array(groups, DType::bfloat16),
           bench.array(groups, DType::bfloat16)},
          format};
}

}  // namespace

/// Shapes of Qwen3-30B-A3B.
void bench_moe(KernelBench& bench) {
  constexpr std::int64_t hidden = 2048, inner = 768;
  const ExpertWeights gate = layer(bench, inner, hidden), up = layer(bench, inner, hidden),
                      down = layer(bench, hidden, inner);
  for (const std::int64_t tokens : {1, 8, 256}) {
    const Array indices = reshape(choice(bench, tokens), {tokens, chosen});
    const Array x = bench.array({tokens, hidden}, DType::float16),
                h = bench.array({tokens, chosen, inner}, DType::float16);
    const Array logits = bench.array({tokens, experts}, DType::float32);
    bench.time(fmt::format("pick {}", tokens), top_k_indices(logits, chosen));
    bench.time(fmt::format("weigh {}", tokens), top_k_softmax(logits, chosen));
    bench.time(fmt::format("gate and up {}", tokens), expert_gated(x, gate, up, indices, GateKind::silu));
    bench.time(fmt::format("down {}", tokens), expert_matmul(h, down, indices));
    bench.time(fmt::format("combine {}", tokens), combine_experts(bench.array({tokens, chosen, hidden}, DType::float16),
                                                                  bench.array({tokens, chosen}, DType::float32)));
  }
}

}  // namespace etna::benchmarks
