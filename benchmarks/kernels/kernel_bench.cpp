// Times single kernels: kernel_bench [--device cpu|vulkan] [--format q4_k … | all] [family …]

#include "benchmarks/kernels/kernel_bench.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "engine/base/error.h"
#include "engine/devices.h"
#include "engine/plan/plan.h"

namespace etna::benchmarks {

void KernelBench::time(const std::string& name, const Array& graph) {
  constexpr int runs = 15;
  const std::unique_ptr<Plan> plan = Plan::compile(std::span(&graph, 1), backend_, 0);
  plan->run();
  std::map<std::string, std::vector<double>> seconds;
  std::map<std::string, StepTime> last;
  for (int run = 0; run < runs; ++run) {
    for (const StepTime& time : plan->profile()) {
      seconds[time.name].push_back(time.seconds);
      last[time.name] = time;
    }
  }
  for (auto& [kernel, values] : seconds) {
    std::ranges::sort(values);
    const double median = values[values.size() / 2];
    fmt::print("{:<34} {:<40} {:>10.1f} us {:>8.1f} GB/s {:>9.1f} GFLOP/s\n", name, kernel, median * 1e6,
               static_cast<double>(last[kernel].work.bytes) / median / 1e9, static_cast<double>(last[kernel].work.flops) / median / 1e9);
  }
}

Array KernelBench::array(Shape shape, DType dtype) {
  const Array array = allocate_array(backend_, std::move(shape), dtype, MemoryTag::other, 0);
  const std::vector<std::byte> zeros(std::min<std::size_t>(array.view().bytes(), std::size_t{1} << 20));
  for (std::size_t at = 0; at < array.view().bytes(); at += zeros.size()) {
    array.view().buffer->write(at, std::span(zeros).first(std::min(zeros.size(), array.view().bytes() - at)));
  }
  return array;
}

Array KernelBench::integers(std::vector<std::int32_t> values) {
  const auto count = static_cast<std::int64_t>(values.size());
  return Array::from(values, {count});
}

}  // namespace etna::benchmarks

int main(int argc, char** argv) {
  using namespace etna::benchmarks;
  const std::map<std::string, void (*)(KernelBench&)> families{
      {"attention", bench_attention},
      {"cache", bench_cache},
      {"elementwise", bench_elementwise},
      {"gather", bench_gather},
      {"gradient", bench_gradient},
      {"matmul", bench_matmul},
      {"moe", bench_moe},
      {"norm", bench_norm},
      {"quantized", bench_quantized},
      {"random", bench_random},
      {"reduce", bench_reduce},
      {"rope", bench_rope},
      {"softmax", bench_softmax},
      {"view", bench_view},
  };
  CLI::App app{"Times single kernels"};
  std::string device;
  std::vector<std::string> chosen, formats{"q4", "q8"};
  app.add_option("--device", device, "cpu, vulkan or vulkan:N");
  app.add_option("--format", formats, "packed weights to time: q4, q3g32, mxfp4, q4_k, … or all")->capture_default_str();
  app.add_option("families", chosen, "default: all");
  CLI11_PARSE(app, argc, argv);
  try {
    const auto backend = etna::open_device(device);
    fmt::print("{}\n", backend->name());
    std::vector<etna::PackedFormat> packed;
    for (const std::string& name : formats) {
      if (name == "all") packed = all_packed_formats();
      else packed.push_back(packed_format(name));
    }
    for (const auto& [name, function] : families) {
      if (!chosen.empty() && std::ranges::find(chosen, name) == chosen.end()) continue;
      KernelBench bench(*backend, packed);
      function(bench);
    }
  } catch (const etna::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
