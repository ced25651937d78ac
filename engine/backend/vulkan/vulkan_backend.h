#pragma once

#include <memory>
#include <vector>

#include "engine/array/backend.h"

namespace etna::vulkan {

struct DeviceDescription {
  int index = 0;             ///< among the usable ones
  std::string name;          ///< "NVIDIA H200"
  std::string driver;        ///< "NVIDIA 580.159.04", "llvmpipe Mesa 22.3.6"
  bool is_software = false;  ///< a processor that plays graphics device (lavapipe)
  bool integrated = false;   ///< shares the system's memory
  std::uint64_t memory_bytes = 0;
  std::uint64_t available_bytes = 0;
};

/// Usable devices, best first: discrete, integrated, virtual, software. Empty without a loader or driver.
std::vector<DeviceDescription> enumerate_devices();

/// Who multiplies matrices. `automatic`: cooperative matrices where the device has them. Tests and benchmarks choose: without
/// them, or the same kernels in plain arithmetic, which any device can run, slowly.
enum class MatrixUnits : std::uint8_t { automatic, off, emulated };

struct BackendOptions {
  MatrixUnits matrices = MatrixUnits::automatic;

  /// A number of matrix_tile() (matrix_tiles.h) for all products it can compute, however small; -1: by their shapes.
  int tile = -1;
};

/// Throws unsupported (what is missing), not_found (no such device), device_lost.
/// `ledger`: where its memory is accounted; null for one of its own.
std::unique_ptr<Backend> create_backend(int device_index, std::shared_ptr<MemoryLedger> ledger = nullptr,
                                        const BackendOptions& options = {});

}  // namespace etna::vulkan
