#pragma once

#include <array>
#include <cstddef>
#include <memory>

namespace etna::cpu {

/// Which piece of a thread's working memory: a kernel that needs several at a time names several.
enum class Scratch { weights, results, second_results, activations };

/// At least `count` floats of this thread, contents undefined, valid until the next call for the same piece. Kept
/// between kernels: fresh memory of this size would come from the system page by page, with all threads in line.
inline float* thread_scratch(Scratch piece, std::size_t count) {
  struct Space {
    std::unique_ptr<float[]> floats;
    std::size_t size = 0;
  };
  thread_local std::array<Space, 4> spaces;
  Space& space = spaces[static_cast<std::size_t>(piece)];
  if (space.size < count) {
    space.floats = std::make_unique_for_overwrite<float[]>(count);
    space.size = count;
  }
  return space.floats.get();
}

}  // namespace etna::cpu
