#include "tests/engine/session/faults/failing_memory.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

constexpr std::uint64_t never = UINT64_MAX;

struct Source {
  std::atomic<std::uint64_t> left{never};  // calls that still get something
  std::atomic<bool> armed{false};
};

Source sources[2];
std::atomic<bool> has_failed{false};

bool may_have(etna::test::MemorySource from) {
  Source& source = sources[static_cast<int>(from)];
  if (!source.armed) return true;
  std::uint64_t left = source.left;
  while (left > 0 && !source.left.compare_exchange_weak(left, left - 1)) {
  }
  if (left > 0) return true;
  has_failed = true;
  return false;
}

void* take(std::size_t bytes) {
  return may_have(etna::test::MemorySource::objects) ? std::malloc(bytes == 0 ? 1 : bytes) : nullptr;
}

void* take_aligned(std::size_t bytes, std::align_val_t alignment) {
  void* memory = nullptr;
  const bool may = may_have(etna::test::MemorySource::objects);
  return may && ::posix_memalign(&memory, static_cast<std::size_t>(alignment), bytes) == 0 ? memory : nullptr;
}

void* or_throw(void* memory) {
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

namespace etna::test {

FailingMemory::FailingMemory(MemorySource source, std::uint64_t nth) {
  has_failed = false;
  sources[static_cast<int>(source)].left = nth - 1;
  sources[static_cast<int>(source)].armed = true;
}

FailingMemory::~FailingMemory() {
  for (Source& source : sources) source.armed = false;
}

bool FailingMemory::failed() { return has_failed; }

}  // namespace etna::test

// The linker sends calls of aligned_alloc here (--wrap).
extern "C" void* __real_aligned_alloc(std::size_t alignment, std::size_t bytes);

extern "C" void* __wrap_aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return may_have(etna::test::MemorySource::blocks) ? __real_aligned_alloc(alignment, bytes) : nullptr;
}

void* operator new(std::size_t bytes) { return or_throw(take(bytes)); }
void* operator new[](std::size_t bytes) { return or_throw(take(bytes)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return take(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return take(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return or_throw(take_aligned(bytes, alignment)); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) { return or_throw(take_aligned(bytes, alignment)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
