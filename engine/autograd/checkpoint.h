#pragma once

#include <vector>

#include "engine/array/array.h"
#include "engine/autograd/value_and_grad.h"

namespace etna {

/// function(inputs), of which the backward pass keeps nothing but the inputs: what lies between is computed again when
/// the gradient arrives. A third more arithmetic for the memory of one piece instead of all of them.
///
/// What the function has captured (weights, adapters) gets gradients too, and is not computed again where it does not
/// depend on the inputs. The function is called once, now.
///
/// Operations that update memory in place (cache_update) are done again with the same values; so their memory must not
/// be overwritten in between.
///
/// Source: arXiv:1604.06174.
Array checkpoint(const ScalarFunction& function, const std::vector<Array>& inputs);

}  // namespace etna
