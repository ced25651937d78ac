#include "engine/memory/rehearsal_heap.h"

#include <algorithm>

#include "engine/base/error.h"

namespace etna {

namespace {

// No block of any machine is larger; sums of sizes stay far from the end of 64 bits.
constexpr std::uint64_t largest_block = std::uint64_t{1} << 48;
constexpr std::uint64_t plenty = std::uint64_t{1} << 61;

// Blocks lie apart, and none at 0.
constexpr std::uint64_t first_address = std::uint64_t{1} << 32;
constexpr std::uint64_t alignment = 256;

class EndlessPool final : public MemoryPool {
public:
  explicit EndlessPool(std::string id) : id_(std::move(id)) {}

  const std::string& id() const override { return id_; }
  const std::string& name() const override { return id_; }
  PoolBudget budget(std::uint64_t) const override { return {plenty, plenty, true}; }

private:
  std::string id_;
};

}  // namespace

RehearsalHeap::RehearsalHeap(std::string name, std::function<bool(std::span<const std::byte>)> can_import)
    : name_(std::move(name)), can_import_(std::move(can_import)), next_(first_address) {
  pools_[static_cast<int>(Placement::device)] = std::make_shared<EndlessPool>(rehearsal_device_pool);
  pools_[static_cast<int>(Placement::host)] = std::make_shared<EndlessPool>(rehearsal_host_pool);
}

HeapBlock RehearsalHeap::allocate(std::size_t bytes, Placement, const MemoryPool&) {
  if (bytes > largest_block || next_ > plenty) fail(Errc::out_of_memory, "{}: a block of {} bytes is more than any memory has", name_, bytes);
  const std::uint64_t address = next_;
  next_ += (bytes + alignment - 1) / alignment * alignment;
  return {nullptr, address, bytes, nullptr};
}

std::optional<HeapBlock> RehearsalHeap::import(std::span<const std::byte> pages) {
  if (!can_import_(pages)) return std::nullopt;
  const std::uint64_t address = next_;
  next_ += (pages.size() + alignment - 1) / alignment * alignment;
  return HeapBlock{nullptr, address, pages.size(), nullptr};
}

void RehearsalHeap::read(const HeapBlock&, std::size_t, std::span<std::byte> bytes) { std::ranges::fill(bytes, std::byte{0}); }

}  // namespace etna
