#include "engine/memory/allocator.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

#include "engine/base/error.h"

namespace etna {
namespace {

/// A heap that counts, with a limit of its own.
class CountingHeap : public Heap {
public:
  explicit CountingHeap(std::uint64_t capacity) : capacity_(capacity) {}

  const std::string& name() const override { return name_; }

  HeapBlock allocate(std::size_t bytes, Placement) override {
    if (used + bytes > capacity_) fail(Errc::out_of_memory, "full");
    used += bytes;
    ++allocations;
    void* memory = std::aligned_alloc(256, bytes);
    return {static_cast<std::byte*>(memory), reinterpret_cast<std::uint64_t>(memory), bytes, memory};
  }

  void free(const HeapBlock& block) override {
    if (!block.handle) return;
    used -= block.bytes;
    std::free(block.handle);
  }

  std::optional<HeapBlock> import(std::span<const std::byte> pages) override {
    auto* host = const_cast<std::byte*>(pages.data());
    return HeapBlock{host, reinterpret_cast<std::uint64_t>(host), pages.size(), nullptr};
  }

  HeapBudget budget() const override { return {capacity_, capacity_ - used}; }
  void write(const HeapBlock& block, std::size_t offset, std::span<const std::byte> bytes) override { std::memcpy(block.host + offset, bytes.data(), bytes.size()); }
  void read(const HeapBlock& block, std::size_t offset, std::span<std::byte> bytes) override { std::memcpy(bytes.data(), block.host + offset, bytes.size()); }

  std::uint64_t used = 0;
  int allocations = 0;

private:
  std::string name_ = "counting";
  std::uint64_t capacity_;
};

std::uint64_t sum_of_uses(const MemoryReport& report) {
  std::uint64_t sum = 0;
  for (const auto& use : report.uses) sum += use.live_bytes;
  return sum;
}

class AllocatorTest : public testing::Test {
protected:
  AllocatorTest() {
    auto heap = std::make_unique<CountingHeap>(std::uint64_t{64} << 20);
    heap_ = heap.get();
    allocator_ = Allocator::create(std::move(heap));
  }

  Buffer take(std::size_t bytes, MemoryTag tag = MemoryTag::other, OwnerId owner = 0) {
    return allocator_->allocate(bytes, Placement::device, tag, owner);
  }

  CountingHeap* heap_ = nullptr;
  std::shared_ptr<Allocator> allocator_;
};

TEST_F(AllocatorTest, the_sum_over_owners_and_tags_is_exact_at_any_time) {
  std::mt19937 random(1);
  const OwnerId owners[] = {0, allocator_->add_owner("a"), allocator_->add_owner("b")};
  std::vector<Buffer> buffers;
  for (int i = 0; i < 2000; ++i) {
    if (buffers.empty() || random() % 3 != 0) {
      buffers.push_back(take(random() % 20000 + 1, static_cast<MemoryTag>(random() % memory_tag_count), owners[random() % 3]));
    } else {
      std::swap(buffers[random() % buffers.size()], buffers.back());
      buffers.pop_back();
    }
    const MemoryReport report = allocator_->report();
    ASSERT_EQ(sum_of_uses(report), report.live_bytes);
    ASSERT_EQ(report.live_bytes + report.cached_bytes, heap_->used);
    ASSERT_GE(report.peak_bytes, report.live_bytes);
  }
  buffers.clear();
  EXPECT_EQ(allocator_->report().live_bytes, 0u);
  allocator_->clear_cache();
  EXPECT_EQ(heap_->used, 0u);
}

TEST_F(AllocatorTest, a_freed_block_is_reused) {
  take(100000);
  const int before = heap_->allocations;
  take(100000);
  EXPECT_EQ(heap_->allocations, before);
  EXPECT_GT(allocator_->report().cached_bytes, 0u);
}

TEST_F(AllocatorTest, the_users_limit_holds_and_the_message_says_it) {
  allocator_->set_limit(1 << 20);
  const Buffer half = take(600 << 10);
  try {
    take(600 << 10, MemoryTag::kv_cache);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::out_of_memory);
    EXPECT_NE(std::string(error.what()).find("kv_cache"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("1.0 MiB"), std::string::npos);
  }
  EXPECT_NO_THROW(take(300 << 10));
}

TEST_F(AllocatorTest, two_loads_cannot_be_promised_the_same_memory) {
  const OwnerId a = allocator_->add_owner("a"), b = allocator_->add_owner("b");
  const Reservation first = allocator_->reserve(a, std::uint64_t{40} << 20, "a");
  EXPECT_THROW(allocator_->reserve(b, std::uint64_t{40} << 20, "b"), Error);
  EXPECT_THROW(take(40 << 20, MemoryTag::weights, b), Error);
  EXPECT_NO_THROW(take(40 << 20, MemoryTag::weights, a));  // its own promise
}

TEST_F(AllocatorTest, a_promise_ends_with_the_reservation) {
  const OwnerId a = allocator_->add_owner("a");
  { const Reservation reservation = allocator_->reserve(a, std::uint64_t{60} << 20, "a"); }
  EXPECT_EQ(allocator_->report().reserved_bytes, 0u);
  EXPECT_NO_THROW(take(50 << 20));
}

TEST_F(AllocatorTest, a_short_system_gets_the_cache_back_first) {
  take(40 << 20);
  allocator_->set_cache_limit(std::uint64_t{64} << 20);
  take(40 << 20);
  EXPECT_NO_THROW(take(60 << 20));
}

TEST_F(AllocatorTest, imported_pages_belong_to_an_owner_but_not_to_the_limit) {
  const auto pages = std::make_shared<std::vector<std::byte>>(std::size_t{80} << 20);
  const OwnerId a = allocator_->add_owner("a");
  const Buffer buffer = allocator_->import(*pages, MemoryTag::weights, a, pages);
  ASSERT_TRUE(buffer);
  const MemoryReport report = allocator_->report();
  EXPECT_EQ(report.mapped_bytes, pages->size());
  EXPECT_EQ(sum_of_uses(report), report.live_bytes);
  EXPECT_NO_THROW(take(30 << 20));
}

TEST_F(AllocatorTest, an_owner_that_goes_is_forgotten_with_its_last_byte) {
  const OwnerId a = allocator_->add_owner("gone");
  Buffer buffer = take(1000, MemoryTag::weights, a);
  allocator_->remove_owner(a);
  const auto knows = [&] {
    for (const auto& use : allocator_->report().uses) {
      if (use.owner_name == "gone") return true;
    }
    return false;
  };
  EXPECT_TRUE(knows());
  buffer.reset();
  EXPECT_FALSE(knows());
}

TEST_F(AllocatorTest, writing_beyond_a_buffer_is_refused) {
  const Buffer buffer = take(100);
  std::vector<std::byte> bytes(60);
  EXPECT_NO_THROW(buffer->write(40, bytes));
  EXPECT_THROW(buffer->write(41, bytes), Error);
  EXPECT_THROW(buffer->read(41, bytes), Error);
}

}  // namespace
}  // namespace etna
