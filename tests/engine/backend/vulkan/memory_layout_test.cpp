#include "engine/backend/vulkan/memory_layout.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace etna::vulkan {
namespace {

constexpr VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
constexpr VkMemoryPropertyFlags visible = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
constexpr VkMemoryPropertyFlags cached = visible | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;

struct Machine {
  std::vector<VkMemoryHeap> heaps;
  std::vector<VkMemoryType> types;

  MemoryLayout layout(DeviceKind kind, std::uint64_t carve_out = 0) const {
    VkPhysicalDeviceMemoryProperties properties{};
    properties.memoryHeapCount = static_cast<std::uint32_t>(heaps.size());
    properties.memoryTypeCount = static_cast<std::uint32_t>(types.size());
    std::ranges::copy(heaps, properties.memoryHeaps);
    std::ranges::copy(types, properties.memoryTypes);
    return layout_of(properties, kind, carve_out);
  }
};

TEST(MemoryLayout, one_shared_heap_is_mapped_and_lies_in_system_memory) {
  const Machine chip{.heaps = {{16 * gibibyte, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}}, .types = {{local, 0}, {local | visible, 0}, {local | cached, 0}}};
  const MemoryLayout layout = chip.layout(DeviceKind::integrated);
  ASSERT_EQ(layout.device.size(), 1u);
  EXPECT_EQ(layout.device[0].type, 2u);
  EXPECT_EQ(layout.device[0].reach, Reach::cached);
  EXPECT_EQ(layout.host[0].type, 2u);
  EXPECT_TRUE(layout.in_system_memory[0]);
}

TEST(MemoryLayout, a_carved_out_heap_comes_first_and_has_bytes_of_its_own) {
  const Machine chip{.heaps = {{gibibyte, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}, {12 * gibibyte, 0}},
                     .types = {{local, 0}, {local | visible, 0}, {visible, 1}, {cached, 1}}};
  const MemoryLayout layout = chip.layout(DeviceKind::integrated, gibibyte);
  ASSERT_EQ(layout.device.size(), 2u);
  EXPECT_EQ(layout.device[0].heap, 0u);
  EXPECT_EQ(layout.device[0].reach, Reach::uncached);
  EXPECT_EQ(layout.device[1].heap, 1u);
  EXPECT_EQ(layout.device[1].reach, Reach::cached);
  EXPECT_EQ(layout.host[0].type, 3u);
  EXPECT_FALSE(layout.in_system_memory[0]);
  EXPECT_TRUE(layout.in_system_memory[1]);
}

TEST(MemoryLayout, without_word_of_a_carve_out_a_chip_s_heaps_are_the_systems) {
  const Machine chip{.heaps = {{8 * gibibyte, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}, {4 * gibibyte, 0}}, .types = {{local | visible, 0}, {cached, 1}}};
  const MemoryLayout layout = chip.layout(DeviceKind::integrated);
  EXPECT_TRUE(layout.in_system_memory[0]);
  EXPECT_TRUE(layout.in_system_memory[1]);
}

TEST(MemoryLayout, a_card_whose_whole_memory_is_visible_is_mapped) {
  const Machine card{.heaps = {{24 * gibibyte, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}, {32 * gibibyte, 0}},
                     .types = {{local, 0}, {cached, 1}, {visible, 1}, {local | visible, 0}}};
  const MemoryLayout layout = card.layout(DeviceKind::discrete);
  ASSERT_EQ(layout.device.size(), 1u);
  EXPECT_EQ(layout.device[0].type, 3u);
  EXPECT_EQ(layout.device[0].reach, Reach::uncached);
  EXPECT_EQ(layout.host[0].type, 1u);
  EXPECT_FALSE(layout.in_system_memory[0]);
  EXPECT_TRUE(layout.in_system_memory[1]);
}

TEST(MemoryLayout, a_small_window_holds_no_weights) {
  const Machine card{.heaps = {{8 * gibibyte, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}, {32 * gibibyte, 0}, {gibibyte / 4, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}},
                     .types = {{local | visible, 2}, {local, 0}, {cached, 1}}};
  const MemoryLayout layout = card.layout(DeviceKind::discrete);
  ASSERT_EQ(layout.device.size(), 1u);
  EXPECT_EQ(layout.device[0].heap, 0u);
  EXPECT_EQ(layout.device[0].reach, Reach::none);
  EXPECT_EQ(layout.host[0].heap, 1u);
}

TEST(MemoryLayout, a_card_without_a_window_goes_through_staging) {
  const Machine card{.heaps = {{8 * gibibyte, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}, {32 * gibibyte, 0}}, .types = {{local, 0}, {visible, 1}}};
  const MemoryLayout layout = card.layout(DeviceKind::discrete);
  ASSERT_EQ(layout.device.size(), 1u);
  EXPECT_EQ(layout.device[0].reach, Reach::none);
  EXPECT_EQ(layout.host[0].reach, Reach::uncached);
}

TEST(MemoryLayout, protected_and_lazily_allocated_memory_is_left_alone) {
  const Machine card{.heaps = {{8 * gibibyte, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}},
                     .types = {{local | VK_MEMORY_PROPERTY_PROTECTED_BIT, 0}, {local | VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT, 0}}};
  const MemoryLayout layout = card.layout(DeviceKind::integrated);
  EXPECT_TRUE(layout.device.empty());
  EXPECT_TRUE(layout.host.empty());
}

}  // namespace
}  // namespace etna::vulkan
