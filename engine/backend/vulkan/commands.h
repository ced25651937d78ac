#pragma once

#include <span>

#include "engine/backend/vulkan/device.h"
#include "engine/backend/vulkan/handle.h"
#include "engine/backend/vulkan/recorder.h"

namespace etna::vulkan {

enum class Reuse { once, many };

CommandPoolHandle create_command_pool(Device& device);
VkCommandBuffer allocate_commands(Device& device, VkCommandPool pool);

/// Begins with a barrier: what follows sees everything submitted before and everything the host wrote.
void begin_commands(Device& device, VkCommandBuffer commands, Reuse reuse);

/// Ends with a barrier: the host sees everything once the submit is over.
void end_commands(Device& device, VkCommandBuffer commands);

/// Dispatches and copies before happen before those after, and their writes are seen.
void encode_barrier(VkCommandBuffer commands);

/// One dispatch without its barrier.
void encode_dispatch(VkCommandBuffer commands, VkPipelineLayout layout, const Dispatch& dispatch);

}  // namespace etna::vulkan
