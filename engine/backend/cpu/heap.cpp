#include "engine/backend/cpu/heap.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "engine/base/error.h"

namespace etna::cpu {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

class SystemHeap : public Heap {
public:
  const std::string& name() const override { return name_; }

  std::span<const std::shared_ptr<MemoryPool>> pools(Placement) const override { return {&pool_, 1}; }

  HeapBlock allocate(std::size_t bytes, Placement, const MemoryPool&) override {
    // Large blocks come as huge pages: fewer misses in the page tables when weights are streamed through.
    const bool large = bytes >= 2 * huge_page;
    const std::size_t step = large ? huge_page : 256;
    void* memory = std::aligned_alloc(step, (bytes + step - 1) / step * step);
    if (!memory) fail(Errc::out_of_memory, "the system has no {} bytes of memory left", bytes);
    if (large) ::madvise(memory, bytes, MADV_HUGEPAGE);
    return {static_cast<std::byte*>(memory), reinterpret_cast<std::uint64_t>(memory), bytes, memory};
  }

  void free(const HeapBlock& block) override {
    if (block.handle) std::free(block.handle);
  }

  std::optional<HeapBlock> import(std::span<const std::byte> pages) override {
    auto* host = const_cast<std::byte*>(pages.data());  // kernels only read weights
    return HeapBlock{host, reinterpret_cast<std::uint64_t>(host), pages.size(), nullptr};
  }

  std::size_t growth(std::size_t bytes, Placement, const MemoryPool&) const override { return bytes; }
  std::uint64_t held_bytes(const MemoryPool&) const override { return 0; }  // blocks, nothing beside them

  void write(const HeapBlock& block, std::size_t offset, std::span<const std::byte> bytes) override {
    if (!bytes.empty()) std::memcpy(block.host + offset, bytes.data(), bytes.size());
  }

  void read(const HeapBlock& block, std::size_t offset, std::span<std::byte> bytes) override {
    if (!bytes.empty()) std::memcpy(bytes.data(), block.host + offset, bytes.size());
  }

private:
  std::string name_ = "system memory";
  std::shared_ptr<MemoryPool> pool_ = system_pool();
};

}  // namespace

std::unique_ptr<Heap> create_heap() { return std::make_unique<SystemHeap>(); }

}  // namespace etna::cpu
