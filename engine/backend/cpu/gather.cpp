#include "engine/ops/gather.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"

namespace etna::cpu {

namespace {

void run_take(const Step& step, Context&) {
  const View& table = step.inputs[0];
  const auto* indices = reinterpret_cast<const std::int32_t*>(step.inputs[1].host());
  const std::size_t bytes = table.bytes() / static_cast<std::size_t>(table.shape[0]);
  for (std::int64_t i = 0; i < step.inputs[1].size(); ++i) {
    const auto row = static_cast<std::size_t>(std::clamp<std::int64_t>(indices[i], 0, table.shape[0] - 1));
    std::memcpy(step.output.host() + static_cast<std::size_t>(i) * bytes, table.host() + row * bytes, bytes);
  }
}

/// Updates of one row follow each other, in their order; rows are independent.
void run_scatter_add(const Step& step, Context& context) {
  const View &updates = step.inputs[0], &out = step.output;
  const auto* indices = reinterpret_cast<const std::int32_t*>(step.inputs[1].host());
  const std::int64_t count = step.inputs[1].size(), rows = out.shape[0], size = out.size() / rows;
  const std::size_t bytes = static_cast<std::size_t>(size) * size_of(out.dtype);
  std::fill_n(out.host(), out.bytes(), std::byte{0});
  const auto row_of = [&](std::int64_t update) { return std::clamp<std::int64_t>(indices[update], 0, rows - 1); };
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, row_of);
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || row_of(order[i]) != row_of(order[i - 1])) starts.push_back(i);
  }
  context.pool.parallel_for(
      static_cast<std::int64_t>(starts.size()), grain_for(size), [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> sum(static_cast<std::size_t>(size)), update(sum.size());
        for (auto group = static_cast<std::size_t>(begin); group < static_cast<std::size_t>(end); ++group) {
          std::ranges::fill(sum, 0.0f);
          const std::size_t last = group + 1 < starts.size() ? starts[group + 1] : order.size();
          for (std::size_t i = starts[group]; i < last; ++i) {
            load_floats(updates.dtype, updates.host() + static_cast<std::size_t>(order[i]) * bytes, size,
                        update.data());
            for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += update[j];
          }
          store_floats(out.dtype, sum.data(), size,
                       out.host() + static_cast<std::size_t>(row_of(order[starts[group]])) * bytes);
        }
      });
}

void run_take_along_last(const Step& step, Context&) {
  const View &x = step.inputs[0], &indices = step.inputs[1];
  const auto* places = reinterpret_cast<const std::int32_t*>(indices.host());
  const std::int64_t n = x.shape.back(), k = indices.shape.back();
  const std::size_t bytes = size_of(x.dtype);
  for (std::int64_t i = 0; i < indices.size(); ++i) {
    const auto element = static_cast<std::size_t>(i / k * n + std::clamp<std::int64_t>(places[i], 0, n - 1));
    std::memcpy(step.output.host() + static_cast<std::size_t>(i) * bytes, x.host() + element * bytes, bytes);
  }
}

void run_assign(const Step& step, Context&) {
  std::memmove(step.output.host(), step.inputs[1].host(), step.inputs[1].bytes());
}

void run_ring_write(const Step& step, Context&) {
  const std::int64_t size = step.inputs[0].size();
  const std::int64_t position = *reinterpret_cast<const std::int32_t*>(step.inputs[2].host()) % size;
  std::memcpy(step.output.host() + 4 * (position < 0 ? position + size : position), step.inputs[1].host(), 4);
}

}  // namespace

void add_gather(KernelTable& table) {
  table.add<Take>({.run = run_take});
  table.add<ScatterAdd>({.run = run_scatter_add});
  table.add<TakeAlongLast>({.run = run_take_along_last});
  table.add<Assign>({.run = run_assign});
  table.add<RingWrite>({.run = run_ring_write});
}

}  // namespace etna::cpu
