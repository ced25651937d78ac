#include "engine/backend/vulkan/vulkan_backend.h"

#include <algorithm>

#include "engine/backend/vulkan/executable.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/memory.h"
#include "engine/backend/vulkan/recorder.h"
#include "engine/base/error.h"
#include "engine/memory/rehearsal_heap.h"

namespace etna::vulkan {

namespace {

const KernelTable& kernels() {
  static const KernelTable table = [] {
    KernelTable filled;
    register_all(filled);
    return filled;
  }();
  return table;
}

bool has_kernel(const Op& op, std::span<const Array> inputs, const Shape& output_shape, DType output) {
  const Kernel* kernel = kernels().find(op.type());
  return kernel && (!kernel->supports || kernel->supports(op, inputs, output_shape, output));
}

bool has_strided_input(const Op& op, int index) {
  const Kernel* kernel = kernels().find(op.type());
  return kernel && (kernel->strided_inputs >> std::min(index, 31) & 1) != 0;
}

void record(Recorder& recorder, const Program& program, const std::string& name) {
  for (const Step& step : program.steps) {
    if (step.output.size() == 0) continue;
    const Kernel* kernel = kernels().find(step.op->type());
    if (!kernel) fail(Errc::unsupported, "{}: no kernel on {}", step.op->name(), name);
    kernel->record(recorder, step);
    recorder.end_step();
  }
}

/// Keeps a program's memory and does nothing.
class RehearsedProgram final : public Executable {
public:
  RehearsedProgram(Program program, std::vector<Buffer> scratch) : program_(std::move(program)), scratch_(std::move(scratch)) {}

  std::uint64_t start() override { return ++runs_; }
  void wait(std::uint64_t) override {}
  std::vector<StepTime> profile() override { return {}; }
  int dispatch_count() const override { return static_cast<int>(program_.steps.size()); }

private:
  Program program_;
  std::vector<Buffer> scratch_;
  std::uint64_t runs_ = 0;
};

/// See Backend::rehearsal: the same kernels record, but no pipeline is made and nothing is submitted.
class VulkanRehearsal final : public Backend {
public:
  VulkanRehearsal(std::shared_ptr<Device> device, std::string name, std::function<bool(std::span<const std::byte>)> can_import)
      : device_(std::move(device)),
        allocator_(Allocator::create(std::make_unique<RehearsalHeap>(name, std::move(can_import)))),
        name_(std::move(name)) {
    allocator_->set_cache_limit(0);
  }

  const std::string& name() const override { return name_; }
  bool is_gpu() const override { return true; }
  const std::shared_ptr<Allocator>& allocator() const override { return allocator_; }

  bool supports(const Op& op, std::span<const Array> inputs, const Shape& output_shape, DType output) const override {
    return has_kernel(op, inputs, output_shape, output);
  }

  bool reads_strided(const Op& op, int index) const override { return has_strided_input(op, index); }

  std::unique_ptr<Executable> prepare(Program program) override {
    Recorder recorder(nullptr, allocator_, program.owner, program.working, device_->caps());
    record(recorder, program, name_);
    return std::make_unique<RehearsedProgram>(std::move(program), recorder.take_buffers());
  }

private:
  std::shared_ptr<Device> device_;
  std::shared_ptr<Allocator> allocator_;
  std::string name_;
};

class VulkanBackend final : public Backend {
public:
  VulkanBackend(std::shared_ptr<Device> device, const std::string& id, std::shared_ptr<MemoryLedger> ledger)
      : device_(std::move(device)),
        queue_(std::make_shared<Queue>(device_)),
        pipelines_(std::make_shared<PipelineLibrary>(device_)),
        allocator_(Allocator::create(std::make_unique<VulkanHeap>(queue_, id), std::move(ledger))),
        name_(device_->caps().name + " (vulkan)") {}

  const std::string& name() const override { return name_; }

  bool is_gpu() const override { return true; }

  const std::shared_ptr<Allocator>& allocator() const override { return allocator_; }

  bool supports(const Op& op, std::span<const Array> inputs, const Shape& output_shape, DType output) const override {
    return has_kernel(op, inputs, output_shape, output);
  }

  bool reads_strided(const Op& op, int index) const override { return has_strided_input(op, index); }

  std::unique_ptr<Executable> prepare(Program program) override {
    Recorder recorder(pipelines_.get(), allocator_, program.owner, program.working, device_->caps());
    record(recorder, program, name_);
    std::vector<Dispatch> dispatches = recorder.take_dispatches();
    auto executable = std::make_unique<VulkanExecutable>(queue_, pipelines_, std::move(program), std::move(dispatches),
                                                         recorder.take_buffers());
    pipelines_->save();
    return executable;
  }

  std::unique_ptr<Backend> rehearsal() const override {
    const auto& heap = static_cast<const VulkanHeap&>(allocator_->heap());
    return std::make_unique<VulkanRehearsal>(device_, name_, [rules = heap.import_rules()](std::span<const std::byte> pages) { return rules.allow(pages); });
  }

private:
  std::shared_ptr<Device> device_;
  std::shared_ptr<Queue> queue_;
  std::shared_ptr<PipelineLibrary> pipelines_;
  std::shared_ptr<Allocator> allocator_;
  std::string name_;
};

/// Usable devices, best first.
std::vector<VkPhysicalDevice> usable_devices(const Instance& instance) {
  std::vector<VkPhysicalDevice> devices = instance.physical_devices();
  std::erase_if(devices, [](VkPhysicalDevice physical) { return !Device::missing_features(physical).empty(); });
  std::ranges::stable_sort(devices, {}, [](VkPhysicalDevice physical) {
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(physical, &properties);
    return kind_of(properties);
  });
  return devices;
}

DeviceDescription describe(int index, VkPhysicalDevice physical) {
  VkPhysicalDeviceProperties properties;
  vkGetPhysicalDeviceProperties(physical, &properties);
  VkPhysicalDeviceMemoryProperties memory;
  vkGetPhysicalDeviceMemoryProperties(physical, &memory);
  DeviceDescription description;
  description.index = index;
  description.name = properties.deviceName;
  description.driver = driver_of(physical);
  description.is_software = kind_of(properties) == DeviceKind::software;
  description.integrated = kind_of(properties) == DeviceKind::integrated;
  std::uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(physical, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  vkEnumerateDeviceExtensionProperties(physical, nullptr, &count, extensions.data());
  const bool budget_known = std::ranges::any_of(extensions, [](const VkExtensionProperties& extension) {
    return std::string_view(extension.extensionName) == VK_EXT_MEMORY_BUDGET_EXTENSION_NAME;
  });
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
  VkPhysicalDeviceMemoryProperties2 asked{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2, &budget, {}};
  if (budget_known) vkGetPhysicalDeviceMemoryProperties2(physical, &asked);
  for (std::uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
    const VkMemoryHeap& heap = memory.memoryHeaps[i];
    if (!(heap.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) || heap.size <= description.memory_bytes) continue;
    description.memory_bytes = heap.size;
    description.available_bytes =
        budget_known ? budget.heapBudget[i] - std::min(budget.heapBudget[i], budget.heapUsage[i]) : heap.size;
  }
  if (description.is_software || description.integrated) {
    description.available_bytes = std::min(description.available_bytes, memory_info("MemAvailable"));
  }
  return description;
}

}  // namespace

std::vector<DeviceDescription> enumerate_devices() {
  const std::shared_ptr<Instance> instance = Instance::get();
  if (!instance) return {};
  std::vector<DeviceDescription> descriptions;
  for (VkPhysicalDevice physical : usable_devices(*instance)) {
    descriptions.push_back(describe(static_cast<int>(descriptions.size()), physical));
  }
  return descriptions;
}

std::unique_ptr<Backend> create_backend(int device_index, std::shared_ptr<MemoryLedger> ledger,
                                        const BackendOptions& options) {
  std::shared_ptr<Instance> instance = Instance::get();
  if (!instance) fail(Errc::unsupported, "there is no Vulkan 1.2 on this machine: no loader, or one that is too old");
  const std::vector<VkPhysicalDevice> devices = usable_devices(*instance);
  if (device_index < 0 || static_cast<std::size_t>(device_index) >= devices.size()) {
    fail(Errc::not_found, "graphics device {} does not exist: there are {}", device_index, devices.size());
  }
  return std::make_unique<VulkanBackend>(Device::create(std::move(instance), devices[device_index], options),
                                         fmt::format("gpu:{}", device_index), std::move(ledger));
}

}  // namespace etna::vulkan
