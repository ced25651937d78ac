#include "engine/memory/pool.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

namespace etna {

namespace {

/// The number after `field` and a colon in a file of /proc, in bytes; such lines count in kibibytes.
std::optional<std::uint64_t> field_of(const char* path, const std::string& field) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with(field + ":")) continue;
    std::istringstream words(line.substr(field.size() + 1));
    std::uint64_t kibibytes = 0;
    if (words >> kibibytes) return kibibytes * 1024;
  }
  return std::nullopt;
}

/// The process's control group, below /sys/fs/cgroup; empty for the root and for systems without version 2.
std::string control_group() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("0::/") && line.size() > 4) return "/sys/fs/cgroup" + line.substr(3);
  }
  return {};
}

/// A number in a file of its own; none for "max".
std::optional<std::uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

class SystemPool final : public MemoryPool {
public:
  SystemPool() : group_(control_group()) {}

  const std::string& id() const override { return id_; }
  const std::string& name() const override { return name_; }

  PoolBudget budget(std::uint64_t) const override {
    PoolBudget budget{memory_info("MemTotal"), memory_info("MemAvailable"), true};
    if (group_.empty()) return budget;
    if (const std::optional<std::uint64_t> most = number_in(group_ + "/memory.max"); most && *most < budget.capacity) {
      // Of what the group holds, pages of files can be dropped.
      const std::uint64_t current = number_in(group_ + "/memory.current").value_or(0);
      const std::uint64_t files = file_pages();
      const std::uint64_t fixed = current - std::min(current, files);
      budget.capacity = *most;
      budget.available = std::min(budget.available, *most - std::min(*most, fixed));
    }
    return budget;
  }

private:
  std::uint64_t file_pages() const {
    std::ifstream file(group_ + "/memory.stat");
    std::string key;
    std::uint64_t value = 0;
    while (file >> key >> value) {
      if (key == "file") return value;
    }
    return 0;
  }

  std::string id_ = system_pool_id;
  std::string name_ = "System memory";
  std::string group_;
};

}  // namespace

std::shared_ptr<MemoryPool> system_pool() {
  static const auto pool = std::make_shared<SystemPool>();
  return pool;
}

std::uint64_t process_bytes() {
  return field_of("/proc/self/status", "RssAnon").value_or(0) + field_of("/proc/self/status", "VmSwap").value_or(0);
}

std::uint64_t memory_info(const std::string& field) { return field_of("/proc/meminfo", field).value_or(0); }

}  // namespace etna
