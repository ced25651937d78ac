#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/memory/heap.h"

namespace etna::test {

/// A source of bytes whose figures a test sets.
class FakePool : public MemoryPool {
public:
  FakePool(std::string id, std::uint64_t bytes, std::shared_ptr<MemoryPool> parent = nullptr)
      : capacity(bytes), id_(std::move(id)), parent_(std::move(parent)) {}

  const std::string& id() const override { return id_; }
  const std::string& name() const override { return id_; }
  std::shared_ptr<MemoryPool> parent() const override { return parent_; }

  PoolBudget budget(std::uint64_t held) const override {
    const std::uint64_t free = capacity - std::min(capacity, held + others);
    return {capacity, free, reported};
  }

  std::uint64_t capacity;
  std::uint64_t others = 0;  ///< what other programs hold
  bool reported = true;

private:
  std::string id_;
  std::shared_ptr<MemoryPool> parent_;
};

/// Host memory that counts, in pools a test makes; each pool's capacity is a limit of the heap's own.
class HostHeap : public Heap {
public:
  explicit HostHeap(std::vector<std::shared_ptr<MemoryPool>> pools) : pools_(std::move(pools)), used_by_pool_(pools_.size()) {}
  explicit HostHeap(std::uint64_t capacity) : HostHeap({std::make_shared<FakePool>("test", capacity)}) {}

  const std::string& name() const override { return name_; }
  std::span<const std::shared_ptr<MemoryPool>> pools(Placement) const override { return pools_; }

  HeapBlock allocate(std::size_t bytes, Placement, const MemoryPool& pool) override {
    const std::size_t index = index_of(pool);
    if (used_by_pool_[index] + bytes > pools_[index]->budget(0).capacity) fail(Errc::out_of_memory, "full");
    used += bytes;
    used_by_pool_[index] += bytes;
    ++allocations;
    void* memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    return {static_cast<std::byte*>(memory), reinterpret_cast<std::uint64_t>(memory), bytes, new Handle{memory, index, bytes}};
  }

  void free(const HeapBlock& block) override {
    const std::unique_ptr<Handle> handle(static_cast<Handle*>(block.handle));
    if (!handle) return;
    used -= handle->bytes;
    used_by_pool_[handle->pool] -= handle->bytes;
    std::free(handle->memory);
  }

  std::optional<HeapBlock> import(std::span<const std::byte> pages) override {
    if (!imports_pages) return std::nullopt;
    ++imports;
    auto* host = const_cast<std::byte*>(pages.data());
    return HeapBlock{host, reinterpret_cast<std::uint64_t>(host), pages.size(), nullptr};
  }

  std::size_t growth(std::size_t bytes, Placement, const MemoryPool&) const override { return bytes; }
  std::uint64_t held_bytes(const MemoryPool&) const override { return 0; }
  void write(const HeapBlock& block, std::size_t offset, std::span<const std::byte> bytes) override { std::memcpy(block.host + offset, bytes.data(), bytes.size()); }
  void read(const HeapBlock& block, std::size_t offset, std::span<std::byte> bytes) override { std::memcpy(bytes.data(), block.host + offset, bytes.size()); }

  std::uint64_t used = 0;
  int allocations = 0;
  int imports = 0;
  bool imports_pages = true;

private:
  struct Handle {
    void* memory = nullptr;
    std::size_t pool = 0;
    std::size_t bytes = 0;
  };

  std::size_t index_of(const MemoryPool& pool) const {
    for (std::size_t i = 0; i < pools_.size(); ++i) {
      if (pools_[i].get() == &pool) return i;
    }
    fail(Errc::invalid_argument, "not a pool of this heap");
  }

  std::string name_ = "test";
  std::vector<std::shared_ptr<MemoryPool>> pools_;
  std::vector<std::uint64_t> used_by_pool_;
};

}  // namespace etna::test
