#include "engine/ops/gather.h"

#include <algorithm>
#include <cstring>

#include "engine/backend/cpu/kernel_table.h"

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
  table.add<TakeAlongLast>({.run = run_take_along_last});
  table.add<Assign>({.run = run_assign});
  table.add<RingWrite>({.run = run_ring_write});
}

}  // namespace etna::cpu
