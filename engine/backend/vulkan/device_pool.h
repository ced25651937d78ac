#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/backend/vulkan/device.h"
#include "engine/memory/pool.h"

namespace etna::vulkan {

/// One heap of a graphics device as a source of bytes. `in_system_memory`: its bytes are the computer's.
std::shared_ptr<MemoryPool> create_device_pool(std::shared_ptr<Device> device, std::uint32_t heap, std::string id, bool in_system_memory);

/// What firmware takes of the computer's memory for an integrated chip (amdgpu tells); 0: nothing or not known.
std::uint64_t carve_out_bytes(VkPhysicalDevice physical);

}  // namespace etna::vulkan
