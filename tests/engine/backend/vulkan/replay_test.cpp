#include "engine/backend/vulkan/executable.h"

#include "engine/ops/gather.h"
#include "tests/engine/backend/vulkan/gpu.h"

namespace etna::test {
namespace {

class VulkanReplay : public GpuTest {};

void set(const Array& array, const std::vector<float>& values) {
  array.view().buffer->write(array.view().offset, std::as_bytes(std::span(values)));
}

std::vector<float> get(const View& view) {
  std::vector<float> values(static_cast<std::size_t>(view.size()));
  view.buffer->read(view.offset, std::as_writable_bytes(std::span(values)));
  return values;
}

TEST_F(VulkanReplay, AProgramRunsAgainWithChangedInputs) {
  const Array x = allocate_array(gpu(), {4}, DType::float32, MemoryTag::other, 0, Placement::host);
  const Array results[] = {add(unary(UnaryKind::square, x), Array::scalar(1))};
  Program program = schedule(results, gpu(), 0);
  const View output = program.outputs[0];
  const auto executable = gpu().prepare(std::move(program));
  set(x, {1, 2, 3, 4});
  executable->run();
  EXPECT_THAT(get(output), testing::ElementsAre(2, 5, 10, 17));
  set(x, {0, -1, -2, -3});
  executable->run();
  EXPECT_THAT(get(output), testing::ElementsAre(1, 2, 5, 10));
}

TEST_F(VulkanReplay, RunsInFlightSeeWhatEarlierOnesWrote) {
  const Array state = allocate_array(gpu(), {3}, DType::float32, MemoryTag::other, 0);
  set(state, {0, 10, 20});
  const Array results[] = {assign(state, add(state, Array::scalar(1)))};
  const auto executable = gpu().prepare(schedule(results, gpu(), 0));
  std::uint64_t ticket = 0;
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t next = executable->start();
    EXPECT_EQ(next, ticket + 1);
    ticket = next;
  }
  executable->wait(ticket);
  EXPECT_THAT(get(state.view()), testing::ElementsAre(8, 18, 28));
}

TEST_F(VulkanReplay, IndependentStepsHaveNoBarrierBetweenThem) {
  const Array x = allocate_array(gpu(), {64}, DType::float32, MemoryTag::other, 0);
  const Array results[] = {unary(UnaryKind::square, x), unary(UnaryKind::negative, x), unary(UnaryKind::absolute, x)};
  const auto independent = gpu().prepare(schedule(results, gpu(), 0));
  EXPECT_EQ(dynamic_cast<vulkan::VulkanExecutable&>(*independent).barrier_count(), 0);
  const Array chain[] = {unary(UnaryKind::square, unary(UnaryKind::negative, x))};
  const auto dependent = gpu().prepare(schedule(chain, gpu(), 0));
  EXPECT_EQ(dynamic_cast<vulkan::VulkanExecutable&>(*dependent).barrier_count(), 1);
  EXPECT_EQ(dynamic_cast<vulkan::VulkanExecutable&>(*dependent).submit_count(), 1);
}

TEST_F(VulkanReplay, ChainsSideBySideShareTheirBarriers) {
  const Array x = allocate_array(gpu(), {64}, DType::float32, MemoryTag::other, 0);
  const Array results[] = {unary(UnaryKind::square, unary(UnaryKind::negative, x)),
                           unary(UnaryKind::sine, unary(UnaryKind::absolute, x))};
  const auto executable = gpu().prepare(schedule(results, gpu(), 0));
  EXPECT_EQ(dynamic_cast<vulkan::VulkanExecutable&>(*executable).barrier_count(), 1);
}

TEST_F(VulkanReplay, AProfileNamesKernelsAndCountsTheirWork) {
  const Array x = allocate_array(gpu(), {1000}, DType::float32, MemoryTag::other, 0);
  set(x, numbers(1000, 1));
  const Array results[] = {add(unary(UnaryKind::square, unary(UnaryKind::square, x)), x)};
  const auto executable = gpu().prepare(schedule(results, gpu(), 0));
  EXPECT_EQ(executable->dispatch_count(), 3);
  const std::vector<StepTime> times = executable->profile();
  ASSERT_EQ(times.size(), 2u);
  EXPECT_EQ(times[0].name, "square_f32");
  EXPECT_EQ(times[0].count, 2);
  EXPECT_EQ(times[0].work.bytes, 16000u);
  EXPECT_EQ(times[1].name, "add_f32");
  EXPECT_GT(times[0].seconds, 0);
}

TEST_F(VulkanReplay, LongProgramsAreSplitIntoSubmits) {
  const Array x = allocate_array(gpu(), {1 << 22}, DType::float32, MemoryTag::other, 0);
  set(x, numbers(1 << 22, 1));
  Array y = x;
  for (int i = 0; i < 14; ++i) y = unary(UnaryKind::negative, y);
  const Array results[] = {y};
  Program program = schedule(results, gpu(), 0);
  const View output = program.outputs[0];
  const auto executable = gpu().prepare(std::move(program));
  if (vulkan::enumerate_devices()[0].is_software) {
    EXPECT_GT(dynamic_cast<vulkan::VulkanExecutable&>(*executable).submit_count(), 3);
  }
  executable->run();
  EXPECT_EQ(get(output), x.to_floats());
}

TEST_F(VulkanReplay, AnExecutableMayGoWhileItRuns) {
  const Array x = allocate_array(gpu(), {1 << 16}, DType::float32, MemoryTag::other, 0);
  const Array results[] = {unary(UnaryKind::sine, x)};
  gpu().prepare(schedule(results, gpu(), 0))->start();
  const Array y = unary(UnaryKind::square, Array::scalar(3));
  EXPECT_THAT(run(y), testing::ElementsAre(9));
}

}  // namespace
}  // namespace etna::test
