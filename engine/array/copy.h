#pragma once

#include "engine/array/array.h"

namespace etna {

/// A row-major copy of any view: the one kernel behind every view that strides cannot express, and what the scheduler
/// puts before kernels that need their input contiguous.
struct Copy : OpOf<Copy> {
  std::string name() const override { return "copy"; }
  std::optional<Gradients> gradient(const GradientCall& call) const override { return Gradients{call.gradient}; }
};

}  // namespace etna
