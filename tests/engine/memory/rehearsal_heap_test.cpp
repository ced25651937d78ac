#include "engine/memory/rehearsal_heap.h"

#include <gtest/gtest.h>

#include <array>

#include "engine/base/error.h"
#include "engine/memory/allocator.h"

namespace etna {
namespace {

std::shared_ptr<Allocator> allocator(bool imports = true) {
  return Allocator::create(std::make_unique<RehearsalHeap>("rehearsal", [imports](std::span<const std::byte>) { return imports; }));
}

TEST(RehearsalHeap, counts_what_a_real_heap_would_take_and_takes_nothing) {
  const auto rehearsed = allocator();
  const std::size_t bytes = std::size_t{1} << 40;
  const Buffer large = rehearsed->allocate(bytes, Placement::device, MemoryTag::weights, 0);
  const Buffer small = rehearsed->allocate(1000, Placement::host, MemoryTag::activations, 0);
  EXPECT_EQ(rehearsed->ledger()->active_bytes(), bytes + allocated_bytes(1000));
  EXPECT_EQ(large->host(), nullptr);
  EXPECT_NE(large->address(), 0U);
  EXPECT_GE(small->address(), large->address() + bytes) << "blocks lie apart";
  const std::array<std::byte, 4> some{};
  large->write(bytes - 4, some);
  std::array<std::byte, 4> read{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  large->read(0, read);
  EXPECT_EQ(read, some);
}

TEST(RehearsalHeap, imports_what_the_real_heap_would_import) {
  const std::vector<std::byte> pages(4096);
  const auto keep = std::make_shared<int>(0);
  const auto willing = allocator(), unwilling = allocator(false);
  EXPECT_NE(willing->import(pages, MemoryTag::weights, 0, keep), nullptr);
  const Buffer kept = willing->import(pages, MemoryTag::weights, 0, keep);
  EXPECT_EQ(willing->ledger()->report().front().mapped_bytes, 4096U);
  EXPECT_EQ(unwilling->import(pages, MemoryTag::weights, 0, keep), nullptr);
}

TEST(RehearsalHeap, refuses_blocks_that_no_machine_has) {
  EXPECT_THROW(allocator()->allocate(std::size_t{1} << 50, Placement::device, MemoryTag::weights, 0), Error);
}

}  // namespace
}  // namespace etna
