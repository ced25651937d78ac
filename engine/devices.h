#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/array/backend.h"
#include "engine/session/messages.h"

namespace etna {

/// Places where models run, best first: graphics devices, then the processor, then software Vulkan (for tests).
std::vector<DeviceInfo> find_devices();

/// Opens a device by DeviceInfo::id; "vulkan" is the best Vulkan device, "cpu" the processor, "" the best there is.
/// Throws invalid_argument for other names, unsupported or not_found where there is no such device.
/// `ledger`: where its memory is accounted; null for one of its own.
std::shared_ptr<Backend> open_device(const std::string& id, const std::shared_ptr<MemoryLedger>& ledger = nullptr);

/// How fast weights are read on the device, in bytes a second: measured for the processor and what shares its memory,
/// estimated from the size of its memory for a graphics card. For ReadSpeeds of models/layer_placement.h.
double read_speed(const DeviceInfo& device);

}  // namespace etna
