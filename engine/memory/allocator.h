#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/memory/heap.h"
#include "engine/memory/ledger.h"

namespace etna {

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
  std::shared_ptr<MemoryPool> pool_;
  Placement placement_ = Placement::device;
  MemoryTag tag_ = MemoryTag::other;
  OwnerId owner_ = 0;
  std::shared_ptr<const void> keep_alive_;  // the mapped file behind imported pages
};

using Buffer = std::shared_ptr<Allocation>;

/// Hands out the memory of one heap, tells the ledger of every byte, keeps freed blocks for reuse. Safe to call from any
/// thread.
class Allocator : public std::enable_shared_from_this<Allocator> {
public:
  /// `ledger`: null for one of its own.
  static std::shared_ptr<Allocator> create(std::unique_ptr<Heap> heap, std::shared_ptr<MemoryLedger> ledger = nullptr);
  ~Allocator();

  /// Throws out_of_memory, saying what was asked for, what is in use and what the limit is.
  Buffer allocate(std::size_t bytes, Placement placement, MemoryTag tag, OwnerId owner);

  /// Pages of a mapped file as a buffer: without a copy where the heap can, else null. `keep_alive` holds the mapping.
  Buffer import(std::span<const std::byte> pages, MemoryTag tag, OwnerId owner, std::shared_ptr<const void> keep_alive);

  OwnerId add_owner(std::string owner_name) { return ledger_->add_owner(std::move(owner_name)); }
  void remove_owner(OwnerId owner) { ledger_->remove_owner(owner); }

  /// MemoryLedger::reserve in the pools that blocks of Placement::device come from, filled one after the other.
  Reservation reserve(OwnerId owner, std::uint64_t bytes, const std::string& what);

  /// Which pools so many bytes would come from: the best one as far as it has room, then the next; the rest, which fits
  /// nowhere, in the last.
  std::vector<PoolBytes> spread(std::uint64_t bytes) const;

  std::uint64_t set_cache_limit(std::uint64_t bytes);  ///< freed bytes that may be kept; returns the old limit
  void clear_cache();

  const std::shared_ptr<MemoryLedger>& ledger() const { return ledger_; }
  Heap& heap() const { return *heap_; }

private:
  friend class Allocation;

  /// What this allocator has of a pool.
  struct Share {
    std::shared_ptr<MemoryPool> pool;
    std::uint64_t live = 0;  // blocks, without mapped pages
    std::uint64_t cached = 0;
    std::multimap<std::size_t, HeapBlock> blocks[2];  // freed ones, by placement, by size
  };

  Allocator(std::unique_ptr<Heap> heap, std::shared_ptr<MemoryLedger> ledger);
  Buffer try_allocate(std::size_t bytes, Placement placement, MemoryTag tag, OwnerId owner, std::optional<std::string>& heap_says);
  void release(Allocation& allocation);
  Share& share(const std::shared_ptr<MemoryPool>& pool);
  bool keep(Share& share, const HeapBlock& block, Placement placement);
  std::optional<HeapBlock> take_cached(Share& share, std::size_t bytes, Placement placement);
  void drop_cache_to(std::uint64_t bytes);
  void tell_kept(const Share& share);

  std::unique_ptr<Heap> heap_;
  std::shared_ptr<MemoryLedger> ledger_;
  std::mutex mutex_;  // guards all below and calls into heap_; taken before the ledger's
  std::map<const MemoryPool*, Share> shares_;
  std::uint64_t cached_ = 0;
  std::uint64_t cache_limit_ = std::uint64_t{256} << 20;
};

}  // namespace etna
