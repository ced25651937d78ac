#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/array/array.h"

namespace etna {

/// A function of arrays. What it computes must be left lazy: an array that is evaluated inside has no history any more,
/// and no gradient flows through it.
using Function = std::function<std::vector<Array>(const std::vector<Array>&)>;

/// Gradients in a graph that exists: Σ cotangents · ∂outputs/∂variables, as new nodes of the graph (reverse mode).
///
/// outputs     floating, of any shapes
/// cotangents  one for each output, of its shape and dtype
/// variables   floating nodes of the graph, leaves or not. They count as independent of each other: where one is
///             computed from another, what flows through the first does not reach the second.
/// returns     one for each variable, of its shape and dtype; zeros where no output depends on it
///
/// An operation is differentiated by its own rule (Op::gradient), or else through its definition, whose intermediates
/// are computed anew in the backward pass. Steps are ordered so that a variable's gradient is ready as early as it can
/// be and nothing is recomputed before it is used; evaluate outputs before gradients, all in one call.
///
/// Throws invalid_argument when shapes or dtypes do not fit, unsupported naming an operation that has no gradient.
std::vector<Array> gradients(std::span<const Array> outputs, std::span<const Array> cotangents,
                             std::span<const Array> variables);

/// A function's outputs and its vector-Jacobian product.
struct Vjp {
  std::vector<Array> outputs;
  std::vector<Array> gradients;  ///< one for each input
};

/// function(inputs) and Σ cotangents · ∂outputs/∂inputs. Uses of an input's array that the function has captured beside
/// its arguments are constants.
Vjp vjp(const Function& function, const std::vector<Array>& inputs, const std::vector<Array>& cotangents);

}  // namespace etna
