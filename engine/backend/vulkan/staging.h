#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

#include "engine/backend/vulkan/memory.h"
#include "engine/backend/vulkan/queue.h"

namespace etna::vulkan {

/// Moves bytes between the processor and memory that it cannot reach (or cannot reach quickly), through two pieces of
/// host-cached memory in turn: the device copies one while the processor fills or empties the other. Any thread.
class Staging {
public:
  explicit Staging(std::shared_ptr<Queue> queue, std::function<MemoryBlock(std::size_t)> allocate_host_cached);
  ~Staging();

  void write(const MemoryBlock& block, std::size_t offset, std::span<const std::byte> bytes);
  void read(const MemoryBlock& block, std::size_t offset, std::span<std::byte> bytes);

private:
  struct Slot {
    MemoryBlock memory;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    std::uint64_t ticket = 0;  // of the last copy that used this slot
  };

  void prepare();
  void copy(Slot& slot, VkBuffer from, std::size_t from_offset, VkBuffer to, std::size_t to_offset, std::size_t bytes);

  std::shared_ptr<Queue> queue_;
  std::function<MemoryBlock(std::size_t)> allocate_;
  CommandPoolHandle pool_;
  std::mutex mutex_;  // guards all below
  std::array<Slot, 2> slots_;
};

}  // namespace etna::vulkan
