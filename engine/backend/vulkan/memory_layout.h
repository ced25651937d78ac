#pragma once

#include <volk.h>

#include <cstdint>
#include <vector>

#include "engine/backend/vulkan/device.h"

namespace etna::vulkan {

/// Which kind of memory a block has, by what the processor can do with it.
enum class Reach : std::uint8_t {
  none,      ///< not visible: staging moves bytes
  uncached,  ///< mapped for ever, quick to write, very slow to read: reads go through staging
  cached,    ///< mapped for ever, ordinary memory
};

/// A memory type that blocks of a placement may have.
struct TypeChoice {
  std::uint32_t type = 0;
  std::uint32_t heap = 0;
  Reach reach = Reach::none;
};

/// How a device's heaps are used. Best choice first, one for each heap.
///
/// - Shared memory (one heap, or a carved-out part beside the system's): all heaps, the device-local ones first.
/// - All device memory host-visible (resizable BAR): the device's heap, mapped.
/// - A small visible window, or none: the device's large heap, unmapped, with staging.
/// - Parameters and results for the host always lie in host-cached memory, or in uncached where there is none.
struct MemoryLayout {
  std::vector<TypeChoice> device;
  std::vector<TypeChoice> host;         ///< empty: the device has no memory that programs can map
  std::vector<bool> in_system_memory;   ///< by heap: its bytes are the computer's, not the card's own
};

/// `carve_out_bytes`: what firmware takes of the computer's memory for a chip alone (0: nothing or not known). A heap no
/// larger than that has bytes of its own, which the system does not count.
MemoryLayout layout_of(const VkPhysicalDeviceMemoryProperties& properties, DeviceKind kind, std::uint64_t carve_out_bytes);

}  // namespace etna::vulkan
