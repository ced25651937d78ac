#include "engine/ops/gather.h"

#include "tests/engine/backend/vulkan/gpu.h"

namespace etna::test {
namespace {

class VulkanGather : public GpuTest {};

TEST_F(VulkanGather, TakeReadsRowsAndClampsIndices) {
  const Array table = random_array({4, 3}, DType::bfloat16, 1);
  const std::vector<double> rows = doubles(table);
  std::vector<double> expected;
  for (const int row : {2, 0, 3, 0})
    expected.insert(expected.end(), rows.begin() + row * 3, rows.begin() + row * 3 + 3);
  expect_close(run(take(table, ints({2, 0, 9, -1}, {2, 2}))), expected, 0);
}

TEST_F(VulkanGather, AssignWritesTheStateItself) {
  const Array state = allocate_array(gpu(), {2, 3}, DType::float32, MemoryTag::other, 0);
  evaluate(assign(state, Array::from<float>({1, 2, 3, 4, 5, 6}, {2, 3})), gpu());
  EXPECT_THAT(state.to_floats(), testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(VulkanGather, RingWritesWrapAround) {
  const Array ring = allocate_array(gpu(), {3}, DType::int32, MemoryTag::other, 0);
  evaluate(assign(ring, ints({0, 0, 0}, {3})), gpu());
  for (int i = 0; i < 5; ++i) evaluate(ring_write(ring, ints({i + 10}, {1}), ints({i}, {1})), gpu());
  EXPECT_THAT(ring.to_vector<std::int32_t>(), testing::ElementsAre(13, 14, 12));
}

}  // namespace
}  // namespace etna::test
