// The sums of the engine's messages, which the stand-in does not take from the engine.
#include "engine/session/memory_messages.h"

namespace etna {
namespace {

template <class Parts, class Member>
std::uint64_t sum(const Parts& parts, Member member) {
  std::uint64_t bytes = 0;
  for (const auto& part : parts) bytes += part.*member;
  return bytes;
}

}  // namespace

std::uint64_t MemoryStatus::live_bytes() const {
  return sum(pools, &MemoryPoolStatus::live_bytes);
}

std::uint64_t MemoryStatus::free_bytes() const {
  return sum(pools, &MemoryPoolStatus::free_bytes);
}

std::uint64_t LoadEstimate::total() const {
  std::uint64_t bytes = 0;
  for (const PoolEstimate& pool : pools) bytes += pool.total();
  return bytes;
}

std::uint64_t LoadEstimate::weight_bytes() const {
  return sum(pools, &PoolEstimate::weight_bytes);
}

std::uint64_t LoadEstimate::kv_cache_bytes() const {
  return sum(pools, &PoolEstimate::kv_cache_bytes);
}

std::uint64_t LoadEstimate::working_bytes() const {
  return sum(pools, &PoolEstimate::working_bytes);
}

}  // namespace etna
