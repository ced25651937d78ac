#pragma once

#include <cstdlib>
#include <unordered_map>

#include "engine/array/backend.h"
#include "engine/backend/cpu/thread_scratch.h"
#include "engine/base/thread_pool.h"

namespace etna::cpu {

/// What a kernel may use while it runs. Kernels run one after the other; each spreads itself over the pool.
class Context {
public:
  explicit Context(ThreadPool& team) : pool(team) {}

  ThreadPool& pool;

  /// Memory of the program that runs now; see Kernel::scratch.
  void use(const ScratchSpace& space) { space_ = space; }

  /// `count` floats for one kernel call, no more than it said it needs; contents undefined.
  float* scratch(std::size_t count) const {
    check(count, space_.sizes.shared);
    return space_.shared;
  }

  /// The same for the calling thread of the pool alone.
  float* thread_scratch(Scratch piece, std::size_t count) const {
    const auto index = static_cast<std::size_t>(piece);
    const std::size_t size = space_.sizes.of_thread[index];
    check(count, size);
    return space_.of_thread[index] + static_cast<std::size_t>(ThreadPool::thread_index()) * ScratchSpace::share(size);
  }

private:
  /// A kernel that takes more than it said would write over another's memory.
  static void check(std::size_t count, std::size_t size) {
    if (count > size) std::abort();
  }

  ScratchSpace space_;
};

/// How the processor runs one operation type.
struct Kernel {
  void (*run)(const Step&, Context&) = nullptr;

  /// Shapes and dtypes it takes; null: all that the operation allows.
  bool (*supports)(const Op&, std::span<const Array> inputs, const Shape& output_shape, DType output) = nullptr;

  /// Bit i: input i may have any strides. Others arrive contiguous.
  std::uint32_t strided_inputs = 0;

  /// The most of Context's scratch that a call takes on so many threads; null: none. Sees shapes, never contents.
  ScratchNeeds (*scratch)(const Step&, int threads) = nullptr;
};

class KernelTable {
public:
  template <class T>
  void add(Kernel kernel) { kernels_[op_type<T>()] = kernel; }

  const Kernel* find(OpType type) const {
    const auto found = kernels_.find(type);
    return found == kernels_.end() ? nullptr : &found->second;
  }

private:
  std::unordered_map<OpType, Kernel> kernels_;
};

void register_all(KernelTable& table);

}  // namespace etna::cpu
