#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <mutex>

#include "engine/backend/vulkan/handle.h"
#include "engine/backend/vulkan/queue.h"
#include "engine/backend/vulkan/slab.h"
#include "engine/memory/heap.h"

namespace etna::vulkan {

/// Which kind of memory a block has, by what the processor can do with it.
enum class Reach : std::uint8_t {
  none,      ///< not visible: staging moves bytes
  uncached,  ///< mapped for ever, quick to write, very slow to read: reads go through staging
  cached,    ///< mapped for ever, ordinary memory
};

/// A place inside a VkBuffer.
struct MemoryBlock {
  VkBuffer buffer = VK_NULL_HANDLE;
  std::size_t offset = 0;
  std::size_t bytes = 0;
  std::byte* host = nullptr;
  std::uint64_t address = 0;
  Reach reach = Reach::none;
};

class Staging;

/// The device's memory (D1): mapped for ever where the whole of it is host-visible, else device-local with staging.
/// Large blocks are device allocations of their own, small ones share slabs. Any thread.
class VulkanHeap final : public Heap {
public:
  explicit VulkanHeap(std::shared_ptr<Queue> queue);
  ~VulkanHeap() override;

  const std::string& name() const override { return name_; }

  HeapBlock allocate(std::size_t bytes, Placement placement) override;
  void free(const HeapBlock& block) override;
  std::optional<HeapBlock> import(std::span<const std::byte> pages) override;
  HeapBudget budget() const override;
  void write(const HeapBlock& block, std::size_t offset, std::span<const std::byte> bytes) override;
  void read(const HeapBlock& block, std::size_t offset, std::span<std::byte> bytes) override;

  /// How the processor reaches blocks of a placement.
  Reach reach(Placement placement) const { return types_[static_cast<int>(placement)].reach; }

private:
  /// One device allocation with the buffer that covers it.
  struct Allocation {
    MemoryHandle memory;
    BufferHandle buffer;
    MemoryBlock whole;
    std::unique_ptr<Slab> slab;  // null: used as one block
    Placement placement = Placement::device;
  };

  struct Type {
    std::uint32_t index = 0;
    Reach reach = Reach::none;
  };

  struct Handle {
    MemoryBlock block;
    std::list<Allocation>::iterator from;
  };

  struct Sample {
    std::chrono::steady_clock::time_point when{};
    std::uint64_t available = 0;
    std::uint64_t held = 0;  // our bytes at that time
  };

  void choose_types();
  BufferHandle create_buffer(std::size_t bytes, const void* next) const;
  Allocation create_allocation(std::size_t bytes, const Type& type) const;
  std::optional<Allocation> import_allocation(std::span<const std::byte> pages) const;
  HeapBlock place(std::list<Allocation>::iterator from, std::size_t offset, std::size_t bytes);
  std::uint64_t sample_available() const;

  std::shared_ptr<Queue> queue_;
  std::shared_ptr<Device> device_;
  std::string name_;
  VkPhysicalDeviceMemoryProperties properties_{};
  Type types_[2];             // by placement
  mutable std::mutex mutex_;  // guards all below
  std::list<Allocation> allocations_;
  std::list<Allocation> own_;  // staging memory
  std::uint64_t held_ = 0;
  mutable Sample sample_;
  std::unique_ptr<Staging> staging_;
};

/// Bytes that the system can give without swapping, less a reserve for everything else that runs.
std::uint64_t available_system_bytes();

}  // namespace etna::vulkan
