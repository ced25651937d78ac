#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/memory/heap.h"

namespace etna {

/// What bytes are for.
enum class MemoryTag : std::uint8_t { weights, kv_cache, prompt_cache, activations, training, staging, other };
inline constexpr int memory_tag_count = 7;
const char* name(MemoryTag tag);

/// Whom bytes belong to: a model, a session. 0 is the engine itself.
using OwnerId = std::uint32_t;

/// What an allocation of so many bytes takes. Blocks come in size classes (an eighth of a power of two apart), so that
/// freed ones fit again.
std::size_t allocated_bytes(std::size_t bytes);

class Allocator;

/// One allocation; freed (kept in the allocator's cache, in truth) when the last Buffer that names it goes.
class Allocation {
public:
  ~Allocation();
  Allocation(const Allocation&) = delete;
  Allocation& operator=(const Allocation&) = delete;

  std::byte* host() const { return block_.host; }
  std::uint64_t address() const { return block_.address; }
  std::size_t bytes() const { return bytes_; }
  Allocator& allocator() const { return *allocator_; }

  void write(std::size_t offset, std::span<const std::byte> bytes);
  void read(std::size_t offset, std::span<std::byte> bytes) const;

private:
  friend class Allocator;
  Allocation() = default;

  std::shared_ptr<Allocator> allocator_;
  HeapBlock block_;
  std::size_t bytes_ = 0;  // asked for; block_.bytes is what the heap gave
  Placement placement_ = Placement::device;
  MemoryTag tag_ = MemoryTag::other;
  OwnerId owner_ = 0;
  std::shared_ptr<const void> keep_alive_;  // the mapped file behind imported pages
};

using Buffer = std::shared_ptr<Allocation>;

/// Exact figures: live_bytes is the sum over uses.
struct MemoryReport {
  struct Use {
    OwnerId owner = 0;
    std::string owner_name;
    MemoryTag tag = MemoryTag::other;
    std::uint64_t live_bytes = 0;
    std::uint64_t peak_bytes = 0;
  };

  std::string heap;
  std::uint64_t live_bytes = 0;
  std::uint64_t mapped_bytes = 0;    ///< of them, pages of files, which the system can drop and read again
  std::uint64_t peak_bytes = 0;
  std::uint64_t cached_bytes = 0;    ///< freed, kept for reuse
  std::uint64_t reserved_bytes = 0;  ///< promised to loads and runs, not yet allocated
  std::uint64_t limit_bytes = 0;     ///< min(driver budget, system memory less a reserve, user's limit)
  std::vector<Use> uses;
};

/// A promise of memory, made before a load or a run starts (D2). What is allocated for its owner counts against it.
class Reservation {
public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

private:
  friend class Allocator;
  std::shared_ptr<Allocator> allocator_;
  OwnerId owner_ = 0;
};

/// Knows the owner of every byte of one heap; keeps freed blocks for reuse; holds limits. Safe to call from any thread.
class Allocator : public std::enable_shared_from_this<Allocator> {
public:
  static std::shared_ptr<Allocator> create(std::unique_ptr<Heap> heap);
  ~Allocator();

  /// Throws out_of_memory, saying what was asked for, what is in use and what the limit is.
  Buffer allocate(std::size_t bytes, Placement placement, MemoryTag tag, OwnerId owner);

  /// Pages of a mapped file as a buffer: without a copy where the heap can, else null. `keep_alive` holds the mapping.
  Buffer import(std::span<const std::byte> pages, MemoryTag tag, OwnerId owner, std::shared_ptr<const void> keep_alive);

  OwnerId add_owner(std::string owner_name);
  void remove_owner(OwnerId owner);

  /// Throws out_of_memory unless `bytes` more fit beside everything live and promised.
  Reservation reserve(OwnerId owner, std::uint64_t bytes, const std::string& what);

  void set_limit(std::uint64_t bytes);        ///< user's limit; 0: none
  void set_cache_limit(std::uint64_t bytes);  ///< freed bytes that may be kept
  void clear_cache();
  void reset_peak();

  MemoryReport report() const;
  std::uint64_t limit() const;
  Heap& heap() { return *heap_; }

private:
  friend class Allocation;
  friend class Reservation;

  struct Counter {
    std::uint64_t live = 0;
    std::uint64_t peak = 0;
  };

  struct Owner {
    std::string name;
    std::uint64_t promised = 0;   // reserved and not yet allocated
    bool removed = false;         // forgotten when its last byte goes
    std::array<Counter, memory_tag_count> counters;
  };

  explicit Allocator(std::unique_ptr<Heap> heap);
  void release(Allocation& allocation);
  void release_reservation(OwnerId owner);
  void account(Owner& owner, MemoryTag tag, std::uint64_t bytes);
  std::optional<HeapBlock> take_cached(std::size_t bytes, Placement placement);
  HeapBlock allocate_block(std::size_t bytes, Placement placement);
  void drop_cache_to(std::uint64_t bytes);
  std::uint64_t limit_locked() const;
  std::uint64_t promised_locked() const;

  std::unique_ptr<Heap> heap_;
  mutable std::mutex mutex_;  // guards all below and calls into heap_
  std::map<OwnerId, Owner> owners_;
  std::multimap<std::size_t, HeapBlock> cache_[2];  // by placement, by size
  OwnerId next_owner_ = 1;
  std::uint64_t live_ = 0;
  std::uint64_t mapped_ = 0;
  std::uint64_t peak_ = 0;
  std::uint64_t cached_ = 0;
  std::uint64_t cache_limit_ = std::uint64_t{256} << 20;
  std::uint64_t user_limit_ = 0;
};

}  // namespace etna
