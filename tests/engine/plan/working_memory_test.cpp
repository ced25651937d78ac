#include "engine/array/working_memory.h"

#include <gtest/gtest.h>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/plan/plan.h"
#include "tests/support/random_arrays.h"

namespace etna {
namespace {

using test::random_array;

class WorkingMemoryTest : public testing::Test {
protected:
  /// Some intermediates, and products that need scratch.
  static Array work(const Array& x) {
    const Array w = random_array({x.shape(1), x.shape(1)}, DType::float32, 5);
    return sum_of(exponential(multiply(matmul(x, w), Array::scalar(0.01F))), matmul(x, w));
  }

  static Array sum_of(const Array& a, const Array& b) { return add(a, b); }

  std::unique_ptr<Plan> compile(const Array& output, std::shared_ptr<WorkingMemory> working) {
    return Plan::compile(std::span(&output, 1), *backend_, 0, std::move(working));
  }

  std::uint64_t live_bytes() const { return backend_->allocator()->ledger()->active_bytes(); }

  std::unique_ptr<Backend> backend_ = cpu::create_backend(2);
};

TEST_F(WorkingMemoryTest, plans_that_take_turns_compute_the_same_in_one_memory) {
  const auto shared = std::make_shared<WorkingMemory>(backend_->allocator(), 0);
  const Array small = work(random_array({3, 64}, DType::float32, 1)), large = work(random_array({40, 64}, DType::float32, 2));
  const auto one = compile(small, shared), other = compile(large, shared), alone = compile(small, nullptr), alone_too = compile(large, nullptr);
  for (int turn = 0; turn < 3; ++turn) {
    one->run();
    alone->run();
    EXPECT_EQ(one->output(0).to_floats(), alone->output(0).to_floats());
    other->run();
    alone_too->run();
    EXPECT_EQ(other->output(0).to_floats(), alone_too->output(0).to_floats());
  }
}

TEST_F(WorkingMemoryTest, what_was_reserved_is_enough_for_the_plans_it_was_measured_with) {
  const Array large = work(random_array({40, 64}, DType::float32, 2));
  const auto measured = std::make_shared<WorkingMemory>(backend_->allocator(), 0);
  compile(large, measured);
  const auto reserved = std::make_shared<WorkingMemory>(backend_->allocator(), 0);
  reserved->reserve(measured->sizes());
  EXPECT_EQ(reserved->sizes(), measured->sizes());
  const auto plan = compile(large, reserved);
  EXPECT_EQ(reserved->sizes(), measured->sizes()) << "nothing had to grow";
}

TEST_F(WorkingMemoryTest, a_piece_that_grows_leaves_the_old_one_to_whoever_has_it) {
  WorkingMemory memory(backend_->allocator(), 0);
  const Buffer first = memory.piece(2, 1000);
  EXPECT_EQ(memory.piece(2, 500), first);
  const Buffer second = memory.piece(2, 5000);
  EXPECT_NE(second, first);
  EXPECT_EQ(first->bytes(), 1000U);
  EXPECT_EQ(memory.sizes(), (std::vector<std::size_t>{0, 0, 5000}));
}

}  // namespace
}  // namespace etna
