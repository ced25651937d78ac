#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/array/array.h"
#include "engine/array/backend.h"
#include "engine/ops/packed_format.h"

namespace etna::benchmarks {

/// Graphs to time, by family. Shapes are those of an 8-billion-parameter model unless the name says otherwise.
class KernelBench {
public:
  KernelBench(Backend& backend, std::vector<PackedFormat> formats) : backend_(backend), formats_(std::move(formats)) {}

  Backend& backend() { return backend_; }

  /// Of the packed weights to time.
  const std::vector<PackedFormat>& formats() const { return formats_; }

  /// Times `graph` (built once, run as a plan): one line with the median of each of its kernels.
  void time(const std::string& name, const Array& graph);

  /// Undefined contents: speed does not depend on values, and huge inputs need no filling.
  Array array(Shape shape, DType dtype);
  Array integers(std::vector<std::int32_t> values);

private:
  Backend& backend_;
  std::vector<PackedFormat> formats_;
};

/// "q4" (affine, groups of 64), "q3g32", "fp8_e4m3" (groups of 128) or a name of format_table. Throws invalid_argument.
PackedFormat packed_format(const std::string& name);

/// Every kind, affine ones in all widths and groups of 64.
std::vector<PackedFormat> all_packed_formats();

void bench_attention(KernelBench& bench);
void bench_cache(KernelBench& bench);
void bench_elementwise(KernelBench& bench);
void bench_gather(KernelBench& bench);
void bench_gradient(KernelBench& bench);
void bench_matmul(KernelBench& bench);
void bench_moe(KernelBench& bench);
void bench_norm(KernelBench& bench);
void bench_quantized(KernelBench& bench);
void bench_random(KernelBench& bench);
void bench_reduce(KernelBench& bench);
void bench_rope(KernelBench& bench);
void bench_softmax(KernelBench& bench);
void bench_view(KernelBench& bench);

}  // namespace etna::benchmarks
