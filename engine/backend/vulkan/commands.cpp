#include "engine/backend/vulkan/commands.h"

namespace etna::vulkan {

namespace {

constexpr VkPipelineStageFlags work_stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
constexpr VkAccessFlags writes = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
constexpr VkAccessFlags reads = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT;

void barrier(VkCommandBuffer commands, VkPipelineStageFlags from, VkAccessFlags from_access, VkPipelineStageFlags to,
             VkAccessFlags to_access) {
  VkMemoryBarrier memory{VK_STRUCTURE_TYPE_MEMORY_BARRIER};
  memory.srcAccessMask = from_access;
  memory.dstAccessMask = to_access;
  vkCmdPipelineBarrier(commands, from, to, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

}  // namespace

CommandPoolHandle create_command_pool(Device& device) {
  VkCommandPoolCreateInfo info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  info.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  info.queueFamilyIndex = device.queue_family();
  VkCommandPool pool = VK_NULL_HANDLE;
  device.check(vkCreateCommandPool(device.handle(), &info, nullptr, &pool), "creating a command pool");
  return {device.handle(), pool};
}

VkCommandBuffer allocate_commands(Device& device, VkCommandPool pool) {
  VkCommandBufferAllocateInfo info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
  info.commandPool = pool;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  device.check(vkAllocateCommandBuffers(device.handle(), &info, &commands), "allocating a command buffer");
  return commands;
}

void begin_commands(Device& device, VkCommandBuffer commands, Reuse reuse) {
  VkCommandBufferBeginInfo info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  info.flags =
      reuse == Reuse::many ? VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT : VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  device.check(vkBeginCommandBuffer(commands, &info), "recording commands");
  barrier(commands, work_stages | VK_PIPELINE_STAGE_HOST_BIT, writes | VK_ACCESS_HOST_WRITE_BIT, work_stages,
          reads | writes);
}

void end_commands(Device& device, VkCommandBuffer commands) {
  barrier(commands, work_stages, writes, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
  device.check(vkEndCommandBuffer(commands), "recording commands");
}

void encode_barrier(VkCommandBuffer commands) {
  barrier(commands, work_stages, writes, work_stages, reads | writes);
}

void encode_dispatch(VkCommandBuffer commands, VkPipelineLayout layout, const Dispatch& dispatch) {
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, dispatch.pipeline);
  vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, dispatch.argument_bytes,
                     dispatch.arguments.data());
  vkCmdDispatch(commands, dispatch.groups.x, dispatch.groups.y, dispatch.groups.z);
}

}  // namespace etna::vulkan
