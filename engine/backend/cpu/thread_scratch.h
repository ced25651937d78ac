#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace etna::cpu {

/// Which piece of a thread's working memory: a kernel that needs several at a time names several.
enum class Scratch { weights, results, second_results, activations };
inline constexpr std::size_t scratch_pieces = 4;

/// What kernel calls work in, in floats: known before they run, so that it is allocated, accounted and refused like all
/// other memory, and nothing has to be allocated where loops run.
struct ScratchNeeds {
  std::size_t shared = 0;                               ///< by all threads
  std::array<std::size_t, scratch_pieces> of_thread{};  ///< by each, by Scratch

  std::size_t& operator[](Scratch piece) { return of_thread[static_cast<std::size_t>(piece)]; }

  /// Of calls that run one after the other.
  void include(const ScratchNeeds& other) {
    shared = std::max(shared, other.shared);
    for (std::size_t i = 0; i < scratch_pieces; ++i) of_thread[i] = std::max(of_thread[i], other.of_thread[i]);
  }
};

/// Memory of that size; each thread's share of a piece begins at a page of its own.
struct ScratchSpace {
  float* shared = nullptr;
  std::array<float*, scratch_pieces> of_thread{};
  ScratchNeeds sizes;  ///< of_thread: of one thread

  static constexpr std::size_t page = 4096 / sizeof(float);
  static std::size_t share(std::size_t floats) { return (floats + page - 1) / page * page; }
};

}  // namespace etna::cpu
