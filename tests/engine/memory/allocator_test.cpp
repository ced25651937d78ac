#include "engine/memory/allocator.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/base/error.h"
#include "tests/support/host_heap.h"

namespace etna {
namespace {

using test::HostHeap;

std::uint64_t sum_of_uses(const MemoryReport& report) {
  std::uint64_t sum = 0;
  for (const auto& use : report.uses) sum += use.live_bytes;
  return sum;
}

class AllocatorTest : public testing::Test {
protected:
  AllocatorTest() {
    auto heap = std::make_unique<HostHeap>(std::uint64_t{64} << 20);
    heap_ = heap.get();
    allocator_ = Allocator::create(std::move(heap));
  }

  Buffer take(std::size_t bytes, MemoryTag tag = MemoryTag::other, OwnerId owner = 0) {
    return allocator_->allocate(bytes, Placement::device, tag, owner);
  }

  HostHeap* heap_ = nullptr;
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
    const MemoryReport report = allocator_->ledger()->total();
    ASSERT_EQ(sum_of_uses(report), report.live_bytes);
    ASSERT_EQ(report.live_bytes + report.cached_bytes, heap_->used);
    ASSERT_GE(report.peak_bytes, report.live_bytes);
  }
  buffers.clear();
  EXPECT_EQ(allocator_->ledger()->total().live_bytes, 0u);
  allocator_->clear_cache();
  EXPECT_EQ(heap_->used, 0u);
}

TEST_F(AllocatorTest, a_freed_block_is_reused) {
  take(100000);
  const int before = heap_->allocations;
  take(100000);
  EXPECT_EQ(heap_->allocations, before);
  EXPECT_GT(allocator_->ledger()->total().cached_bytes, 0u);
}

TEST_F(AllocatorTest, the_users_limit_holds_and_the_message_says_it) {
  allocator_->ledger()->set_limit(1 << 20);
  const Buffer half = take(600 << 10);
  try {
    take(600 << 10, MemoryTag::kv_cache);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::out_of_memory);
    EXPECT_NE(std::string(error.what()).find("kv_cache"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("1.00 MiB"), std::string::npos);
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
  EXPECT_EQ(allocator_->ledger()->total().reserved_bytes, 0u);
  EXPECT_NO_THROW(take(50 << 20));
}

TEST_F(AllocatorTest, a_short_system_gets_the_cache_back_first) {
  take(40 << 20);
  allocator_->set_cache_limit(std::uint64_t{64} << 20);
  take(40 << 20);
  EXPECT_NO_THROW(take(60 << 20));
}

TEST_F(AllocatorTest, imported_pages_count_against_the_limit_but_are_not_taken_of_the_heap) {
  const auto pages = std::make_shared<std::vector<std::byte>>(std::size_t{40} << 20);
  const OwnerId a = allocator_->add_owner("a");
  const Buffer buffer = allocator_->import(*pages, MemoryTag::weights, a, pages);
  ASSERT_TRUE(buffer);
  const MemoryReport report = allocator_->ledger()->total();
  EXPECT_EQ(report.mapped_bytes, pages->size());
  EXPECT_EQ(sum_of_uses(report), report.live_bytes);
  EXPECT_EQ(heap_->used, 0u);
  EXPECT_THROW(take(30 << 20), Error);
  EXPECT_NO_THROW(take(20 << 20));
}

TEST_F(AllocatorTest, kept_blocks_count_against_the_limit_and_go_first) {
  allocator_->ledger()->set_limit(std::uint64_t{48} << 20);
  take(40 << 20);  // kept
  EXPECT_GT(allocator_->ledger()->cached_bytes(), 0u);
  const Buffer other = take(30 << 20);
  const MemoryReport report = allocator_->ledger()->total();
  EXPECT_LE(report.live_bytes + report.cached_bytes, report.limit_bytes);
}

TEST_F(AllocatorTest, mlx_s_setters_return_the_old_value) {
  EXPECT_EQ(allocator_->set_cache_limit(1 << 20), std::uint64_t{256} << 20);
  EXPECT_EQ(allocator_->set_cache_limit(0), 1u << 20);
  EXPECT_EQ(allocator_->ledger()->set_limit(1 << 20), 0u);
  EXPECT_EQ(allocator_->ledger()->set_limit(0), 1u << 20);
}

TEST_F(AllocatorTest, an_owner_that_goes_is_forgotten_with_its_last_byte) {
  const OwnerId a = allocator_->add_owner("gone");
  Buffer buffer = take(1000, MemoryTag::weights, a);
  allocator_->remove_owner(a);
  const auto knows = [&] {
    for (const auto& use : allocator_->ledger()->total().uses) {
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
