#include "engine/backend/vulkan/memory.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>

#include "engine/backend/vulkan/staging.h"
#include "engine/base/error.h"

namespace etna::vulkan {

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t slab_bytes = 16 * mebibyte;
constexpr std::size_t largest_in_slab = mebibyte;
constexpr std::uint64_t system_reserve = std::uint64_t{1} << 30;

constexpr VkBufferUsageFlags buffer_usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                            VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                                            VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
constexpr VkMemoryPropertyFlags coherent = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

std::uint64_t largest_device_heap(const VkPhysicalDeviceMemoryProperties& properties) {
  std::uint64_t largest = 0;
  for (std::uint32_t i = 0; i < properties.memoryHeapCount; ++i) {
    const VkMemoryHeap& heap = properties.memoryHeaps[i];
    if (heap.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) largest = std::max(largest, heap.size);
  }
  return largest;
}

Reach reach_of(VkMemoryPropertyFlags flags) {
  if ((flags & coherent) != coherent) return Reach::none;
  return flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT ? Reach::cached : Reach::uncached;
}

}  // namespace

std::uint64_t available_system_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  std::uint64_t kibibytes = 0;
  while (file >> key >> kibibytes) {
    std::getline(file, unit);
    if (key != "MemAvailable:") continue;
    const std::uint64_t bytes = kibibytes * 1024;
    return bytes - std::min(bytes, system_reserve);
  }
  return 0;
}

VulkanHeap::VulkanHeap(std::shared_ptr<Queue> queue) : queue_(std::move(queue)), device_(queue_->device()) {
  name_ = device_->caps().name;
  vkGetPhysicalDeviceMemoryProperties(device_->physical(), &properties_);
  choose_types();
  staging_ = std::make_unique<Staging>(queue_, [this](std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    own_.push_back(create_allocation(bytes, types_[static_cast<int>(Placement::host)]));
    return own_.back().whole;
  });
}

VulkanHeap::~VulkanHeap() {
  staging_.reset();
  device_->wait_idle();
}

void VulkanHeap::choose_types() {
  // Host-visible device memory is used only where all of it is: a 256 MB window must not hold the weights.
  const std::uint64_t whole = largest_device_heap(properties_);
  const auto score = [&](const VkMemoryType& type, Placement placement) {
    const VkMemoryPropertyFlags flags = type.propertyFlags;
    if (flags & (VK_MEMORY_PROPERTY_PROTECTED_BIT | VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT)) return 0;
    const Reach reach = reach_of(flags);
    if (placement == Placement::host) {
      return reach == Reach::cached ? 3 : reach == Reach::uncached ? 1 : 0;
    }
    if (!(flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)) return 1;
    if (properties_.memoryHeaps[type.heapIndex].size < whole) return 2;
    return reach == Reach::cached ? 5 : reach == Reach::uncached ? 4 : 3;
  };
  for (const Placement placement : {Placement::device, Placement::host}) {
    int best = 0;
    for (std::uint32_t i = 0; i < properties_.memoryTypeCount; ++i) {
      const int points = score(properties_.memoryTypes[i], placement);
      if (points <= best) continue;
      best = points;
      types_[static_cast<int>(placement)] = {i, reach_of(properties_.memoryTypes[i].propertyFlags)};
    }
    if (best == 0) fail(Errc::unsupported, "{} has no memory that programs can map", name_);
  }
}

BufferHandle VulkanHeap::create_buffer(std::size_t bytes, const void* next) const {
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, next};
  info.size = bytes;
  info.usage = buffer_usage;
  VkBuffer buffer = VK_NULL_HANDLE;
  device_->check(vkCreateBuffer(device_->handle(), &info, nullptr, &buffer), "creating a buffer");
  return {device_->handle(), buffer};
}

VulkanHeap::Allocation VulkanHeap::create_allocation(std::size_t bytes, const Type& type) const {
  Allocation result;
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
  info.memoryTypeIndex = type.index;
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

HeapBlock VulkanHeap::allocate(std::size_t bytes, Placement placement) {
  device_->check_alive();
  const std::lock_guard lock(mutex_);
  const Type& type = types_[static_cast<int>(placement)];
  const bool small = bytes <= largest_in_slab;
  for (auto it = allocations_.begin(); small && it != allocations_.end(); ++it) {
    if (!it->slab || it->placement != placement) continue;
    if (const auto offset = it->slab->take(bytes)) return place(it, *offset, bytes);
  }
  Allocation fresh = create_allocation(small ? slab_bytes : bytes, type);
  fresh.placement = placement;
  std::size_t offset = 0;
  if (small) {
    fresh.slab = std::make_unique<Slab>(slab_bytes);
    offset = *fresh.slab->take(bytes);
  }
  held_ += fresh.whole.bytes;
  allocations_.push_front(std::move(fresh));
  return place(allocations_.begin(), offset, bytes);
}

void VulkanHeap::free(const HeapBlock& block) {
  const std::lock_guard lock(mutex_);
  const std::unique_ptr<Handle> handle(static_cast<Handle*>(block.handle));
  const auto from = handle->from;
  if (from->slab) {
    from->slab->give_back(handle->block.offset, handle->block.bytes);
    if (!from->slab->empty()) return;
  }
  held_ -= from->whole.bytes;
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
  held_ += imported->whole.bytes;
  allocations_.push_front(std::move(*imported));
  return place(allocations_.begin(), 0, pages.size());
}

std::uint64_t VulkanHeap::sample_available() const {
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
  VkPhysicalDeviceMemoryProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2, &budget, {}};
  const bool known = device_->caps().memory_budget;
  if (known) vkGetPhysicalDeviceMemoryProperties2(device_->physical(), &properties);
  const std::uint32_t heap = properties_.memoryTypes[types_[0].index].heapIndex;
  const std::uint64_t size = properties_.memoryHeaps[heap].size;
  std::uint64_t available = known ? budget.heapBudget[heap] - std::min(budget.heapBudget[heap], budget.heapUsage[heap])
                                  : size - std::min(size, held_);
  if (device_->caps().shares_system_memory()) available = std::min(available, available_system_bytes());
  return available;
}

HeapBudget VulkanHeap::budget() const {
  const std::lock_guard lock(mutex_);
  // Asking the driver and the system costs microseconds: ask seldom, and count our own allocations in between.
  const auto now = std::chrono::steady_clock::now();
  if (now - sample_.when > std::chrono::milliseconds(250)) sample_ = {now, sample_available(), held_};
  const std::uint64_t taken = held_ - std::min(held_, sample_.held);
  const std::uint32_t heap = properties_.memoryTypes[types_[0].index].heapIndex;
  return {properties_.memoryHeaps[heap].size, sample_.available - std::min(sample_.available, taken)};
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
