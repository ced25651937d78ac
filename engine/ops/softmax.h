#pragma once

#include "engine/array/array.h"

namespace etna {

struct Softmax : OpOf<Softmax> {
  std::string name() const override { return "softmax"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// exp(x - max) / sum(exp(x - max)) over the last axis, in float32; output in x's dtype. A row of -inf only gives NaN.
Array softmax(const Array& x);

}  // namespace etna
