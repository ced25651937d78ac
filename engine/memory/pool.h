#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace etna {

/// What a source of bytes says of itself.
struct PoolBudget {
  std::uint64_t capacity = 0;    ///< bytes there are in all
  std::uint64_t available = 0;   ///< bytes that this process may still take; no reserve is taken off
  bool reported = true;          ///< false: nobody says what other programs use; available is capacity less 10 % and our own count
};

/// A source of bytes: the computer's memory, a graphics card's own, or the part of the computer's memory that a driver
/// lets a graphics device use. The last kind lies inside another pool, where its bytes count too: once for the driver's
/// limit, once for the system's, never twice in a report.
///
/// A pool only says what there is. Who holds what is the ledger's to know. Any thread.
class MemoryPool {
public:
  virtual ~MemoryPool() = default;
  virtual const std::string& id() const = 0;    ///< "system", "gpu:0"
  virtual const std::string& name() const = 0;  ///< "System memory", "NVIDIA H200"

  /// Takes microseconds: ask seldom. `held` is what this process holds of it as the ledger counts it, for drivers that
  /// do not say.
  virtual PoolBudget budget(std::uint64_t held) const = 0;

  /// The pool that these bytes lie in; null: they are bytes of their own.
  virtual std::shared_ptr<MemoryPool> parent() const { return nullptr; }
};

inline constexpr const char* system_pool_id = "system";

/// The computer's memory (/proc/meminfo): one object for the whole process. A memory limit of the process's control group
/// (cgroup v2 memory.max) is a limit of this pool.
std::shared_ptr<MemoryPool> system_pool();

/// Bytes of the computer's memory that this process holds for itself (/proc/self/status: anonymous and swapped).
std::uint64_t process_bytes();

/// A field of /proc/meminfo in bytes; 0 where it is missing.
std::uint64_t memory_info(const std::string& field);

}  // namespace etna
