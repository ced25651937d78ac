#include "engine/backend/vulkan/instance.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>

#include "engine/backend/vulkan/handle.h"
#include "engine/base/error.h"
#include "engine/base/log.h"

namespace etna::vulkan {

namespace {

std::atomic<std::uint64_t> messages{0};
std::atomic<bool> active{false};

constexpr const char* validation_layer = "VK_LAYER_KHRONOS_validation";

VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                                          const VkDebugUtilsMessengerCallbackDataEXT* data, void*) {
  ++messages;
  log::warning("Vulkan: {}", data->pMessage ? data->pMessage : "");
  return VK_FALSE;
}

bool layer_exists() {
  std::uint32_t count = 0;
  vkEnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  vkEnumerateInstanceLayerProperties(&count, layers.data());
  for (const VkLayerProperties& layer : layers) {
    if (std::string_view(layer.layerName) == validation_layer) return true;
  }
  return false;
}

VkDebugUtilsMessengerCreateInfoEXT messenger_info() {
  VkDebugUtilsMessengerCreateInfoEXT info{VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT};
  info.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  // Performance advice is not counted: a test asserts that nothing is wrong, not that a layer has no opinion.
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
  info.pfnUserCallback = on_message;
  return info;
}

VkInstance create_instance(bool validate) {
  VkApplicationInfo application{VK_STRUCTURE_TYPE_APPLICATION_INFO};
  application.pApplicationName = "Etna";
  application.pEngineName = "Etna";
  application.apiVersion = VK_API_VERSION_1_2;

  constexpr VkValidationFeatureEnableEXT enabled[] = {VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
  VkDebugUtilsMessengerCreateInfoEXT messenger = messenger_info();
  VkValidationFeaturesEXT features{VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT};
  features.pNext = &messenger;
  features.enabledValidationFeatureCount = 1;
  features.pEnabledValidationFeatures = enabled;

  constexpr const char* extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME};
  VkInstanceCreateInfo info{VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
  info.pApplicationInfo = &application;
  if (validate) {
    info.pNext = &features;
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = &validation_layer;
    info.enabledExtensionCount = 2;
    info.ppEnabledExtensionNames = extensions;
  }
  VkInstance instance = VK_NULL_HANDLE;
  return vkCreateInstance(&info, nullptr, &instance) == VK_SUCCESS ? instance : VK_NULL_HANDLE;
}

}  // namespace

void check(VkResult result, const char* what) {
  switch (result) {
    case VK_SUCCESS: return;
    case VK_ERROR_OUT_OF_HOST_MEMORY: fail(Errc::out_of_memory, "{}: the system has no memory left", what);
    case VK_ERROR_MEMORY_MAP_FAILED: fail(Errc::out_of_memory, "{}: the system has no addresses left", what);
    case VK_ERROR_OUT_OF_DEVICE_MEMORY: fail(Errc::out_of_memory, "{}: the graphics device has no memory left", what);
    case VK_ERROR_DEVICE_LOST: fail(Errc::device_lost, "{}: the graphics device stopped answering", what);
    default: fail(Errc::unsupported, "{}: the graphics driver refused (code {})", what, static_cast<int>(result));
  }
}

std::shared_ptr<Instance> Instance::get() {
  static std::mutex mutex;  // guards current
  static std::weak_ptr<Instance> current;
  const std::lock_guard lock(mutex);
  if (auto existing = current.lock()) return existing;
  if (volkInitialize() != VK_SUCCESS || volkGetInstanceVersion() < VK_API_VERSION_1_2) return nullptr;

  const bool validate = validation_requested() && layer_exists();
  if (validation_requested() && !validate) log::warning("Vulkan: the validation layers are not installed");
  auto instance = std::shared_ptr<Instance>(new Instance);
  instance->instance_ = create_instance(validate);
  if (instance->instance_ == VK_NULL_HANDLE) return nullptr;
  volkLoadInstance(instance->instance_);
  active = validate;
  if (validate) {
    const VkDebugUtilsMessengerCreateInfoEXT info = messenger_info();
    vkCreateDebugUtilsMessengerEXT(instance->instance_, &info, nullptr, &instance->messenger_);
  }
  current = instance;
  return instance;
}

Instance::~Instance() {
  if (messenger_ != VK_NULL_HANDLE) vkDestroyDebugUtilsMessengerEXT(instance_, messenger_, nullptr);
  if (instance_ != VK_NULL_HANDLE) vkDestroyInstance(instance_, nullptr);
}

std::vector<VkPhysicalDevice> Instance::physical_devices() const {
  std::uint32_t count = 0;
  if (vkEnumeratePhysicalDevices(instance_, &count, nullptr) != VK_SUCCESS) return {};
  std::vector<VkPhysicalDevice> devices(count);
  if (vkEnumeratePhysicalDevices(instance_, &count, devices.data()) != VK_SUCCESS) return {};
  devices.resize(count);
  return devices;
}

bool validation_requested() {
  const char* value = std::getenv("ETNA_VULKAN_VALIDATION");
  return value && std::strcmp(value, "1") == 0;
}

bool validation_active() {
  return active;
}

std::uint64_t validation_message_count() {
  return messages;
}

}  // namespace etna::vulkan
