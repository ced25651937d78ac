#include "engine/memory/allocator.h"

#include <algorithm>
#include <utility>

#include "engine/base/error.h"

namespace etna {

std::size_t allocated_bytes(std::size_t bytes) {
  if (bytes <= 256) return 256;
  std::size_t step = 256;
  while (step * 16 < bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

Allocation::~Allocation() { allocator_->release(*this); }

void Allocation::write(std::size_t offset, std::span<const std::byte> bytes) {
  if (offset + bytes.size() > bytes_) fail(Errc::invalid_argument, "buffer write of {} bytes at {} beyond {}", bytes.size(), offset, bytes_);
  allocator_->heap_->write(block_, offset, bytes);
}

void Allocation::read(std::size_t offset, std::span<std::byte> bytes) const {
  if (offset + bytes.size() > bytes_) fail(Errc::invalid_argument, "buffer read of {} bytes at {} beyond {}", bytes.size(), offset, bytes_);
  allocator_->heap_->read(block_, offset, bytes);
}

std::shared_ptr<Allocator> Allocator::create(std::unique_ptr<Heap> heap, std::shared_ptr<MemoryLedger> ledger) {
  if (!ledger) ledger = MemoryLedger::create();
  return std::shared_ptr<Allocator>(new Allocator(std::move(heap), std::move(ledger)));
}

Allocator::Allocator(std::unique_ptr<Heap> heap, std::shared_ptr<MemoryLedger> ledger) : heap_(std::move(heap)), ledger_(std::move(ledger)) {
  ledger_->add_allocator(this, [this] { clear_cache(); });
  for (const Placement placement : {Placement::device, Placement::host}) {
    for (const std::shared_ptr<MemoryPool>& pool : heap_->pools(placement)) tell_kept(share(pool));  // reports know it from now on
  }
}

Allocator::~Allocator() {
  ledger_->remove_trim(this);
  drop_cache_to(0);
  ledger_->remove_allocator(this);
}

Buffer Allocator::allocate(std::size_t bytes, Placement placement, MemoryTag tag, OwnerId owner) {
  std::optional<std::string> heap_says;
  if (Buffer buffer = try_allocate(bytes, placement, tag, owner, heap_says)) return buffer;
  ledger_->trim();  // what is only kept for speed goes back, then once more
  heap_says.reset();
  if (Buffer buffer = try_allocate(bytes, placement, tag, owner, heap_says)) return buffer;
  if (heap_says) fail(Errc::out_of_memory, "{}", *heap_says);
  ledger_->fail_full(owner, tag, *heap_->pools(placement).front(), bytes);
}

Buffer Allocator::try_allocate(std::size_t bytes, Placement placement, MemoryTag tag, OwnerId owner, std::optional<std::string>& heap_says) {
  const std::size_t rounded = allocated_bytes(bytes);
  // Before anything is counted: these may run out of memory themselves.
  Buffer result(new Allocation);
  const std::lock_guard lock(mutex_);
  for (const std::shared_ptr<MemoryPool>& pool : heap_->pools(placement)) {
    Share& of = share(pool);
    std::optional<HeapBlock> block = take_cached(of, rounded, placement);
    const std::uint64_t growth = block ? 0 : heap_->growth(rounded, placement, *pool);
    const std::uint64_t taken = block ? block->bytes : rounded;
    if (!ledger_->charge(owner, tag, pool, taken, growth)) continue;
    if (!block) {
      try {
        block = heap_->allocate(rounded, placement, *pool);
        block->bytes = rounded;
      } catch (const Error& error) {
        ledger_->refund(owner, tag, pool, taken, MemoryLedger::Mapped::no);
        if (error.code() != Errc::out_of_memory) throw;
        heap_says = error.what();
        continue;
      }
    }
    of.live += taken;
    tell_kept(of);
    result->block_ = *block;
    result->bytes_ = bytes;
    result->pool_ = pool;
    result->placement_ = placement;
    result->tag_ = tag;
    result->owner_ = owner;
    result->allocator_ = shared_from_this();
    return result;
  }
  return nullptr;
}

Buffer Allocator::import(std::span<const std::byte> pages, MemoryTag tag, OwnerId owner, std::shared_ptr<const void> keep_alive) {
  Buffer result(new Allocation);
  const std::lock_guard lock(mutex_);
  const std::optional<HeapBlock> block = heap_->import(pages);
  if (!block) return nullptr;
  result->block_ = *block;
  result->block_.bytes = pages.size();
  result->bytes_ = pages.size();
  result->pool_ = heap_->pools(Placement::device).back();
  result->tag_ = tag;
  result->owner_ = owner;
  result->keep_alive_ = std::move(keep_alive);
  ledger_->charge_mapped(owner, tag, result->pool_, pages.size());
  result->allocator_ = shared_from_this();
  return result;
}

void Allocator::release(Allocation& allocation) {
  if (!allocation.allocator_) return;  // never counted: allocating threw
  const std::lock_guard lock(mutex_);
  const std::size_t bytes = allocation.block_.bytes;
  const bool mapped = allocation.keep_alive_ != nullptr;
  ledger_->refund(allocation.owner_, allocation.tag_, allocation.pool_, bytes, mapped ? MemoryLedger::Mapped::yes : MemoryLedger::Mapped::no);
  if (mapped) {
    heap_->free(allocation.block_);
    return;
  }
  Share& of = share(allocation.pool_);
  of.live -= bytes;
  if (bytes <= cache_limit_ && keep(of, allocation.block_, allocation.placement_)) {
    drop_cache_to(cache_limit_);
  } else {
    heap_->free(allocation.block_);
  }
  tell_kept(of);
}

/// Whether a block went to the cache: called by destructors, so that a list that cannot grow must not throw.
bool Allocator::keep(Share& share, const HeapBlock& block, Placement placement) {
  try {
    share.blocks[static_cast<int>(placement)].emplace(block.bytes, block);
  } catch (const std::bad_alloc&) {
    return false;
  }
  share.cached += block.bytes;
  cached_ += block.bytes;
  return true;
}

Allocator::Share& Allocator::share(const std::shared_ptr<MemoryPool>& pool) {
  Share& found = shares_[pool.get()];
  found.pool = pool;
  return found;
}

std::optional<HeapBlock> Allocator::take_cached(Share& share, std::size_t bytes, Placement placement) {
  auto& blocks = share.blocks[static_cast<int>(placement)];
  const auto found = blocks.lower_bound(bytes);
  if (found == blocks.end() || found->first > bytes + bytes / 4) return std::nullopt;
  const HeapBlock block = found->second;
  share.cached -= found->first;
  cached_ -= found->first;
  blocks.erase(found);
  return block;
}

void Allocator::drop_cache_to(std::uint64_t bytes) {
  for (auto& [key, share] : shares_) {
    if (cached_ <= bytes) return;
    for (auto& blocks : share.blocks) {
      while (cached_ > bytes && !blocks.empty()) {  // largest first: fewest calls
        const auto last = std::prev(blocks.end());
        heap_->free(last->second);
        cached_ -= last->first;
        share.cached -= last->first;
        blocks.erase(last);
      }
    }
    tell_kept(share);
  }
}

void Allocator::tell_kept(const Share& share) {
  const std::uint64_t held = heap_->held_bytes(*share.pool), blocks = share.live + share.cached;
  ledger_->set_kept(this, share.pool, share.cached, held - std::min(held, blocks));
}

std::vector<PoolBytes> Allocator::spread(std::uint64_t bytes) const {
  std::vector<PoolBytes> parts;
  const auto pools = heap_->pools(Placement::device);
  for (const std::shared_ptr<MemoryPool>& pool : pools) {
    const bool last = pool == pools.back();
    const std::uint64_t part = last ? bytes : std::min(bytes, ledger_->room(pool));
    if (part > 0) parts.push_back({pool, part});
    bytes -= part;
  }
  return parts;
}

Reservation Allocator::reserve(OwnerId owner, std::uint64_t bytes, const std::string& what) {
  return ledger_->reserve(owner, spread(bytes), what);
}

std::uint64_t Allocator::set_cache_limit(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t before = std::exchange(cache_limit_, bytes);
  drop_cache_to(bytes);
  return before;
}

void Allocator::clear_cache() {
  const std::lock_guard lock(mutex_);
  drop_cache_to(0);
}

}  // namespace etna
