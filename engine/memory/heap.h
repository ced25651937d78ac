#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/memory/pool.h"

namespace etna {

/// Who should reach the bytes quickly.
enum class Placement {
  device,  ///< what kernels read and write
  host,    ///< host-cached memory that kernels reach too: parameters, ids, logits for the host
};

/// Memory as a backend hands it out. `host` is null where the processor cannot see it; then Heap::read and write move
/// the bytes. Even when it is not null, reading may be very slow (uncached): use Heap::read.
struct HeapBlock {
  std::byte* host = nullptr;
  std::uint64_t address = 0;  ///< device address; the host address on the processor
  std::size_t bytes = 0;
  void* handle = nullptr;     ///< the heap's own
};

/// Raw memory of one backend: the kinds of machine differ only here. Called by one thread at a time.
class Heap {
public:
  virtual ~Heap() = default;
  virtual const std::string& name() const = 0;

  /// Where blocks of a placement may lie, best first: a chip with memory of its own and a share of the system's has two.
  virtual std::span<const std::shared_ptr<MemoryPool>> pools(Placement placement) const = 0;

  /// Zero-filled or not: callers write before they read. At least 256-byte aligned. `pool` is one of pools(placement).
  /// Throws out_of_memory.
  virtual HeapBlock allocate(std::size_t bytes, Placement placement, const MemoryPool& pool) = 0;
  virtual void free(const HeapBlock& block) = 0;

  /// Makes read-only host pages (of a mapped file) usable by kernels without a copy; none where that is impossible or
  /// would be slow (the pages would be read over a bus). They count in the last pool of Placement::device. `free` is
  /// called for the block later; the pages must outlive it.
  virtual std::optional<HeapBlock> import(std::span<const std::byte> pages) = 0;

  /// What an allocation would take of the pool: more than `bytes` where it begins a slab.
  virtual std::size_t growth(std::size_t bytes, Placement placement, const MemoryPool& pool) const = 0;

  /// Bytes taken of a pool in all: blocks, rests of slabs that blocks share, staging.
  virtual std::uint64_t held_bytes(const MemoryPool& pool) const = 0;

  /// Moves bytes, through staging where the block is not visible. Waits for kernels that use the block.
  virtual void write(const HeapBlock& block, std::size_t offset, std::span<const std::byte> bytes) = 0;
  virtual void read(const HeapBlock& block, std::size_t offset, std::span<std::byte> bytes) = 0;
};

}  // namespace etna
