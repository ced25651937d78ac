#include "benchmarks/support/bandwidth.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "engine/base/thread_pool.h"
#include "engine/ops/reduce.h"
#include "engine/plan/plan.h"

namespace etna::benchmarks {

namespace {

using Clock = std::chrono::steady_clock;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

/// Many sums at a time, so that additions do not wait for each other.
std::uint64_t sum_words(const std::uint64_t* words, std::int64_t count) {
  std::uint64_t sums[32] = {};
  for (std::int64_t i = 0; i + 32 <= count; i += 32) {
    __builtin_prefetch(words + i + 512);
    for (int j = 0; j < 32; ++j) sums[j] += words[i + j];
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

double processor_bandwidth(Backend& backend) {
  constexpr std::int64_t bytes = std::int64_t{1} << 30;
  const Buffer buffer = backend.allocator()->allocate(bytes, Placement::device, MemoryTag::other, 0);
  auto* words = reinterpret_cast<std::uint64_t*>(buffer->host());
  std::fill_n(words, bytes / 8, 1);
  ThreadPool pool;
  std::atomic<std::uint64_t> total{0};
  std::vector<double> readings;
  for (int run = 0; run < 7; ++run) {
    const auto begin = Clock::now();
    pool.parallel_for(bytes / 8, 1 << 20, [&](std::int64_t from, std::int64_t to) { total += sum_words(words + from, to - from); });
    readings.push_back(static_cast<double>(bytes) / std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return median(std::move(readings));
}

double graphics_bandwidth(Backend& backend) {
  const std::int64_t rows = backend.allocator()->ledger()->limit() > (std::uint64_t{8} << 30) ? 65536 : 256;
  const Array x = allocate_array(backend, {rows, 8192}, DType::float32, MemoryTag::other, 0);
  const Array result = maximum_along(x, -1);
  const std::unique_ptr<Plan> plan = Plan::compile(std::span(&result, 1), backend, 0);
  plan->run();
  std::vector<double> readings;
  for (int run = 0; run < 7; ++run) {
    for (const StepTime& time : plan->profile()) {
      if (time.seconds > 0) readings.push_back(static_cast<double>(x.view().bytes()) / time.seconds);
    }
  }
  return median(std::move(readings));
}

}  // namespace

double read_bandwidth(Backend& backend) { return backend.is_gpu() ? graphics_bandwidth(backend) : processor_bandwidth(backend); }

}  // namespace etna::benchmarks
