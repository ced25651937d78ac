#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

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

struct HeapBudget {
  std::uint64_t capacity = 0;   ///< bytes the heap has in all
  std::uint64_t available = 0;  ///< bytes that this process may still take now, as driver and system say
};

/// Raw memory of one backend: the four kinds of machine differ only here. Called by one thread at a time.
class Heap {
public:
  virtual ~Heap() = default;
  virtual const std::string& name() const = 0;

  /// Zero-filled or not: callers write before they read. At least 256-byte aligned. Throws out_of_memory.
  virtual HeapBlock allocate(std::size_t bytes, Placement placement) = 0;
  virtual void free(const HeapBlock& block) = 0;

  /// Makes read-only host pages (of a mapped file) usable by kernels without a copy; none where that is impossible or
  /// would be slow (the pages would be read over a bus). `free` is called for the block later; the pages must outlive it.
  virtual std::optional<HeapBlock> import(std::span<const std::byte> pages) = 0;

  virtual HeapBudget budget() const = 0;

  /// Moves bytes, through staging where the block is not visible. Waits for kernels that use the block.
  virtual void write(const HeapBlock& block, std::size_t offset, std::span<const std::byte> bytes) = 0;
  virtual void read(const HeapBlock& block, std::size_t offset, std::span<std::byte> bytes) = 0;
};

}  // namespace etna
