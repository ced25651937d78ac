#pragma once

#include <span>

#include "engine/array/array.h"

namespace etna::autograd {

/// The backward walk from outputs to `variables`; none for those that no output depends on. Arrays in `constants` are
/// not looked behind: nothing flows through them. Gradients wait for each other in the order in which they are found.
Gradients backpropagate(std::span<const Array> outputs, std::span<const Array> cotangents,
                        std::span<const Array> variables, std::span<const Array> constants);

}  // namespace etna::autograd
