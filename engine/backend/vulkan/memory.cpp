#include "engine/backend/vulkan/memory.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/backend/vulkan/device_pool.h"
#include "engine/backend/vulkan/staging.h"
#include "engine/base/error.h"

namespace etna::vulkan {

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t slab_bytes = 16 * mebibyte;
constexpr std::size_t largest_in_slab = mebibyte;

constexpr VkBufferUsageFlags buffer_usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                            VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                                            VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
}  // namespace

VulkanHeap::VulkanHeap(std::shared_ptr<Queue> queue, const std::string& id) : queue_(std::move(queue)), device_(queue_->device()) {
  name_ = device_->caps().name;
  VkPhysicalDeviceMemoryProperties properties;
  vkGetPhysicalDeviceMemoryProperties(device_->physical(), &properties);
  layout_ = layout_of(properties, device_->caps().kind, device_->caps().shares_system_memory() ? carve_out_bytes(device_->physical()) : 0);
  if (layout_.device.empty() || layout_.host.empty()) fail(Errc::unsupported, "{} has no memory that programs can map", name_);
  heaps_.resize(properties.memoryHeapCount);
  held_.resize(properties.memoryHeapCount);
  for (const Placement placement : {Placement::device, Placement::host}) {
    for (const TypeChoice& type : choices(placement)) {
      std::shared_ptr<MemoryPool>& pool = heaps_[type.heap];
      // The first heap of kernels' memory is what people know the device by.
      const std::string pool_id = type.heap == layout_.device.front().heap ? id : fmt::format("{}.{}", id, type.heap);
      if (!pool) pool = create_device_pool(device_, type.heap, pool_id, layout_.in_system_memory[type.heap]);
      pools_[static_cast<int>(placement)].push_back(pool);
    }
  }
  staging_ = std::make_unique<Staging>(queue_, [this](std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    own_.push_back(create_allocation(bytes, layout_.host.front()));
    held_[own_.back().heap] += bytes;
    return own_.back().whole;
  });
}

VulkanHeap::~VulkanHeap() {
  staging_.reset();
  device_->wait_idle();
}

std::span<const std::shared_ptr<MemoryPool>> VulkanHeap::pools(Placement placement) const { return pools_[static_cast<int>(placement)]; }

const TypeChoice& VulkanHeap::choice(Placement placement, const MemoryPool& pool) const {
  const auto& pools = pools_[static_cast<int>(placement)];
  const auto found = std::ranges::find_if(pools, [&](const auto& known) { return known.get() == &pool; });
  if (found == pools.end()) fail(Errc::invalid_argument, "{}: {} is not a pool of such blocks", name_, pool.name());
  return choices(placement)[static_cast<std::size_t>(found - pools.begin())];
}

BufferHandle VulkanHeap::create_buffer(std::size_t bytes, const void* next) const {
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, next};
  info.size = bytes;
  info.usage = buffer_usage;
  VkBuffer buffer = VK_NULL_HANDLE;
  device_->check(vkCreateBuffer(device_->handle(), &info, nullptr, &buffer), "creating a buffer");
  return {device_->handle(), buffer};
}

VulkanHeap::Allocation VulkanHeap::create_allocation(std::size_t bytes, const TypeChoice& type) const {
  Allocation result;
  result.heap = type.heap;
  result.buffer = create_buffer(bytes, nullptr);
  VkMemoryRequirements needs;
  vkGetBufferMemoryRequirements(device_->handle(), result.buffer.get(), &needs);
  VkMemoryPriorityAllocateInfoEXT priority{VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT};
  priority.priority = 0.75F;  // above the desktop's surfaces: a model that was moved out of the device is useless
  VkMemoryAllocateFlagsInfo flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO};
  flags.pNext = device_->caps().memory_priority ? &priority : nullptr;
  flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  VkMemoryAllocateInfo info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, &flags};
  info.allocationSize = needs.size;
  info.memoryTypeIndex = type.type;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  const VkResult allocated = vkAllocateMemory(device_->handle(), &info, nullptr, &memory);
  if (allocated == VK_ERROR_TOO_MANY_OBJECTS) fail(Errc::out_of_memory, "{} allows no more allocations", name_);
  if (allocated != VK_SUCCESS) {
    if (allocated == VK_ERROR_DEVICE_LOST) device_->mark_lost();
    fail(Errc::out_of_memory, "{} has no room for {} MiB more", name_, (needs.size + mebibyte - 1) / mebibyte);
  }
  result.memory = {device_->handle(), memory};
  device_->check(vkBindBufferMemory(device_->handle(), result.buffer.get(), memory, 0), "binding memory");
  void* host = nullptr;
  if (type.reach != Reach::none) {
    device_->check(vkMapMemory(device_->handle(), memory, 0, VK_WHOLE_SIZE, 0, &host), "mapping memory");
  }
  VkBufferDeviceAddressInfo address{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO};
  address.buffer = result.buffer.get();
  result.whole = {result.buffer.get(),
                  0,
                  bytes,
                  static_cast<std::byte*>(host),
                  vkGetBufferDeviceAddress(device_->handle(), &address),
                  type.reach};
  return result;
}

HeapBlock VulkanHeap::place(std::list<Allocation>::iterator from, std::size_t offset, std::size_t bytes) {
  MemoryBlock block = from->whole;
  block.offset = offset;
  block.bytes = bytes;
  block.address += offset;
  if (block.host) block.host += offset;
  return {block.host, block.address, bytes, new Handle{block, from}};
}

HeapBlock VulkanHeap::allocate(std::size_t bytes, Placement placement, const MemoryPool& pool) {
  device_->check_alive();
  const std::lock_guard lock(mutex_);
  const TypeChoice& type = choice(placement, pool);
  const bool small = bytes <= largest_in_slab;
  for (auto it = allocations_.begin(); small && it != allocations_.end(); ++it) {
    if (!it->slab || it->placement != placement || it->heap != type.heap) continue;
    if (const auto offset = it->slab->take(bytes)) return place(it, *offset, bytes);
  }
  Allocation fresh = create_allocation(small ? slab_bytes : bytes, type);
  fresh.placement = placement;
  std::size_t offset = 0;
  if (small) {
    fresh.slab = std::make_unique<Slab>(slab_bytes);
    offset = *fresh.slab->take(bytes);
  }
  held_[fresh.heap] += fresh.whole.bytes;
  allocations_.push_front(std::move(fresh));
  return place(allocations_.begin(), offset, bytes);
}

std::size_t VulkanHeap::growth(std::size_t bytes, Placement placement, const MemoryPool& pool) const {
  if (bytes > largest_in_slab) return bytes;
  const std::lock_guard lock(mutex_);
  const TypeChoice& type = choice(placement, pool);
  const bool has_room = std::ranges::any_of(allocations_, [&](const Allocation& allocation) {
    return allocation.slab && allocation.placement == placement && allocation.heap == type.heap && allocation.slab->largest_hole() >= bytes;
  });
  return has_room ? 0 : slab_bytes;
}

std::uint64_t VulkanHeap::held_bytes(const MemoryPool& pool) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t heap = 0; heap < heaps_.size(); ++heap) {
    if (heaps_[heap].get() == &pool) return held_[heap];
  }
  return 0;
}

void VulkanHeap::free(const HeapBlock& block) {
  const std::lock_guard lock(mutex_);
  const std::unique_ptr<Handle> handle(static_cast<Handle*>(block.handle));
  const auto from = handle->from;
  if (from->slab) {
    from->slab->give_back(handle->block.offset, handle->block.bytes);
    if (!from->slab->empty()) return;
  }
  if (!from->imported) held_[from->heap] -= from->whole.bytes;
  allocations_.erase(from);
}

std::optional<VulkanHeap::Allocation> VulkanHeap::import_allocation(std::span<const std::byte> pages) const {
  constexpr auto type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
  void* pointer = const_cast<std::byte*>(pages.data());
  VkMemoryHostPointerPropertiesEXT host{VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
  if (vkGetMemoryHostPointerPropertiesEXT(device_->handle(), type, pointer, &host) != VK_SUCCESS) return std::nullopt;
  Allocation result;
  VkExternalMemoryBufferCreateInfo external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO};
  external.handleTypes = type;
  result.buffer = create_buffer(pages.size(), &external);
  VkMemoryRequirements needs;
  vkGetBufferMemoryRequirements(device_->handle(), result.buffer.get(), &needs);
  const std::uint32_t usable = needs.memoryTypeBits & host.memoryTypeBits;
  if (usable == 0 || needs.size > pages.size()) return std::nullopt;
  VkMemoryAllocateFlagsInfo flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO};
  flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  VkImportMemoryHostPointerInfoEXT import{VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT, &flags};
  import.handleType = type;
  import.pHostPointer = pointer;
  VkMemoryAllocateInfo info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, &import};
  info.allocationSize = pages.size();
  info.memoryTypeIndex = static_cast<std::uint32_t>(std::countr_zero(usable));
  VkDeviceMemory memory = VK_NULL_HANDLE;
  if (vkAllocateMemory(device_->handle(), &info, nullptr, &memory) != VK_SUCCESS) return std::nullopt;
  result.memory = {device_->handle(), memory};
  device_->check(vkBindBufferMemory(device_->handle(), result.buffer.get(), memory, 0), "binding imported pages");
  VkBufferDeviceAddressInfo address{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO};
  address.buffer = result.buffer.get();
  result.whole = {result.buffer.get(),
                  0,
                  pages.size(),
                  static_cast<std::byte*>(pointer),
                  vkGetBufferDeviceAddress(device_->handle(), &address),
                  Reach::cached};
  return result;
}

std::optional<HeapBlock> VulkanHeap::import(std::span<const std::byte> pages) {
  const DeviceCaps& caps = device_->caps();
  const std::uint64_t alignment = caps.host_pointer_alignment;
  if (!caps.external_memory_host || !caps.shares_system_memory() || pages.empty()) return std::nullopt;
  if (reinterpret_cast<std::uintptr_t>(pages.data()) % alignment != 0) return std::nullopt;
  // The last page of a mapping is readable to its end, whatever the file's length is.
  const std::size_t whole_pages = (pages.size() + alignment - 1) / alignment * alignment;
  if (alignment > 4096 && whole_pages != pages.size()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  std::optional<Allocation> imported = import_allocation({pages.data(), whole_pages});
  if (!imported) return std::nullopt;
  imported->imported = true;
  allocations_.push_front(std::move(*imported));
  return place(allocations_.begin(), 0, pages.size());
}

void VulkanHeap::write(const HeapBlock& block, std::size_t offset, std::span<const std::byte> bytes) {
  const MemoryBlock& target = static_cast<const Handle*>(block.handle)->block;
  queue_->wait_idle();
  if (target.host) {
    std::memcpy(target.host + offset, bytes.data(), bytes.size());
  } else {
    staging_->write(target, offset, bytes);
  }
}

void VulkanHeap::read(const HeapBlock& block, std::size_t offset, std::span<std::byte> bytes) {
  const MemoryBlock& source = static_cast<const Handle*>(block.handle)->block;
  if (source.reach == Reach::cached) {
    queue_->wait_idle();
    std::memcpy(bytes.data(), source.host + offset, bytes.size());
  } else {
    staging_->read(source, offset, bytes);
  }
}

}  // namespace etna::vulkan
