#pragma once

#include <cstdint>

namespace etna::test {

/// Memory of this program that ends at a given call: std::aligned_alloc, which the processor's heap takes its blocks
/// from, or operator new. Replaces both in the program that links it.
enum class MemorySource { blocks, objects };

/// While it lives, the `nth` call (1: the next) and all later ones get nothing, on every thread.
class FailingMemory {
public:
  FailingMemory(MemorySource source, std::uint64_t nth);
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;

  /// Whether somebody got nothing; also to be asked when the object has gone.
  static bool failed();
};

}  // namespace etna::test
