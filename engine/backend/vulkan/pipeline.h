#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/vulkan/device.h"
#include "engine/backend/vulkan/handle.h"

namespace etna::vulkan {

/// One compiled SPIR-V module of this program.
struct Shader {
  const char* name;
  std::span<const std::uint32_t> code;
};

/// Values of the specialization constants 0, 1, 2, …
using Constants = std::vector<std::uint32_t>;

/// Push constants of every kernel: what all devices have.
inline constexpr std::uint32_t argument_bytes_limit = 128;

/// Compute pipelines by shader and constants, made when first asked for; what the driver compiled is kept on disk under
/// $XDG_CACHE_HOME/etna. Any thread.
class PipelineLibrary {
public:
  explicit PipelineLibrary(std::shared_ptr<Device> device);
  ~PipelineLibrary();

  VkPipeline get(const Shader& shader, const Constants& constants);

  VkPipelineLayout layout() const { return layout_.get(); }

  /// Writes the driver's cache if pipelines were made since. Failing to is not an error.
  void save();

private:
  PipelineHandle create(const Shader& shader, const Constants& constants);
  VkShaderModule module(const Shader& shader);

  std::shared_ptr<Device> device_;
  std::filesystem::path file_;
  PipelineLayoutHandle layout_;
  std::mutex mutex_;  // guards all below
  PipelineCacheHandle cache_;
  std::map<const Shader*, ShaderModuleHandle> modules_;
  std::map<std::pair<const Shader*, Constants>, PipelineHandle> pipelines_;
  bool changed_ = false;
};

/// The file's content for a driver's cache: magic, version, length, checksum, then the bytes.
std::string pack_cache(std::span<const std::byte> bytes);

/// The driver's bytes out of a file's content; empty unless everything fits. Drivers are not trusted with damaged ones.
std::span<const std::byte> unpack_cache(std::string_view content);

}  // namespace etna::vulkan
