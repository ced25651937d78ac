#pragma once

#include <memory>
#include <vector>

#include "engine/backend/vulkan/device.h"
#include "engine/backend/vulkan/handle.h"

namespace etna::vulkan {

/// Points in time on the device.
class Timestamps {
public:
  /// Throws unsupported where the device has none.
  Timestamps(std::shared_ptr<Device> device, std::uint32_t count);

  void reset(VkCommandBuffer commands) const;

  /// Notes the time at which everything before it is over.
  void write(VkCommandBuffer commands, std::uint32_t index) const;

  /// Seconds since an arbitrary moment, one per point; call after the work is over.
  std::vector<double> read() const;

private:
  std::shared_ptr<Device> device_;
  std::uint32_t count_;
  QueryPoolHandle pool_;
};

}  // namespace etna::vulkan
