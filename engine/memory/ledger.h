#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/memory/pool.h"

namespace etna {

/// What bytes are for.
enum class MemoryTag : std::uint8_t { weights, adapter, kv_cache, prompt_cache, activations, training, staging, other };
inline constexpr int memory_tag_count = 8;
const char* name(MemoryTag tag);

/// Whom bytes belong to: a model, a session. 0 is the engine itself.
using OwnerId = std::uint32_t;

/// What runs while bytes are live, for peaks.
enum class MemoryPhase : std::uint8_t { idle, loading, prompt, writing, training };
inline constexpr int memory_phase_count = 5;
const char* name(MemoryPhase phase);

/// Bytes of one pool that something takes.
struct PoolBytes {
  std::shared_ptr<MemoryPool> pool;
  std::uint64_t bytes = 0;
};

/// Whether limits hold for an owner.
enum class LimitRule : std::uint8_t {
  hold,    ///< beyond the limit: out_of_memory
  ignore,  ///< the user chose to load anyway: only the heap itself says no
};

/// Exact figures of one pool: live_bytes is the sum over uses.
struct MemoryReport {
  struct Use {
    OwnerId owner = 0;
    std::string owner_name;
    MemoryTag tag = MemoryTag::other;
    std::uint64_t live_bytes = 0;
    std::uint64_t peak_bytes = 0;
  };

  std::string pool;       ///< MemoryPool::id
  std::string pool_name;
  std::uint64_t capacity_bytes = 0;
  std::uint64_t available_bytes = 0;  ///< that this process may still take, before any reserve
  bool budget_reported = true;
  std::uint64_t live_bytes = 0;
  std::uint64_t mapped_bytes = 0;    ///< of them, pages of files, which the system can drop and read again
  std::uint64_t peak_bytes = 0;
  std::uint64_t cached_bytes = 0;    ///< freed, kept for reuse
  std::uint64_t slack_bytes = 0;     ///< held by heaps beyond live and cached: rests of slabs, staging
  std::uint64_t reserved_bytes = 0;  ///< promised to loads and runs, not yet allocated
  std::uint64_t limit_bytes = 0;     ///< what may be live: see MemoryLedger::limit
  std::vector<Use> uses;
};

class MemoryLedger;

/// A promise of memory, made before a load or a run starts (D2). What is allocated for its owner counts against it.
class Reservation {
public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

private:
  friend class MemoryLedger;
  std::shared_ptr<MemoryLedger> ledger_;
  std::uint64_t number_ = 0;
};

/// Knows the owner of every byte that Etna holds, in all pools, and keeps the limits: the one truth that every heap of
/// every backend writes to (D2). Any thread; the report is one moment's.
///
/// Limit of a pool: min(capacity, what is available + what we hold), of the computer's own memory less the reserve; a pool
/// inside another is bound by the outer one's limit too; the user's limit holds for all of them together. What counts
/// against limits is everything held: live bytes, kept ones, rests of slabs, and mapped pages, which would have to be
/// read again and again if they did not fit.
class MemoryLedger : public std::enable_shared_from_this<MemoryLedger> {
public:
  static std::shared_ptr<MemoryLedger> create();
  ~MemoryLedger();

  OwnerId add_owner(std::string owner_name);
  void remove_owner(OwnerId owner);  ///< forgotten when its last byte goes
  void set_rule(OwnerId owner, LimitRule rule);

  /// Promises all of it or nothing. Throws out_of_memory, with numbers, unless it fits beside everything live and promised.
  /// Promises to one owner add up; a reservation's end takes back what of them is left.
  Reservation reserve(OwnerId owner, std::span<const PoolBytes> needs, const std::string& what);

  /// Whether it would be promised now.
  bool fits(std::span<const PoolBytes> needs) const;

  // What allocators tell. `growth` is what the heap takes of the pool for it: 0 where a kept block is used again, more
  // than `bytes` where a new slab is begun.
  /// Counts bytes as live before they are taken; false when a limit says no.
  bool charge(OwnerId owner, MemoryTag tag, const std::shared_ptr<MemoryPool>& pool, std::uint64_t bytes, std::uint64_t growth);
  /// Pages of files: counted, never refused; a load's admission has counted them.
  void charge_mapped(OwnerId owner, MemoryTag tag, const std::shared_ptr<MemoryPool>& pool, std::uint64_t bytes);
  enum class Mapped { no, yes };
  void refund(OwnerId owner, MemoryTag tag, const std::shared_ptr<MemoryPool>& pool, std::uint64_t bytes, Mapped mapped);
  [[noreturn]] void fail_full(OwnerId owner, MemoryTag tag, const MemoryPool& pool, std::uint64_t bytes) const;

  /// What an allocator holds of a pool beside live blocks.
  void set_kept(const void* allocator, const std::shared_ptr<MemoryPool>& pool, std::uint64_t cached, std::uint64_t slack);

  /// `trim` gives back what an allocator keeps for reuse; called by trim(), from any thread, without the ledger's lock.
  void add_allocator(const void* allocator, std::function<void()> trim);
  void remove_trim(const void* allocator);
  void remove_allocator(const void* allocator);  ///< pools that no allocator uses any more are forgotten
  void trim();

  /// Bytes of the computer's memory to leave to everything else: max(bytes, share · capacity). At first 1 GiB, 8 %.
  void set_reserve(std::uint64_t bytes, double share);

  /// The user's limit over all pools; 0: none. Returns the old one.
  std::uint64_t set_limit(std::uint64_t bytes);
  std::uint64_t user_limit() const;
  std::uint64_t limit(const std::shared_ptr<MemoryPool>& pool) const;  ///< what may be held in it
  std::uint64_t room(const std::shared_ptr<MemoryPool>& pool) const;   ///< of it, neither live nor promised
  std::uint64_t limit() const;                                         ///< over all pools that were used

  // As MLX's: over all pools.
  std::uint64_t active_bytes() const;
  std::uint64_t peak_bytes() const;
  std::uint64_t cached_bytes() const;
  void reset_peak();

  /// What happens from now on is this phase; peaks are kept for each. Returns the one before.
  MemoryPhase set_phase(MemoryPhase phase);
  std::array<std::uint64_t, memory_phase_count> phase_peaks() const;

  /// Allocations since the ledger exists: a hot path makes none.
  std::uint64_t allocation_count() const;

  /// One for each pool that has bytes of its own, the system's first. The sum of uses is checked against the total.
  std::vector<MemoryReport> report() const;

  /// All pools as one: sums, and uses of one owner and tag together.
  MemoryReport total() const;

private:
  friend class Reservation;
  struct Books;
  MemoryLedger();
  void release_reservation(std::uint64_t number);
  void trim_unless_fits(std::span<const PoolBytes> needs);
  std::unique_ptr<Books> books_;
};

/// Sets a phase for a scope.
class PhaseScope {
public:
  PhaseScope(MemoryLedger& ledger, MemoryPhase phase) : ledger_(ledger), before_(ledger.set_phase(phase)) {}
  ~PhaseScope() { ledger_.set_phase(before_); }
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;

private:
  MemoryLedger& ledger_;
  MemoryPhase before_;
};

}  // namespace etna
