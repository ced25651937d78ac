#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/array/backend.h"
#include "engine/session/messages.h"

namespace etna {

/// Places where models run, best first: graphics devices, then the processor, then software Vulkan (for tests).
std::vector<DeviceInfo> find_devices();

/// The same, found once.
const std::vector<DeviceInfo>& known_devices();

/// Opens a device by DeviceInfo::id; "vulkan" is the best Vulkan device, "cpu" the processor, "" the best there is.
/// Throws invalid_argument for other names, unsupported or not_found where there is no such device.
/// `ledger`: where its memory is accounted; null for one of its own.
std::shared_ptr<Backend> open_device(const std::string& id, const std::shared_ptr<MemoryLedger>& ledger = nullptr);

/// An open device.
struct OpenDevice {
  std::shared_ptr<Backend> backend;
  DeviceInfo info;
};

/// Devices that are open, each once, all accounting into one ledger: opening takes time. Any thread; the devices
/// themselves are for the thread that computes.
class OpenDevices {
public:
  using Opener = std::function<std::shared_ptr<Backend>(const std::string& id, const std::shared_ptr<MemoryLedger>& ledger)>;

  explicit OpenDevices(std::shared_ptr<MemoryLedger> ledger, Opener opener = open_device);

  /// By what LoadRequest::device takes. Throws as open_device.
  OpenDevice open(const std::string& id);

  /// Forgets a device (DeviceInfo::id) that was lost: the next open() opens it anew. It goes with its last user.
  void forget(const std::string& id);

  std::vector<DeviceInfo> list() const;

  /// Freed memory that each device may keep for reuse.
  void set_reuse_cache(std::uint64_t bytes);

private:
  std::shared_ptr<MemoryLedger> ledger_;
  Opener opener_;
  std::mutex opening_;         // held while a device is opened, which takes long; before mutex_
  mutable std::mutex mutex_;   // guards all below
  std::vector<OpenDevice> devices_;
  std::uint64_t reuse_cache_ = std::uint64_t{256} << 20;
};

/// How fast weights are read on the device, in bytes a second: measured for the processor and what shares its memory,
/// estimated from the size of its memory for a graphics card. For ReadSpeeds of models/layer_placement.h.
double read_speed(const DeviceInfo& device);

}  // namespace etna
