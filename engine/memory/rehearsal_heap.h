#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "engine/memory/heap.h"

namespace etna {

/// A heap that hands out addresses and takes nothing: what is allocated in it is only counted. It has one pool for each
/// placement (rehearsal_device_pool, rehearsal_host_pool), in which there is always room; which real pools the bytes would
/// come from is the caller's to say. Nothing may look behind the addresses; writes go nowhere, reads give zeros.
class RehearsalHeap final : public Heap {
public:
  /// `can_import`: whether the real heap would use such pages without a copy; the span itself is never read.
  RehearsalHeap(std::string name, std::function<bool(std::span<const std::byte>)> can_import);

  const std::string& name() const override { return name_; }

  std::span<const std::shared_ptr<MemoryPool>> pools(Placement placement) const override {
    return {&pools_[static_cast<int>(placement)], 1};
  }

  /// Throws out_of_memory for blocks larger than any machine has: configurations are hostile until they were loaded.
  HeapBlock allocate(std::size_t bytes, Placement placement, const MemoryPool& pool) override;
  void free(const HeapBlock&) override {}
  std::optional<HeapBlock> import(std::span<const std::byte> pages) override;
  std::size_t growth(std::size_t bytes, Placement, const MemoryPool&) const override { return bytes; }
  std::uint64_t held_bytes(const MemoryPool&) const override { return 0; }
  void write(const HeapBlock&, std::size_t, std::span<const std::byte>) override {}
  void read(const HeapBlock& block, std::size_t offset, std::span<std::byte> bytes) override;

private:
  std::string name_;
  std::function<bool(std::span<const std::byte>)> can_import_;
  std::shared_ptr<MemoryPool> pools_[2];  // by placement
  std::uint64_t next_;                    // address
};

inline constexpr const char* rehearsal_device_pool = "device";
inline constexpr const char* rehearsal_host_pool = "host";

}  // namespace etna
