#include "engine/memory/allocator.h"

#include <algorithm>

#include "engine/base/error.h"

namespace etna {

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

std::string in_mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / static_cast<double>(mebibyte));
}

}  // namespace

std::size_t allocated_bytes(std::size_t bytes) {
  if (bytes <= 256) return 256;
  std::size_t step = 256;
  while (step * 16 < bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

const char* name(MemoryTag tag) {
  constexpr const char* names[memory_tag_count] = {"weights",  "kv_cache", "prompt_cache", "activations",
                                                   "training", "staging",  "other"};
  return names[static_cast<int>(tag)];
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

Reservation::Reservation(Reservation&& other) noexcept : allocator_(std::move(other.allocator_)), owner_(other.owner_) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    if (allocator_) allocator_->release_reservation(owner_);
    allocator_ = std::move(other.allocator_);
    owner_ = other.owner_;
  }
  return *this;
}

Reservation::~Reservation() {
  if (allocator_) allocator_->release_reservation(owner_);
}

std::shared_ptr<Allocator> Allocator::create(std::unique_ptr<Heap> heap) {
  return std::shared_ptr<Allocator>(new Allocator(std::move(heap)));
}

Allocator::Allocator(std::unique_ptr<Heap> heap) : heap_(std::move(heap)) { owners_[0].name = "engine"; }

Allocator::~Allocator() { drop_cache_to(0); }

Buffer Allocator::allocate(std::size_t bytes, Placement placement, MemoryTag tag, OwnerId owner) {
  const std::size_t rounded = allocated_bytes(bytes);
  const std::lock_guard lock(mutex_);
  Owner& of = owners_.at(owner);
  const std::uint64_t promised_to_others = promised_locked() - of.promised;
  if (live_ - mapped_ + rounded + promised_to_others > limit_locked()) {
    fail(Errc::out_of_memory, "{} for {} ({}) do not fit: {} of {} are in use", in_mebibytes(bytes), of.name, name(tag),
         in_mebibytes(live_ + promised_to_others), in_mebibytes(limit_locked()));
  }
  auto allocation = std::shared_ptr<Allocation>(new Allocation);
  std::optional<HeapBlock> block = take_cached(rounded, placement);
  allocation->block_ = block ? *block : allocate_block(rounded, placement);
  allocation->bytes_ = bytes;
  allocation->placement_ = placement;
  allocation->tag_ = tag;
  allocation->owner_ = owner;
  account(of, tag, allocation->block_.bytes);
  allocation->allocator_ = shared_from_this();
  return allocation;
}

Buffer Allocator::import(std::span<const std::byte> pages, MemoryTag tag, OwnerId owner,
                         std::shared_ptr<const void> keep_alive) {
  const std::lock_guard lock(mutex_);
  const std::optional<HeapBlock> block = heap_->import(pages);
  if (!block) return nullptr;
  auto allocation = std::shared_ptr<Allocation>(new Allocation);
  allocation->block_ = *block;
  allocation->block_.bytes = pages.size();
  allocation->bytes_ = pages.size();
  allocation->tag_ = tag;
  allocation->owner_ = owner;
  allocation->keep_alive_ = std::move(keep_alive);
  mapped_ += pages.size();
  account(owners_.at(owner), tag, pages.size());
  allocation->allocator_ = shared_from_this();
  return allocation;
}

void Allocator::account(Owner& owner, MemoryTag tag, std::uint64_t bytes) {
  Counter& counter = owner.counters[static_cast<int>(tag)];
  counter.live += bytes;
  counter.peak = std::max(counter.peak, counter.live);
  owner.promised -= std::min(owner.promised, bytes);
  live_ += bytes;
  peak_ = std::max(peak_, live_);
}

void Allocator::release(Allocation& allocation) {
  if (!allocation.allocator_) return;  // never accounted: allocation threw
  const std::lock_guard lock(mutex_);
  Owner& owner = owners_.at(allocation.owner_);
  const std::size_t bytes = allocation.block_.bytes;
  owner.counters[static_cast<int>(allocation.tag_)].live -= bytes;
  live_ -= bytes;
  if (allocation.keep_alive_) {
    mapped_ -= bytes;
    heap_->free(allocation.block_);
  } else if (bytes <= cache_limit_) {
    cache_[static_cast<int>(allocation.placement_)].emplace(bytes, allocation.block_);
    cached_ += bytes;
    drop_cache_to(cache_limit_);
  } else {
    heap_->free(allocation.block_);
  }
  const auto empty = [](const Counter& counter) { return counter.live == 0; };
  if (owner.removed && std::ranges::all_of(owner.counters, empty)) owners_.erase(allocation.owner_);
}

std::optional<HeapBlock> Allocator::take_cached(std::size_t bytes, Placement placement) {
  auto& cache = cache_[static_cast<int>(placement)];
  const auto found = cache.lower_bound(bytes);
  if (found == cache.end() || found->first > bytes + bytes / 4) return std::nullopt;
  const HeapBlock block = found->second;
  cached_ -= found->first;
  cache.erase(found);
  return block;
}

HeapBlock Allocator::allocate_block(std::size_t bytes, Placement placement) {
  try {
    HeapBlock block = heap_->allocate(bytes, placement);
    block.bytes = bytes;
    return block;
  } catch (const Error& error) {
    if (error.code() != Errc::out_of_memory || cached_ == 0) throw;
  }
  drop_cache_to(0);  // the system is short: give back what is only kept for speed, then try once more
  HeapBlock block = heap_->allocate(bytes, placement);
  block.bytes = bytes;
  return block;
}

void Allocator::drop_cache_to(std::uint64_t bytes) {
  for (auto& cache : cache_) {
    while (cached_ > bytes && !cache.empty()) {  // largest first: fewest calls
      const auto last = std::prev(cache.end());
      heap_->free(last->second);
      cached_ -= last->first;
      cache.erase(last);
    }
  }
}

OwnerId Allocator::add_owner(std::string owner_name) {
  const std::lock_guard lock(mutex_);
  owners_[next_owner_].name = std::move(owner_name);
  return next_owner_++;
}

void Allocator::remove_owner(OwnerId owner) {
  const std::lock_guard lock(mutex_);
  const auto found = owners_.find(owner);
  if (owner == 0 || found == owners_.end()) return;
  found->second.removed = true;
  found->second.promised = 0;
  const auto empty = [](const Counter& counter) { return counter.live == 0; };
  if (std::ranges::all_of(found->second.counters, empty)) owners_.erase(found);
}

Reservation Allocator::reserve(OwnerId owner, std::uint64_t bytes, const std::string& what) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t taken = live_ - mapped_ + promised_locked();
  if (taken + bytes > limit_locked()) {
    fail(Errc::out_of_memory, "{} needs {}; {} of {} may still be used", what, in_mebibytes(bytes),
         in_mebibytes(limit_locked() - std::min(taken, limit_locked())), in_mebibytes(limit_locked()));
  }
  owners_.at(owner).promised += bytes;
  Reservation reservation;
  reservation.allocator_ = shared_from_this();
  reservation.owner_ = owner;
  return reservation;
}

void Allocator::release_reservation(OwnerId owner) {
  const std::lock_guard lock(mutex_);
  if (const auto found = owners_.find(owner); found != owners_.end()) found->second.promised = 0;
}

void Allocator::set_limit(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  user_limit_ = bytes;
}

void Allocator::set_cache_limit(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  cache_limit_ = bytes;
  drop_cache_to(bytes);
}

void Allocator::clear_cache() {
  const std::lock_guard lock(mutex_);
  drop_cache_to(0);
}

void Allocator::reset_peak() {
  const std::lock_guard lock(mutex_);
  peak_ = live_;
  for (auto& [id, owner] : owners_) {
    for (Counter& counter : owner.counters) counter.peak = counter.live;
  }
}

std::uint64_t Allocator::limit_locked() const {
  // What driver and system leave us is on top of what we hold already.
  const HeapBudget budget = heap_->budget();
  const std::uint64_t ours = live_ - mapped_ + cached_;
  const std::uint64_t system = std::min(budget.capacity, budget.available + ours);
  return user_limit_ == 0 ? system : std::min(system, user_limit_);
}

std::uint64_t Allocator::promised_locked() const {
  std::uint64_t sum = 0;
  for (const auto& [id, owner] : owners_) sum += owner.promised;
  return sum;
}

std::uint64_t Allocator::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_locked();
}

MemoryReport Allocator::report() const {
  const std::lock_guard lock(mutex_);
  MemoryReport report{.heap = heap_->name(),
                      .live_bytes = live_,
                      .mapped_bytes = mapped_,
                      .peak_bytes = peak_,
                      .cached_bytes = cached_,
                      .reserved_bytes = promised_locked(),
                      .limit_bytes = limit_locked(),
                      .uses = {}};
  for (const auto& [id, owner] : owners_) {
    for (int tag = 0; tag < memory_tag_count; ++tag) {
      const Counter& counter = owner.counters[tag];
      if (counter.live == 0 && counter.peak == 0) continue;
      report.uses.push_back({id, owner.name, static_cast<MemoryTag>(tag), counter.live, counter.peak});
    }
  }
  return report;
}

}  // namespace etna
