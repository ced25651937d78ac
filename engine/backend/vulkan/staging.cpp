#include "engine/backend/vulkan/staging.h"

#include <algorithm>
#include <cstring>

#include "engine/backend/vulkan/commands.h"

namespace etna::vulkan {

namespace {

constexpr std::size_t slot_bytes = std::size_t{8} << 20;

}  // namespace

Staging::Staging(std::shared_ptr<Queue> queue, std::function<MemoryBlock(std::size_t)> allocate_host_cached)
    : queue_(std::move(queue)),
      allocate_(std::move(allocate_host_cached)),
      pool_(create_command_pool(*queue_->device())) {}

Staging::~Staging() = default;

void Staging::prepare() {
  if (slots_[0].commands) return;
  for (Slot& slot : slots_) {
    slot.memory = allocate_(slot_bytes);
    slot.commands = allocate_commands(*queue_->device(), pool_.get());
  }
}

void Staging::copy(Slot& slot, VkBuffer from, std::size_t from_offset, VkBuffer to, std::size_t to_offset,
                   std::size_t bytes) {
  begin_commands(*queue_->device(), slot.commands, Reuse::once);
  const VkBufferCopy region{from_offset, to_offset, bytes};
  vkCmdCopyBuffer(slot.commands, from, to, 1, &region);
  end_commands(*queue_->device(), slot.commands);
  slot.ticket = queue_->submit(std::span(&slot.commands, 1));
}

void Staging::write(const MemoryBlock& block, std::size_t offset, std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  prepare();
  for (std::size_t done = 0, turn = 0; done < bytes.size(); done += slot_bytes, ++turn) {
    Slot& slot = slots_[turn % 2];
    const std::size_t count = std::min(slot_bytes, bytes.size() - done);
    queue_->wait(slot.ticket);
    std::memcpy(slot.memory.host, bytes.data() + done, count);
    copy(slot, slot.memory.buffer, slot.memory.offset, block.buffer, block.offset + offset + done, count);
  }
  for (const Slot& slot : slots_) queue_->wait(slot.ticket);
}

void Staging::read(const MemoryBlock& block, std::size_t offset, std::span<std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  prepare();
  const auto start = [&](std::size_t at, std::size_t turn) {
    Slot& slot = slots_[turn % 2];
    copy(slot, block.buffer, block.offset + offset + at, slot.memory.buffer, slot.memory.offset,
         std::min(slot_bytes, bytes.size() - at));
  };
  if (!bytes.empty()) start(0, 0);
  for (std::size_t done = 0, turn = 0; done < bytes.size(); done += slot_bytes, ++turn) {
    if (done + slot_bytes < bytes.size()) start(done + slot_bytes, turn + 1);
    const Slot& slot = slots_[turn % 2];
    queue_->wait(slot.ticket);
    std::memcpy(bytes.data() + done, slot.memory.host, std::min(slot_bytes, bytes.size() - done));
  }
}

}  // namespace etna::vulkan
