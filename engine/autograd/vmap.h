#pragma once

#include <optional>
#include <vector>

#include "engine/autograd/vjp.h"

namespace etna {

/// function, made for one example, over a batch of them: what it would give for each example, stacked along a new first
/// axis. The function is called once, with arrays of one example's shape; its graph is rewritten with the batch inside,
/// so a batch costs as many operations as one example.
///
/// axes     one for each input: the axis that the examples lie along; none: all examples share the input
/// returns  the function that takes the batches
///
/// Element-wise operations, reductions, views, concatenation, products, softmax and take are known, and whatever has a
/// definition of these. Throws, when called, invalid_argument where axes and inputs do not fit each other, unsupported
/// naming an operation that is not known.
Function vmap(Function function, std::vector<std::optional<int>> axes);

}  // namespace etna
