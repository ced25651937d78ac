#include <sys/mman.h>

#include <numeric>

#include "engine/backend/vulkan/memory.h"
#include "engine/base/error.h"
#include "tests/engine/backend/vulkan/gpu.h"

namespace etna::test {
namespace {

class VulkanHeapTest : public GpuTest {
protected:
  static std::vector<std::byte> pattern(std::size_t bytes) {
    std::vector<std::byte> values(bytes);
    for (std::size_t i = 0; i < bytes; ++i) values[i] = static_cast<std::byte>((i * 2654435761U) >> 13);
    return values;
  }

  static std::shared_ptr<vulkan::Queue> queue() {
    auto instance = vulkan::Instance::get();
    for (VkPhysicalDevice physical : instance->physical_devices()) {
      if (!vulkan::Device::missing_features(physical).empty()) continue;
      return std::make_shared<vulkan::Queue>(vulkan::Device::create(instance, physical));
    }
    return nullptr;
  }
};

TEST_F(VulkanHeapTest, BytesComeBackFromSmallAndLargeBlocksOfBothPlacements) {
  for (const Placement placement : {Placement::device, Placement::host}) {
    for (const std::size_t bytes : {std::size_t{3}, std::size_t{70000}, std::size_t{3} << 20}) {
      const Buffer buffer = gpu().allocator()->allocate(bytes, placement, MemoryTag::other, 0);
      EXPECT_EQ(buffer->address() % 256, 0u);
      const std::vector<std::byte> in = pattern(bytes);
      buffer->write(0, in);
      std::vector<std::byte> out(bytes);
      buffer->read(0, out);
      EXPECT_EQ(in, out);
      std::vector<std::byte> middle(1);
      buffer->read(1, middle);
      EXPECT_EQ(middle[0], in[1]);
    }
  }
}

TEST_F(VulkanHeapTest, StagingMovesMoreThanItsOwnSizeBothWays) {
  const auto q = queue();
  vulkan::VulkanHeap heap(q, "gpu:0");
  const std::size_t bytes = (std::size_t{20} << 20) + 12;
  const HeapBlock block = heap.allocate(bytes, Placement::device, *heap.pools(Placement::device).front());
  const std::vector<std::byte> in = pattern(bytes);
  heap.write(block, 0, in);
  std::vector<std::byte> out(bytes);
  heap.read(block, 0, out);
  EXPECT_EQ(in, out);
  heap.free(block);
}

TEST_F(VulkanHeapTest, PagesOfMemoryAreImportedWithoutACopyOnSharedMemory) {
  constexpr std::size_t bytes = 64 << 10;
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  const std::span<std::byte> span(static_cast<std::byte*>(pages), bytes);
  const std::vector<float> values = numbers(1000, 1);
  std::memcpy(pages, values.data(), values.size() * sizeof(float));
  const std::shared_ptr<const void> keep(pages, [](const void* p) { munmap(const_cast<void*>(p), bytes); });
  Buffer buffer = gpu().allocator()->import(span, MemoryTag::weights, 0, keep);
  if (!buffer) GTEST_SKIP() << "this device does not import pages";
  EXPECT_EQ(buffer->host(), span.data());
  const Array x(View{buffer, 0, {1000}, {1}, DType::float32});
  const std::vector<float> negated = run(unary(UnaryKind::negative, x));
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(negated[i], -values[i]);
  EXPECT_EQ(gpu().allocator()->import(span.subspan(8), MemoryTag::weights, 0, keep), nullptr) << "not page aligned";
}

TEST_F(VulkanHeapTest, TooMuchMemoryIsAnErrorThatSaysSo) {
  try {
    gpu().allocator()->allocate(std::size_t{1} << 50, Placement::device, MemoryTag::other, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::out_of_memory);
  }
}

TEST_F(VulkanHeapTest, SmallBlocksShareASlabAndLargeOnesAreTheirOwn) {
  vulkan::VulkanHeap heap(queue(), "gpu:0");
  const std::shared_ptr<MemoryPool> pool = heap.pools(Placement::device).front();
  const std::uint64_t before = heap.held_bytes(*pool);
  const std::size_t slab = heap.growth(1000, Placement::device, *pool);
  const HeapBlock small = heap.allocate(1000, Placement::device, *pool);
  EXPECT_EQ(heap.held_bytes(*pool), before + slab);
  EXPECT_EQ(heap.growth(1000, Placement::device, *pool), 0u);
  const HeapBlock second = heap.allocate(1000, Placement::device, *pool);
  EXPECT_EQ(heap.held_bytes(*pool), before + slab);
  const HeapBlock large = heap.allocate(std::size_t{32} << 20, Placement::device, *pool);
  EXPECT_EQ(heap.held_bytes(*pool), before + slab + (std::size_t{32} << 20));
  for (const HeapBlock& block : {small, second, large}) heap.free(block);
  EXPECT_EQ(heap.held_bytes(*pool), before);
}

}  // namespace
}  // namespace etna::test
