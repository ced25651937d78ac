#include "engine/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "engine/base/error.h"

namespace etna {
namespace {

using namespace std::chrono_literals;

TEST(WorkerThread, requests_run_in_order_on_one_thread) {
  std::vector<int> order;
  std::set<std::thread::id> threads;
  std::promise<void> over;
  WorkerThread worker({});
  for (int i = 0; i < 10; ++i) {
    worker.submit([&, i](const std::stop_token&) { order.push_back(i), threads.insert(std::this_thread::get_id()); });
  }
  worker.submit([&](const std::stop_token&) { over.set_value(); });
  over.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(threads.size(), 1u);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST(WorkerThread, what_a_request_throws_is_a_failure_that_may_be_amended) {
  WorkerThread worker({.failing = [](Failure& failure) { failure.message += ", sorry"; }});
  const auto failure_of = [&](std::function<void()> work) {
    std::promise<Failure> failure;
    worker.submit([&](const std::stop_token&) { work(); }, [&](Failure told) { failure.set_value(std::move(told)); });
    return failure.get_future().get();
  };
  const Failure lost = failure_of([] { fail(Errc::device_lost, "gone"); });
  EXPECT_EQ(lost.code, Errc::device_lost);
  EXPECT_EQ(lost.message, "gone, sorry");
  EXPECT_EQ(failure_of([] { throw std::bad_alloc(); }).code, Errc::out_of_memory);
  EXPECT_EQ(failure_of([] { throw std::logic_error("x"); }).code, Errc::io);
}

TEST(WorkerThread, waiting_and_running_requests_are_stopped_by_their_number) {
  WorkerThread worker({});
  std::promise<void> begun;
  std::promise<bool> waiting_was_stopped, other_was_stopped;
  const auto running = worker.submit([&](const std::stop_token& stop) {
    begun.set_value();
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  const auto waiting = worker.submit([&](const std::stop_token& stop) { waiting_was_stopped.set_value(stop.stop_requested()); });
  worker.submit([&](const std::stop_token& stop) { other_was_stopped.set_value(stop.stop_requested()); });
  begun.get_future().wait();
  worker.cancel(waiting);
  worker.cancel(running);
  worker.cancel(12345);
  EXPECT_TRUE(waiting_was_stopped.get_future().get());
  EXPECT_FALSE(other_was_stopped.get_future().get());
}

TEST(WorkerThread, the_idle_chore_decides_when_it_is_called_again) {
  std::atomic<int> calls = 0;
  std::promise<void> third;
  WorkerThread worker({.idle = [&]() -> std::optional<std::chrono::milliseconds> {
    if (++calls < 3) return 1ms;
    if (calls == 3) third.set_value();
    return std::nullopt;
  }});
  third.get_future().wait();
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(calls, 3) << "no timer without a time";
  std::promise<void> done;
  worker.submit([&](const std::stop_token&) { done.set_value(); });
  done.get_future().wait();
  while (calls == 3) std::this_thread::yield();
  worker.wake();
  while (calls == 4) std::this_thread::yield();
}

TEST(WorkerThread, its_end_stops_what_runs_and_what_waits) {
  std::atomic<int> stopped = 0;
  std::promise<void> begun;
  {
    WorkerThread worker({});
    worker.submit([&](const std::stop_token& stop) {
      begun.set_value();
      while (!stop.stop_requested()) std::this_thread::yield();
      ++stopped;
    });
    worker.submit([&](const std::stop_token& stop) { stopped += stop.stop_requested(); });
    begun.get_future().wait();
  }
  EXPECT_EQ(stopped, 2);
}

}  // namespace
}  // namespace etna
