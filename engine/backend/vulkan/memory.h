#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/backend/vulkan/handle.h"
#include "engine/backend/vulkan/memory_layout.h"
#include "engine/backend/vulkan/queue.h"
#include "engine/backend/vulkan/slab.h"
#include "engine/memory/heap.h"

namespace etna::vulkan {

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

/// Which host pages a device uses without a copy.
struct ImportRules {
  bool possible = false;        ///< there is such memory, the driver takes pages of files, and they are no bus away
  std::uint64_t alignment = 1;

  bool allow(std::span<const std::byte> pages) const;
};

/// The device's memory (D1): mapped for ever where the whole of it is host-visible, else device-local with staging.
/// Large blocks are device allocations of their own, small ones share slabs. Any thread.
class VulkanHeap final : public Heap {
public:
  /// `id`: what its pools are called, "gpu:0".
  VulkanHeap(std::shared_ptr<Queue> queue, const std::string& id);
  ~VulkanHeap() override;

  const std::string& name() const override { return name_; }

  std::span<const std::shared_ptr<MemoryPool>> pools(Placement placement) const override;
  HeapBlock allocate(std::size_t bytes, Placement placement, const MemoryPool& pool) override;
  void free(const HeapBlock& block) override;
  std::optional<HeapBlock> import(std::span<const std::byte> pages) override;
  std::size_t growth(std::size_t bytes, Placement placement, const MemoryPool& pool) const override;
  std::uint64_t held_bytes(const MemoryPool& pool) const override;
  void write(const HeapBlock& block, std::size_t offset, std::span<const std::byte> bytes) override;
  void read(const HeapBlock& block, std::size_t offset, std::span<std::byte> bytes) override;

  /// Any thread.
  const ImportRules& import_rules() const { return import_rules_; }

  /// How the processor reaches blocks of a placement.
  Reach reach(Placement placement) const { return choices(placement).front().reach; }

private:
  /// One device allocation with the buffer that covers it.
  struct Allocation {
    MemoryHandle memory;
    BufferHandle buffer;
    MemoryBlock whole;
    std::unique_ptr<Slab> slab;  // null: used as one block
    Placement placement = Placement::device;
    std::uint32_t heap = 0;
    bool imported = false;       // pages of a file: nothing was taken of the heap
  };

  struct Handle {
    MemoryBlock block;
    std::list<Allocation>::iterator from;
  };

  const std::vector<TypeChoice>& choices(Placement placement) const { return placement == Placement::host ? layout_.host : layout_.device; }
  const TypeChoice& choice(Placement placement, const MemoryPool& pool) const;
  BufferHandle create_buffer(std::size_t bytes, const void* next) const;
  Allocation create_allocation(std::size_t bytes, const TypeChoice& type) const;
  std::optional<Allocation> import_allocation(std::span<const std::byte> pages) const;
  bool can_import_files() const;
  HeapBlock place(std::list<Allocation>::iterator from, std::size_t offset, std::size_t bytes);

  std::shared_ptr<Queue> queue_;
  std::shared_ptr<Device> device_;
  std::string name_;
  MemoryLayout layout_;
  ImportRules import_rules_;
  std::vector<std::shared_ptr<MemoryPool>> heaps_;     // by heap; null: not used
  std::vector<std::shared_ptr<MemoryPool>> pools_[2];  // by placement, in the order of the layout's choices
  mutable std::mutex mutex_;  // guards all below
  std::list<Allocation> allocations_;
  std::list<Allocation> own_;  // staging memory
  std::vector<std::uint64_t> held_;  // by heap
  std::unique_ptr<Staging> staging_;
};

}  // namespace etna::vulkan
