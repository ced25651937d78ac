#include "engine/backend/vulkan/memory_layout.h"

#include <algorithm>

namespace etna::vulkan {

namespace {

constexpr VkMemoryPropertyFlags coherent = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
constexpr VkMemoryPropertyFlags not_for_us = VK_MEMORY_PROPERTY_PROTECTED_BIT | VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT;

Reach reach_of(VkMemoryPropertyFlags flags) {
  if ((flags & coherent) != coherent) return Reach::none;
  return flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT ? Reach::cached : Reach::uncached;
}

int points_of(Reach reach) { return reach == Reach::cached ? 3 : reach == Reach::uncached ? 2 : 1; }

struct Scored {
  TypeChoice choice;
  int points = 0;
};

/// The best type of each heap, best first.
std::vector<TypeChoice> sorted(std::vector<Scored> types) {
  std::ranges::stable_sort(types, [](const Scored& a, const Scored& b) { return a.points > b.points; });
  std::vector<TypeChoice> best;
  for (const Scored& scored : types) {
    const auto same_heap = [&](const TypeChoice& choice) { return choice.heap == scored.choice.heap; };
    if (std::ranges::none_of(best, same_heap)) best.push_back(scored.choice);
  }
  return best;
}

}  // namespace

MemoryLayout layout_of(const VkPhysicalDeviceMemoryProperties& properties, DeviceKind kind, std::uint64_t carve_out_bytes) {
  const bool shared = kind == DeviceKind::integrated || kind == DeviceKind::software;
  MemoryLayout layout;
  std::uint64_t largest = 0;
  for (std::uint32_t i = 0; i < properties.memoryHeapCount; ++i) {
    const VkMemoryHeap& heap = properties.memoryHeaps[i];
    const bool local = (heap.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0;
    if (local) largest = std::max<std::uint64_t>(largest, heap.size);
    layout.in_system_memory.push_back(!local || (shared && !(carve_out_bytes > 0 && heap.size <= carve_out_bytes)));
  }
  std::vector<Scored> device, host;
  for (std::uint32_t i = 0; i < properties.memoryTypeCount; ++i) {
    const VkMemoryType& type = properties.memoryTypes[i];
    if (type.propertyFlags & not_for_us) continue;
    const TypeChoice choice{i, type.heapIndex, reach_of(type.propertyFlags)};
    const bool local = (type.propertyFlags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT) != 0;
    // A 256 MB window beside the large heap must not hold weights; nor may they cross a bus for every token.
    const bool whole = local && properties.memoryHeaps[type.heapIndex].size == largest;
    if (shared || whole) device.push_back({choice, points_of(choice.reach) + (local ? 10 : 0)});
    if (choice.reach != Reach::none) host.push_back({choice, choice.reach == Reach::cached ? 10 : local ? 1 : 2});
  }
  layout.device = sorted(std::move(device));
  layout.host = sorted(std::move(host));
  return layout;
}

}  // namespace etna::vulkan
