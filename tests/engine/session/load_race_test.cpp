#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/base/error.h"
#include "engine/devices.h"
#include "engine/session/model_host.h"
#include "tests/support/tiny_llama.h"

namespace etna {
namespace {

constexpr int loads = 1000;
constexpr std::uint64_t context = 32768;

/// Two programs' threads, each with a backend of its own, and one ledger for both: as the window and a server would be.
TEST(LoadRace, of_two_loads_that_fit_one_at_a_time_never_both_pass) {
  const test::TinyLlama model;
  const auto ledger = MemoryLedger::create();
  const auto load = [&](const std::shared_ptr<Backend>& backend) {
    return ModelHost::load(model.config(), model, backend, {.activations = "f32", .context_length = context}, {});
  };
  const auto first = open_device("cpu", ledger), second = open_device("cpu", ledger);
  first->allocator()->set_cache_limit(0);
  second->allocator()->set_cache_limit(0);
  std::uint64_t one = 0;
  {
    const auto alone = load(first);
    one = ledger->peak_bytes();
  }
  const std::uint64_t empty = ledger->active_bytes();
  ledger->set_limit(empty + (one - empty) * 17 / 10);

  std::atomic<int> in = 0, both = 0, passed = 0, refused = 0, wrong = 0;
  const auto work = [&](const std::shared_ptr<Backend>& backend) {
    for (int i = 0; i < loads; ++i) {
      try {
        const auto host = load(backend);
        if (++in > 1) ++both;
        if (ledger->active_bytes() > ledger->user_limit()) ++wrong;
        ++passed;
        --in;
      } catch (const Error& error) {
        ++(error.code() == Errc::out_of_memory ? refused : wrong);
      }
    }
  };
  {
    const std::jthread a(work, first), b(work, second);
  }
  EXPECT_EQ(both, 0);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(passed + refused, 2 * loads);
  EXPECT_GT(passed, 0);
  EXPECT_EQ(ledger->active_bytes(), empty);
  EXPECT_EQ(ledger->total().reserved_bytes, 0u);
}

/// The promise alone, with nothing slow between: as tight as it gets.
TEST(LoadRace, a_ledger_promises_the_same_bytes_once) {
  const auto ledger = MemoryLedger::create();
  ledger->set_limit(100 << 20);
  std::atomic<int> in = 0, both = 0, passed = 0;
  const auto work = [&] {
    const OwnerId owner = ledger->add_owner("load");
    const PoolBytes need{system_pool(), 60 << 20};
    for (int i = 0; i < loads; ++i) {
      try {
        const Reservation promise = ledger->reserve(owner, std::span(&need, 1), "a load");
        if (++in > 1) ++both;
        ++passed;
        --in;
      } catch (const Error&) {
        std::this_thread::yield();
      }
    }
  };
  {
    const std::jthread a(work), b(work);
  }
  EXPECT_EQ(both, 0);
  EXPECT_GT(passed, 0);
}

}  // namespace
}  // namespace etna
