#pragma once

#include <functional>
#include <unordered_map>

#include "engine/array/backend.h"

namespace etna::vulkan {

class Recorder;  // recorder.h: turns kernel calls into dispatches with barriers

/// How the Vulkan backend runs one operation type.
struct Kernel {
  /// Records the dispatches of one step.
  std::function<void(Recorder&, const Step&)> record;

  /// Shapes and dtypes it takes; null: all.
  std::function<bool(const Op&, std::span<const Array> inputs, const Shape& output_shape, DType output)> supports;

  /// Bit i: input i may have any strides. Others arrive contiguous.
  std::uint32_t strided_inputs = 0;
};

class KernelTable {
public:
  template <class T>
  void add(Kernel kernel) {
    kernels_[op_type<T>()] = std::move(kernel);
  }

  const Kernel* find(OpType type) const {
    const auto found = kernels_.find(type);
    return found == kernels_.end() ? nullptr : &found->second;
  }

private:
  std::unordered_map<OpType, Kernel> kernels_;
};

void register_all(KernelTable& table);

}  // namespace etna::vulkan
