#include "engine/array/array.h"

#include <gtest/gtest.h>

#include "engine/array/schedule.h"
#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/view.h"

namespace etna {
namespace {

class ArrayTest : public testing::Test {
protected:
  std::vector<float> run(const Array& array) {
    evaluate(array, *backend_);
    return array.to_floats();
  }

  std::unique_ptr<Backend> backend_ = cpu::create_backend(1);
};

const Array& counting() {
  static const Array array = Array::from(std::vector<float>{0, 1, 2, 3, 4, 5}, {2, 3});
  return array;
}

TEST_F(ArrayTest, nothing_is_computed_before_it_is_asked_for) {
  const Array sum = add(counting(), counting());
  EXPECT_FALSE(sum.evaluated());
  EXPECT_THROW(sum.to_floats(), Error);
  EXPECT_EQ(run(sum), (std::vector<float>{0, 2, 4, 6, 8, 10}));
  EXPECT_TRUE(sum.evaluated());
  EXPECT_TRUE(sum.inputs().empty()) << "its history is forgotten";
}

TEST_F(ArrayTest, views_share_memory_and_read_right) {
  EXPECT_EQ(run(transpose(counting(), 0, 1)), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(run(slice(counting(), 1, 1, 3)), (std::vector<float>{1, 2, 4, 5}));
  EXPECT_EQ(run(broadcast_to(slice(counting(), 0, 0, 1), {3, 3})), (std::vector<float>{0, 1, 2, 0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(run(reshape(transpose(counting(), 0, 1), {6})), (std::vector<float>{0, 3, 1, 4, 2, 5})) << "needs a copy";
}

TEST_F(ArrayTest, a_reshape_of_a_slice_is_a_view_where_strides_allow) {
  const Array wide = Array::from(std::vector<float>(4 * 6, 1), {4, 6});
  const Array cut = slice(wide, 1, 0, 4);
  const Array outputs[] = {reshape(cut, {2, 2, 4}), reshape(cut, {4, 2, 2})};
  EXPECT_TRUE(schedule(outputs, *backend_, 0).steps.empty());
  const Array needs_copy[] = {reshape(cut, {16})};
  EXPECT_EQ(schedule(needs_copy, *backend_, 0).steps.size(), 1u);
}

TEST_F(ArrayTest, a_shared_result_is_computed_once) {
  const Array once = exponential(counting());
  const Array outputs[] = {add(once, once), multiply(once, counting())};
  EXPECT_EQ(schedule(outputs, *backend_, 0).steps.size(), 3u);
}

TEST_F(ArrayTest, a_long_chain_is_destroyed_without_deep_recursion) {
  Array x = counting();
  for (int i = 0; i < 300000; ++i) x = add(x, counting());
}

TEST_F(ArrayTest, intermediates_share_one_arena) {
  const Array one = Array::from(std::vector<float>(1 << 16, 1.0f), {1 << 16});
  Array x = one;
  for (int i = 0; i < 200; ++i) x = add(x, one);
  evaluate(x, *backend_);
  EXPECT_EQ(x.to_floats()[7], 201);
  EXPECT_LT(backend_->allocator()->ledger()->total().peak_bytes, std::uint64_t{20} * (1 << 18));
}

TEST_F(ArrayTest, states_are_updated_in_place_after_their_readers) {
  const Array state = allocate_array(*backend_, {2}, DType::float32, MemoryTag::other, 0);
  const float zeros[2] = {};
  state.view().buffer->write(0, std::as_bytes(std::span(zeros)));
  for (int i = 1; i <= 3; ++i) {
    const Array old = add(state, Array::scalar(0));
    const Array outputs[] = {old, assign(state, add(state, Array::scalar(1)))};
    evaluate(outputs, *backend_);
    EXPECT_EQ(old.to_floats()[0], static_cast<float>(i - 1));
    EXPECT_EQ(state.to_floats()[1], static_cast<float>(i));
  }
}

TEST_F(ArrayTest, wrong_shapes_and_types_are_refused_at_once_with_both_named) {
  const auto message = [](const auto& make) {
    try {
      make();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_argument);
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(message([] { return add(counting(), Array::from(std::vector<float>{1, 2}, {2})); }), "add: shapes (2, 3) and (2) do not broadcast");
  EXPECT_NE(message([] { return add(counting(), Array::scalar(1, DType::float16)); }).find("float32 and float16"), std::string::npos);
  EXPECT_NE(message([] { return reshape(counting(), {4}); }).find("6 elements"), std::string::npos);
  EXPECT_NE(message([] { return slice(counting(), 0, 1, 3); }).find("1 to 3"), std::string::npos);
}

}  // namespace
}  // namespace etna
