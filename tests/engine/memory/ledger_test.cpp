#include "engine/memory/ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "engine/memory/allocator.h"
#include "tests/support/host_heap.h"

namespace etna {
namespace {

using test::FakePool;
using test::HostHeap;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

class LedgerTest : public testing::Test {
protected:
  /// A pool that plays the computer's memory, which alone has a reserve.
  std::shared_ptr<FakePool> system(std::uint64_t mebibytes) {
    ledger_->set_reserve(0, 0);
    return std::make_shared<FakePool>(system_pool_id, mebibytes * mebibyte);
  }

  std::shared_ptr<Allocator> allocator(std::vector<std::shared_ptr<MemoryPool>> pools) {
    return Allocator::create(std::make_unique<HostHeap>(std::move(pools)), ledger_);
  }

  Buffer take(Allocator& allocator, std::uint64_t mebibytes, OwnerId owner = 0) {
    return allocator.allocate(mebibytes * mebibyte, Placement::device, MemoryTag::other, owner);
  }

  const MemoryReport& report_of(const std::vector<MemoryReport>& reports, const std::string& pool) {
    const auto found = std::ranges::find_if(reports, [&](const MemoryReport& report) { return report.pool == pool; });
    if (found == reports.end()) ADD_FAILURE() << "no report of " << pool;
    return *found;
  }

  std::shared_ptr<MemoryLedger> ledger_ = MemoryLedger::create();
};

TEST_F(LedgerTest, shared_memory_is_one_pool_of_two_heaps_and_is_counted_once) {
  const auto computer = system(100);
  const auto chip = std::make_shared<FakePool>("gpu:0", 80 * mebibyte, computer);
  const auto processor = allocator({computer}), graphics = allocator({chip});
  const Buffer a = take(*processor, 30), b = take(*graphics, 40);
  const std::vector<MemoryReport> reports = ledger_->report();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].live_bytes, 70 * mebibyte);
  EXPECT_EQ(ledger_->limit(), 100 * mebibyte);
  EXPECT_THROW(take(*graphics, 35), Error) << "the driver would allow it, the computer has not got it";
  EXPECT_THROW(take(*processor, 31), Error);
  EXPECT_NO_THROW(take(*processor, 30));
}

TEST_F(LedgerTest, a_driver_s_share_of_the_computers_memory_is_a_limit_of_its_own) {
  const auto computer = system(100);
  const auto graphics = allocator({std::make_shared<FakePool>("gpu:0", 48 * mebibyte, computer)});
  EXPECT_THROW(take(*graphics, 52), Error);
  EXPECT_NO_THROW(take(*graphics, 48));
}

TEST_F(LedgerTest, a_carved_out_part_is_used_first_and_overflows_into_the_share_of_the_system) {
  const auto computer = system(100);
  const auto carved = std::make_shared<FakePool>("gpu:0", 16 * mebibyte);
  const auto shared = std::make_shared<FakePool>("gpu:0.1", 60 * mebibyte, computer);
  const auto graphics = allocator({carved, shared});
  const Buffer first = take(*graphics, 12), second = take(*graphics, 20);
  const std::vector<MemoryReport> reports = ledger_->report();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(report_of(reports, "gpu:0").live_bytes, 12 * mebibyte);
  EXPECT_EQ(report_of(reports, system_pool_id).live_bytes, 20 * mebibyte);
  EXPECT_EQ(ledger_->limit(), 116 * mebibyte);
}

TEST_F(LedgerTest, a_discrete_card_alone_decides_for_what_lies_on_it) {
  const auto computer = system(100);
  const auto card = allocator({std::make_shared<FakePool>("gpu:0", 32 * mebibyte)});
  const auto processor = allocator({computer});
  const Buffer there = take(*card, 30);
  EXPECT_NO_THROW(take(*processor, 90));
  EXPECT_THROW(take(*card, 10), Error);
}

TEST_F(LedgerTest, other_programs_memory_is_not_ours_to_promise) {
  const auto computer = system(100);
  computer->others = 70 * mebibyte;
  const auto processor = allocator({computer});
  const OwnerId owner = ledger_->add_owner("model");
  EXPECT_THROW(processor->reserve(owner, 31 * mebibyte, "a model"), Error);
  EXPECT_NO_THROW(processor->reserve(owner, 30 * mebibyte, "a model"));
}

TEST_F(LedgerTest, the_reserve_is_taken_off_the_computers_memory_alone) {
  const auto computer = system(100);
  const auto processor = allocator({computer});
  const auto card = allocator({std::make_shared<FakePool>("gpu:0", 50 * mebibyte)});
  ledger_->set_reserve(10 * mebibyte, 0.2);
  EXPECT_EQ(ledger_->limit(computer), 80 * mebibyte);
  EXPECT_EQ(ledger_->limit(), 130 * mebibyte);
}

TEST_F(LedgerTest, the_users_limit_holds_over_all_pools_together) {
  const auto processor = allocator({system(100)});
  const auto card = allocator({std::make_shared<FakePool>("gpu:0", 50 * mebibyte)});
  ledger_->set_limit(60 * mebibyte);
  const Buffer a = take(*card, 40);
  EXPECT_THROW(take(*processor, 21), Error);
  EXPECT_NO_THROW(take(*processor, 20));
}

TEST_F(LedgerTest, of_two_reservations_that_fit_one_at_a_time_only_one_is_made) {
  const auto computer = system(100);
  const auto processor = allocator({computer});
  for (int round = 0; round < 1000; ++round) {
    std::atomic<int> made = 0, refused = 0, ready = 0;
    std::vector<std::jthread> loads;
    std::vector<Reservation> kept(2);
    for (int i = 0; i < 2; ++i) {
      loads.emplace_back([&, i] {
        const OwnerId owner = ledger_->add_owner("load");
        for (++ready; ready < 2;) std::this_thread::yield();
        try {
          kept[static_cast<std::size_t>(i)] = processor->reserve(owner, 60 * mebibyte, "a load");
          ++made;
        } catch (const Error&) {
          ++refused;
        }
      });
    }
    loads.clear();
    ASSERT_EQ(made, 1);
    ASSERT_EQ(refused, 1);
  }
}

TEST_F(LedgerTest, what_is_allocated_keeps_its_own_promise_and_the_rest_ends_with_the_reservation) {
  const auto computer = system(100);
  const auto processor = allocator({computer});
  const OwnerId owner = ledger_->add_owner("model");
  std::vector<Buffer> buffers;
  {
    const Reservation load = processor->reserve(owner, 60 * mebibyte, "load");
    const Reservation batch = processor->reserve(owner, 30 * mebibyte, "batch");
    buffers.push_back(take(*processor, 40, owner));
    EXPECT_EQ(ledger_->total().reserved_bytes, 50 * mebibyte);
  }
  EXPECT_EQ(ledger_->total().reserved_bytes, 0u);
  EXPECT_NO_THROW(take(*processor, 60));
}

TEST_F(LedgerTest, an_owner_that_ignores_limits_stops_at_the_heap_itself) {
  const auto computer = system(100);
  computer->others = 90 * mebibyte;
  const auto processor = allocator({computer});
  const OwnerId owner = ledger_->add_owner("forced");
  ledger_->set_rule(owner, LimitRule::ignore);
  EXPECT_NO_THROW(processor->reserve(owner, 50 * mebibyte, "a load"));
  EXPECT_NO_THROW(take(*processor, 50, owner));
  EXPECT_THROW(take(*processor, 120, owner), Error);
}

TEST_F(LedgerTest, an_allocator_s_kept_blocks_make_room_for_another_one) {
  const auto computer = system(100);
  const auto chip = std::make_shared<FakePool>("gpu:0", 100 * mebibyte, computer);
  const auto processor = allocator({computer}), graphics = allocator({chip});
  take(*graphics, 80);
  EXPECT_EQ(ledger_->cached_bytes(), 80 * mebibyte);
  EXPECT_NO_THROW(take(*processor, 70));
}

TEST_F(LedgerTest, peaks_are_kept_for_each_phase) {
  const auto processor = allocator({system(100)});
  {
    const PhaseScope loading(*ledger_, MemoryPhase::loading);
    take(*processor, 30);
  }
  {
    const PhaseScope writing(*ledger_, MemoryPhase::writing);
    take(*processor, 10);
  }
  const auto peaks = ledger_->phase_peaks();
  EXPECT_EQ(peaks[static_cast<std::size_t>(MemoryPhase::loading)], 30 * mebibyte);
  EXPECT_EQ(peaks[static_cast<std::size_t>(MemoryPhase::writing)], 10 * mebibyte);
  EXPECT_EQ(ledger_->peak_bytes(), 30 * mebibyte);
}

TEST_F(LedgerTest, a_driver_that_does_not_report_is_said_so) {
  const auto card = std::make_shared<FakePool>("gpu:0", 50 * mebibyte);
  card->reported = false;
  const auto graphics = allocator({card});
  const Buffer buffer = take(*graphics, 5);
  EXPECT_FALSE(ledger_->total().budget_reported);
}

TEST_F(LedgerTest, the_report_is_exact_while_threads_allocate) {
  const auto computer = system(1000);
  const auto chip = std::make_shared<FakePool>("gpu:0", 500 * mebibyte, computer);
  const std::shared_ptr<Allocator> allocators[] = {allocator({computer}), allocator({chip})};
  std::atomic<bool> stop = false;
  {
    std::vector<std::jthread> threads;
    for (const auto& each : allocators) {
      threads.emplace_back([&, seed = threads.size()] {
        std::mt19937 random(static_cast<unsigned>(seed));
        std::vector<Buffer> buffers;
        while (!stop) {
          buffers.push_back(each->allocate(random() % 5000 + 1, Placement::device, static_cast<MemoryTag>(random() % memory_tag_count), 0));
          if (buffers.size() > 50) buffers.erase(buffers.begin() + random() % 50);
        }
      });
    }
    for (int i = 0; i < 500; ++i) ASSERT_NO_THROW(ledger_->report()) << "the ledger compares the sum of owners with the total";
    stop = true;
  }
  EXPECT_EQ(ledger_->active_bytes(), 0u);
}

TEST(SystemPool, says_what_the_computer_has) {
  const PoolBudget budget = system_pool()->budget(0);
  EXPECT_GT(budget.capacity, 0u);
  EXPECT_GT(budget.available, 0u);
  EXPECT_LE(budget.available, budget.capacity);
  EXPECT_GT(process_bytes(), 0u);
}

}  // namespace
}  // namespace etna
