#include "engine/backend/vulkan/device.h"

#include <algorithm>
#include <optional>
#include <set>

#include "engine/backend/vulkan/handle.h"
#include "engine/base/error.h"
#include "engine/base/mapped_pages.h"

namespace etna::vulkan {

namespace {

// VK_KHR_cooperative_matrix and VK_KHR_shader_bfloat16, which are newer than the headers this builds with.
constexpr const char* matrix_extension = "VK_KHR_cooperative_matrix";
constexpr const char* bfloat16_extension = "VK_KHR_shader_bfloat16";
constexpr auto matrix_features_type = static_cast<VkStructureType>(1000506000);
constexpr auto matrix_properties_type = static_cast<VkStructureType>(1000506001);
constexpr auto bfloat16_features_type = static_cast<VkStructureType>(1000141000);

struct MatrixFeatures {
  VkStructureType type = matrix_features_type;
  void* pNext = nullptr;
  VkBool32 matrices = VK_FALSE;
  VkBool32 robust_access = VK_FALSE;
};

struct BFloat16Features {
  VkStructureType type = bfloat16_features_type;
  void* pNext = nullptr;
  VkBool32 type_in_shaders = VK_FALSE;
  VkBool32 dot_product = VK_FALSE;
  VkBool32 matrices = VK_FALSE;
};

struct MatrixProperties {
  VkStructureType type = matrix_properties_type;
  void* pNext = nullptr;
  std::uint32_t rows, columns, depth;
  std::uint32_t left, right, addend, result;  // component types
  VkBool32 saturating;
  std::uint32_t scope;
};

constexpr std::uint32_t matrix_float16 = 0, matrix_float32 = 1, matrix_bfloat16 = 1000141000;
constexpr std::uint32_t subgroup_scope = 3;

using GetMatrixProperties = VkResult(VKAPI_PTR*)(VkPhysicalDevice, std::uint32_t*, MatrixProperties*);

/// Feature structures in one chain, to ask for and to switch on.
struct Features {
  VkPhysicalDeviceFeatures2 core{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2};
  VkPhysicalDeviceVulkan11Features v11{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES};
  VkPhysicalDeviceVulkan12Features v12{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
  VkPhysicalDeviceSubgroupSizeControlFeaturesEXT subgroup_size{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES_EXT};
  VkPhysicalDeviceMemoryPriorityFeaturesEXT priority{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PRIORITY_FEATURES_EXT};
  VkPhysicalDeviceShaderIntegerDotProductFeaturesKHR dot{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES_KHR};

  MatrixFeatures matrices;
  BFloat16Features bfloat16;

  void chain() {
    core.pNext = &v11;
    v11.pNext = &v12;
    last_ = &v12.pNext;
  }

  template <class T>
  void append(T& structure) {
    *last_ = &structure;
    last_ = &structure.pNext;
  }

private:
  void** last_ = nullptr;
};

std::set<std::string> extensions_of(VkPhysicalDevice physical) {
  std::uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(physical, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> properties(count);
  vkEnumerateDeviceExtensionProperties(physical, nullptr, &count, properties.data());
  std::set<std::string> names;
  for (const VkExtensionProperties& property : properties) names.insert(property.extensionName);
  return names;
}

std::optional<std::uint32_t> compute_family(VkPhysicalDevice physical) {
  std::uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
  for (std::uint32_t i = 0; i < count; ++i) {
    if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) return i;
  }
  return std::nullopt;
}

/// Builds a device step by step: what is required is checked before, what is preferred is switched on when it is there.
class Builder {
public:
  explicit Builder(VkPhysicalDevice physical) : physical_(physical), available_(extensions_of(physical)) {
    vkGetPhysicalDeviceProperties(physical, &properties_);
    wanted_.chain();
    caps_.name = properties_.deviceName;
    caps_.driver = driver_of(physical);
    caps_.kind = kind_of(properties_);
    const VkPhysicalDeviceLimits& limits = properties_.limits;
    caps_.shared_memory_bytes = limits.maxComputeSharedMemorySize;
    caps_.max_threads = limits.maxComputeWorkGroupInvocations;
    std::copy_n(limits.maxComputeWorkGroupCount, 3, caps_.max_groups);
  }

  void require_baseline() {
    wanted_.core.features.shaderInt64 = VK_TRUE;
    wanted_.core.features.shaderInt16 = VK_TRUE;
    wanted_.v11.storageBuffer16BitAccess = VK_TRUE;
    wanted_.v12.storageBuffer8BitAccess = VK_TRUE;
    wanted_.v12.shaderInt8 = VK_TRUE;
    wanted_.v12.bufferDeviceAddress = VK_TRUE;
    wanted_.v12.timelineSemaphore = VK_TRUE;
    wanted_.v12.scalarBlockLayout = VK_TRUE;
    wanted_.v12.vulkanMemoryModel = VK_FALSE;
  }

  void prefer_float16() {
    Features have = query();
    caps_.float16_arithmetic = have.v12.shaderFloat16;
    wanted_.v12.shaderFloat16 = have.v12.shaderFloat16;
  }

  void prefer_subgroup_size_control() {
    VkPhysicalDeviceSubgroupProperties subgroup{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
    VkPhysicalDeviceSubgroupSizeControlPropertiesEXT control{
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES_EXT};
    const bool extension = available_.contains(VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME);
    if (extension) subgroup.pNext = &control;
    VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &subgroup, {}};
    vkGetPhysicalDeviceProperties2(physical_, &properties);
    caps_.subgroup_size = subgroup.subgroupSize;
    if (!extension || control.minSubgroupSize == control.maxSubgroupSize) return;
    if (!(control.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT)) return;
    Features have = query();
    if (!have.subgroup_size.subgroupSizeControl || !have.subgroup_size.computeFullSubgroups) return;
    enable(VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME);
    wanted_.subgroup_size.subgroupSizeControl = VK_TRUE;
    wanted_.subgroup_size.computeFullSubgroups = VK_TRUE;
    wanted_.append(wanted_.subgroup_size);
    caps_.subgroup_size = std::clamp(32U, control.minSubgroupSize, control.maxSubgroupSize);
    caps_.subgroup_size_control = true;
  }

  void prefer_integer_dot_product() {
    if (!available_.contains(VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME)) return;
    enable(VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME);
    wanted_.dot.shaderIntegerDotProduct = VK_TRUE;
    wanted_.append(wanted_.dot);
    caps_.integer_dot_product = true;
  }

  void prefer_external_memory_host() {
    if (!available_.contains(VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME)) return;
    enable(VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
    VkPhysicalDeviceExternalMemoryHostPropertiesEXT host{
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT};
    VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &host, {}};
    vkGetPhysicalDeviceProperties2(physical_, &properties);
    caps_.external_memory_host = true;
    caps_.host_pointer_alignment = host.minImportedHostPointerAlignment;
  }

  /// Matrices of the shaders' size, by subgroups of the size that pipelines have.
  void prefer_matrices(const Instance& instance) {
    if (!available_.contains(matrix_extension)) return;
    const auto get = reinterpret_cast<GetMatrixProperties>(
        vkGetInstanceProcAddr(instance.handle(), "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"));
    Features have = query();
    const bool usable = have.matrices.matrices && have.v12.vulkanMemoryModel && have.v12.shaderFloat16;
    if (!get || !usable) return;
    std::uint32_t count = 0;
    if (get(physical_, &count, nullptr) != VK_SUCCESS) return;
    std::vector<MatrixProperties> properties(count);
    if (get(physical_, &count, properties.data()) != VK_SUCCESS) return;
    const auto has = [&](std::uint32_t factor) {
      return std::ranges::any_of(properties, [&](const MatrixProperties& p) {
        return p.rows == 16 && p.columns == 16 && p.depth == 16 && p.left == factor && p.right == factor &&
               p.addend == matrix_float32 && p.result == matrix_float32 && p.scope == subgroup_scope;
      });
    };
    caps_.matrices.float16 = has(matrix_float16);
    caps_.matrices.bfloat16 = have.bfloat16.type_in_shaders && have.bfloat16.matrices && has(matrix_bfloat16);
    if (!caps_.matrices.float16) {
      caps_.matrices = {};
      return;
    }
    enable(matrix_extension);
    wanted_.v12.vulkanMemoryModel = VK_TRUE;
    wanted_.matrices.matrices = VK_TRUE;
    wanted_.append(wanted_.matrices);
    if (!caps_.matrices.bfloat16) return;
    enable(bfloat16_extension);
    wanted_.bfloat16.type_in_shaders = VK_TRUE;
    wanted_.bfloat16.matrices = VK_TRUE;
    wanted_.append(wanted_.bfloat16);
  }

  void use_matrices(const Instance& instance, const BackendOptions& options) {
    if (options.matrices == MatrixUnits::automatic) prefer_matrices(instance);
    if (options.matrices == MatrixUnits::emulated)
      caps_.matrices = {.float16 = true, .bfloat16 = true, .emulated = true};
    caps_.matrices.tile = options.tile;
  }

  void count_cores() {
    VkPhysicalDeviceShaderSMBuiltinsPropertiesNV nvidia{
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SM_BUILTINS_PROPERTIES_NV};
    VkPhysicalDeviceShaderCorePropertiesAMD amd{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_AMD};
    VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
    if (available_.contains(VK_NV_SHADER_SM_BUILTINS_EXTENSION_NAME))
      properties.pNext = &nvidia;
    else if (available_.contains(VK_AMD_SHADER_CORE_PROPERTIES_EXTENSION_NAME))
      properties.pNext = &amd;
    else
      return;
    vkGetPhysicalDeviceProperties2(physical_, &properties);
    const std::uint32_t found =
        nvidia.shaderSMCount + amd.shaderEngineCount * amd.shaderArraysPerEngineCount * amd.computeUnitsPerShaderArray;
    if (found > 0) caps_.cores = found;
  }

  void prefer_memory_budget() {
    if (!available_.contains(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME)) return;
    enable(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    caps_.memory_budget = true;
  }

  void prefer_memory_priority() {
    if (!available_.contains(VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME)) return;
    enable(VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME);
    wanted_.priority.memoryPriority = VK_TRUE;
    wanted_.append(wanted_.priority);
    caps_.memory_priority = true;
  }

  VkDevice create(std::uint32_t family) {
    std::uint32_t count = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(physical_, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    vkGetPhysicalDeviceQueueFamilyProperties(physical_, &count, families.data());
    caps_.timestamp_period_ns = families[family].timestampValidBits ? properties_.limits.timestampPeriod : 0;

    const float priority = 1;
    VkDeviceQueueCreateInfo queue{VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
    queue.queueFamilyIndex = family;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    VkDeviceCreateInfo info{VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, &wanted_.core};
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue;
    info.enabledExtensionCount = static_cast<std::uint32_t>(enabled_.size());
    info.ppEnabledExtensionNames = enabled_.data();
    VkDevice device = VK_NULL_HANDLE;
    vulkan::check(vkCreateDevice(physical_, &info, nullptr, &device), caps_.name.c_str());
    return device;
  }

  DeviceCaps caps() const { return caps_; }

private:
  void enable(const char* extension) { enabled_.push_back(extension); }

  Features query() const {
    Features have;
    have.chain();
    if (available_.contains(VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME)) have.append(have.subgroup_size);
    if (available_.contains(matrix_extension)) have.append(have.matrices);
    if (available_.contains(bfloat16_extension)) have.append(have.bfloat16);
    vkGetPhysicalDeviceFeatures2(physical_, &have.core);
    return have;
  }

  VkPhysicalDevice physical_;
  VkPhysicalDeviceProperties properties_{};
  std::set<std::string> available_;
  std::vector<const char*> enabled_;
  Features wanted_;
  DeviceCaps caps_;
};

std::string missing_subgroup_operations(VkPhysicalDevice physical) {
  VkPhysicalDeviceSubgroupProperties subgroup{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &subgroup, {}};
  vkGetPhysicalDeviceProperties2(physical, &properties);
  constexpr VkSubgroupFeatureFlags needed =
      VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_ARITHMETIC_BIT | VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
  if ((subgroup.supportedOperations & needed) != needed) return "subgroup arithmetic";
  return subgroup.subgroupSize < 8 ? "subgroups of at least 8 invocations" : "";
}

}  // namespace

double DeviceCaps::estimated_bandwidth() const {
  switch (kind) {
    case DeviceKind::discrete: return 200e9;
    case DeviceKind::software: return 1e9;
    default: return 30e9;
  }
}

double DeviceCaps::estimated_flops() const {
  switch (kind) {
    case DeviceKind::discrete: return 3e12;
    case DeviceKind::software: return 2e9;
    default: return 300e9;
  }
}

DeviceKind kind_of(const VkPhysicalDeviceProperties& properties) {
  switch (properties.deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return DeviceKind::discrete;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return DeviceKind::integrated;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return DeviceKind::virtual_machine;
    default: return DeviceKind::software;
  }
}

std::string driver_of(VkPhysicalDevice physical) {
  VkPhysicalDeviceDriverProperties driver{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &driver, {}};
  vkGetPhysicalDeviceProperties2(physical, &properties);
  return fmt::format("{} {}", driver.driverName, driver.driverInfo);
}

std::string Device::missing_features(VkPhysicalDevice physical) {
  VkPhysicalDeviceProperties properties;
  vkGetPhysicalDeviceProperties(physical, &properties);
  if (properties.apiVersion < VK_API_VERSION_1_2) return "Vulkan 1.2";
  Features have;
  have.chain();
  vkGetPhysicalDeviceFeatures2(physical, &have.core);

  const struct {
    VkBool32 there;
    const char* name;
  } required[] = {{have.core.features.shaderInt64, "64-bit integers in shaders"},
                  {have.core.features.shaderInt16, "16-bit integers in shaders"},
                  {have.v11.storageBuffer16BitAccess, "16-bit storage"},
                  {have.v12.storageBuffer8BitAccess, "8-bit storage"},
                  {have.v12.shaderInt8, "8-bit integers in shaders"},
                  {have.v12.bufferDeviceAddress, "buffer device addresses"},
                  {have.v12.timelineSemaphore, "timeline semaphores"},
                  {have.v12.scalarBlockLayout, "scalar block layout"}};

  for (const auto& feature : required) {
    if (!feature.there) return feature.name;
  }
  if (!compute_family(physical)) return "a compute queue";
  if (properties.limits.maxComputeWorkGroupInvocations < 256) return "workgroups of 256 invocations";
  if (properties.limits.maxComputeSharedMemorySize < 32768) return "32 KiB of shared memory";
  return missing_subgroup_operations(physical);
}

std::shared_ptr<Device> Device::create(std::shared_ptr<Instance> instance, VkPhysicalDevice physical,
                                       const BackendOptions& options) {
  if (const std::string missing = missing_features(physical); !missing.empty()) {
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(physical, &properties);
    fail(Errc::unsupported, "{} cannot be used: its driver lacks {}", properties.deviceName, missing);
  }
  Builder builder(physical);
  builder.require_baseline();
  builder.prefer_float16();
  builder.prefer_subgroup_size_control();
  builder.prefer_integer_dot_product();
  builder.use_matrices(*instance, options);
  builder.count_cores();
  builder.prefer_external_memory_host();
  builder.prefer_memory_budget();
  builder.prefer_memory_priority();
  auto device = std::shared_ptr<Device>(new Device);
  device->instance_ = std::move(instance);
  device->physical_ = physical;
  device->queue_family_ = *compute_family(physical);
  device->device_ = builder.create(device->queue_family_);
  device->caps_ = builder.caps();
  // Its threads are there by now, and read imported pages of files.
  if (device->caps_.kind == DeviceKind::software) unblock_bus_errors_in_all_threads();
  return device;
}

Device::~Device() {
  if (device_ == VK_NULL_HANDLE) return;
  wait_idle();
  vkDestroyDevice(device_, nullptr);
}

void Device::check_alive() const {
  if (lost_) fail(Errc::device_lost, "{} stopped answering; load the model again", caps_.name);
}

void Device::wait_idle() const {
  // A software device works with this program's memory, and always ends.
  if (lost_ && caps_.kind != DeviceKind::software) return;
  vkDeviceWaitIdle(device_);
}

void Device::check(VkResult result, const char* what) {
  if (result == VK_ERROR_DEVICE_LOST) mark_lost();
  vulkan::check(result, what);
}

}  // namespace etna::vulkan
