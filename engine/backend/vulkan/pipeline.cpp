#include "engine/backend/vulkan/pipeline.h"

#include <cstdlib>
#include <cstring>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/log.h"

namespace etna::vulkan {

namespace {

constexpr std::size_t cache_limit = std::size_t{256} << 20;

struct CacheHeader {
  char magic[8] = {'E', 'T', 'N', 'A', 'V', 'K', 'P', 'C'};
  std::uint32_t version = 1;
  std::uint32_t reserved = 0;
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;
};

std::uint64_t checksum(std::span<const std::byte> bytes) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
  return hash;
}

std::filesystem::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) return std::filesystem::path(cache) / "etna";
  if (const char* home = std::getenv("HOME"); home && *home) return std::filesystem::path(home) / ".cache" / "etna";
  return {};
}

/// One file per device and driver version: the driver's own header would refuse others anyway.
std::filesystem::path cache_file(VkPhysicalDevice physical) {
  const std::filesystem::path folder = cache_folder();
  if (folder.empty()) return {};
  VkPhysicalDeviceProperties properties;
  vkGetPhysicalDeviceProperties(physical, &properties);
  std::string uuid;
  for (const std::uint8_t byte : properties.pipelineCacheUUID) uuid += fmt::format("{:02x}", byte);
  return folder / fmt::format("vulkan-{:04x}-{:04x}-{}.cache", properties.vendorID, properties.deviceID, uuid);
}

std::string read_cache(const std::filesystem::path& file) {
  std::error_code ignored;
  if (file.empty() || !std::filesystem::exists(file, ignored)) return {};
  try {
    return read_text_file(file, cache_limit);
  } catch (const Error& error) {
    log::debug("pipeline cache: {}", error.what());
    return {};
  }
}

}  // namespace

std::string pack_cache(std::span<const std::byte> bytes) {
  CacheHeader header;
  header.bytes = bytes.size();
  header.checksum = checksum(bytes);
  std::string content(sizeof header + bytes.size(), '\0');
  std::memcpy(content.data(), &header, sizeof header);
  if (!bytes.empty()) std::memcpy(content.data() + sizeof header, bytes.data(), bytes.size());
  return content;
}

std::span<const std::byte> unpack_cache(std::string_view content) {
  CacheHeader header;
  const CacheHeader expected;
  if (content.size() < sizeof header) return {};
  std::memcpy(&header, content.data(), sizeof header);
  const auto bytes = std::as_bytes(std::span(content)).subspan(sizeof header);
  const bool fits = std::memcmp(header.magic, expected.magic, sizeof header.magic) == 0 &&
                    header.version == expected.version && header.bytes == bytes.size();
  return fits && checksum(bytes) == header.checksum ? bytes : std::span<const std::byte>{};
}

PipelineLibrary::PipelineLibrary(std::shared_ptr<Device> device)
    : device_(std::move(device)), file_(cache_file(device_->physical())) {
  const VkPushConstantRange range{VK_SHADER_STAGE_COMPUTE_BIT, 0, argument_bytes_limit};
  VkPipelineLayoutCreateInfo layout_info{VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  layout_info.pushConstantRangeCount = 1;
  layout_info.pPushConstantRanges = &range;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  device_->check(vkCreatePipelineLayout(device_->handle(), &layout_info, nullptr, &layout), "creating a layout");
  layout_ = {device_->handle(), layout};

  const std::string content = read_cache(file_);
  const std::span<const std::byte> bytes = unpack_cache(content);
  VkPipelineCacheCreateInfo cache_info{VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  cache_info.initialDataSize = bytes.size();
  cache_info.pInitialData = bytes.data();
  VkPipelineCache cache = VK_NULL_HANDLE;
  device_->check(vkCreatePipelineCache(device_->handle(), &cache_info, nullptr, &cache), "creating a pipeline cache");
  cache_ = {device_->handle(), cache};
}

PipelineLibrary::~PipelineLibrary() {
  save();
}

VkPipeline PipelineLibrary::get(const Shader& shader, const Constants& constants) {
  device_->check_alive();
  const std::lock_guard lock(mutex_);
  const auto key = std::pair(&shader, constants);
  const auto found = pipelines_.find(key);
  if (found != pipelines_.end()) return found->second.get();
  return pipelines_.emplace(key, create(shader, constants)).first->second.get();
}

VkShaderModule PipelineLibrary::module(const Shader& shader) {
  const auto found = modules_.find(&shader);
  if (found != modules_.end()) return found->second.get();
  VkShaderModuleCreateInfo info{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  info.codeSize = shader.code.size_bytes();
  info.pCode = shader.code.data();
  VkShaderModule module = VK_NULL_HANDLE;
  device_->check(vkCreateShaderModule(device_->handle(), &info, nullptr, &module), shader.name);
  return modules_.emplace(&shader, ShaderModuleHandle(device_->handle(), module)).first->second.get();
}

PipelineHandle PipelineLibrary::create(const Shader& shader, const Constants& constants) {
  std::vector<VkSpecializationMapEntry> entries;
  for (std::uint32_t i = 0; i < constants.size(); ++i) entries.push_back({i, i * 4, 4});
  const VkSpecializationInfo values{static_cast<std::uint32_t>(entries.size()), entries.data(), constants.size() * 4,
                                    constants.data()};
  VkPipelineShaderStageRequiredSubgroupSizeCreateInfoEXT subgroup{
      VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO_EXT};
  subgroup.requiredSubgroupSize = device_->caps().subgroup_size;
  VkComputePipelineCreateInfo info{VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};
  info.layout = layout_.get();
  info.stage = {VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO};
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module(shader);
  info.stage.pName = "main";
  info.stage.pSpecializationInfo = &values;
  if (device_->caps().subgroup_size_control) {
    info.stage.pNext = &subgroup;
    info.stage.flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT_EXT;
  }
  VkPipeline pipeline = VK_NULL_HANDLE;
  device_->check(vkCreateComputePipelines(device_->handle(), cache_.get(), 1, &info, nullptr, &pipeline), shader.name);
  changed_ = true;
  return {device_->handle(), pipeline};
}

void PipelineLibrary::save() {
  const std::lock_guard lock(mutex_);
  if (!changed_ || file_.empty()) return;
  changed_ = false;
  std::size_t size = 0;
  if (vkGetPipelineCacheData(device_->handle(), cache_.get(), &size, nullptr) != VK_SUCCESS) return;
  std::vector<std::byte> bytes(size);
  if (vkGetPipelineCacheData(device_->handle(), cache_.get(), &size, bytes.data()) != VK_SUCCESS) return;
  bytes.resize(size);
  try {
    std::filesystem::create_directories(file_.parent_path());
    FileWriter writer(file_);
    writer.append(pack_cache(bytes));
    writer.commit();
  } catch (const std::exception& error) {
    log::debug("pipeline cache: {}", error.what());
  }
}

}  // namespace etna::vulkan
