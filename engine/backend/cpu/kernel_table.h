#pragma once

#include <unordered_map>

#include "engine/array/backend.h"
#include "engine/base/thread_pool.h"

namespace etna::cpu {

/// What a kernel may use while it runs. Kernels run one after the other; each spreads itself over the pool.
struct Context {
  ThreadPool& pool;

  /// Memory for one kernel call, at least `count` floats, contents undefined.
  float* scratch(std::size_t count) {
    if (scratch_.size() < count) scratch_.resize(count);
    return scratch_.data();
  }

private:
  std::vector<float> scratch_;

public:
  explicit Context(ThreadPool& p) : pool(p) {}
};

/// How the processor runs one operation type.
struct Kernel {
  void (*run)(const Step&, Context&) = nullptr;

  /// Shapes and dtypes it takes; null: all that the operation allows.
  bool (*supports)(const Op&, std::span<const Array> inputs, const Shape& output_shape, DType output) = nullptr;

  /// Bit i: input i may have any strides. Others arrive contiguous.
  std::uint32_t strided_inputs = 0;
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
