#include "benchmarks/kernels/kernel_bench.h"
#include "engine/ops/attention_gradient.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/loss.h"
#include "engine/ops/matmul.h"
#include "engine/ops/norm.h"
#include "engine/ops/quantized.h"

namespace etna::benchmarks {

/// Shapes of a Llama of 1.1 billion parameters and a batch of 4 x 512.
void bench_gradient(KernelBench& bench) {
  constexpr std::int64_t batch = 4, length = 512, rows = batch * length, hidden = 2048, inner = 5632,
                         vocabulary = 32000;
  const DType half = DType::bfloat16;
  const Array q = bench.array({batch, length, 32, 64}, half), cache = bench.array({batch, 4, length, 64}, half);
  const Array stats = bench.array({batch, length, 32}, DType::float32);
  const Array y = attention(q, cache, cache, bench.integers({0, 0, 0, 0}), {.scale = 0.125f});
  const auto& op = *as<Attention>(y.op().get());
  const std::span<const Array> inputs = y.inputs();
  bench.time("attention_log_sum", attention_log_sum(op, inputs));
  bench.time("attention_gradient by queries", attention_gradient(op, AttentionPart::queries, inputs, q, stats, stats));
  bench.time("attention_gradient by keys and values",
             attention_gradient(op, AttentionPart::keys_values, inputs, q, stats, stats));
  const Array logits = bench.array({512, vocabulary}, half), factors = bench.array({512}, DType::float32);
  const Array targets = bench.integers(std::vector<std::int32_t>(512, 7));
  bench.time("cross_entropy 512 x 32000", cross_entropy(logits, targets));
  bench.time("cross_entropy_gradient 512 x 32000", cross_entropy_gradient(logits, targets, factors));
  const Array x = bench.array({rows, hidden}, half), wide = bench.array({rows, inner}, half);
  bench.time("rms_norm_gradient", rms_norm_gradient(x, x, bench.array({hidden}, half), 1e-5f));
  bench.time("gate_gradient", gate_gradient(wide, wide, wide, GateKind::silu));
  std::vector<std::int32_t> ids;
  for (std::int32_t i = 0; i < rows; ++i) ids.push_back(i * 7919 % static_cast<std::int32_t>(vocabulary));
  bench.time("scatter_add", scatter_add(x, bench.integers(ids), vocabulary));
  bench.time("matmul by activations", matmul(wide, bench.array({inner, hidden}, half)));
  const PackedFormat format = PackedFormat::affine(4, 64);
  const PackedArrays w{bench.array({inner, format.row_elements(hidden)}, DType::uint32),
                       bench.array({inner, hidden / 64}, DType::float16),
                       bench.array({inner, hidden / 64}, DType::float16)};
  bench.time("quantized_matmul by activations", quantized_matmul(wide, w, format, Transpose::no));
}

}  // namespace etna::benchmarks
