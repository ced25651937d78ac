#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/array/array.h"
#include "engine/array/backend.h"

namespace etna::test {

/// A function of floating arrays and a place to look at its gradient.
struct GradientCase {
  std::string name;
  std::vector<Array> inputs;
  std::function<Array(const std::vector<Array>&)> function;  ///< of inputs of any floating dtype
  double tolerance = 2e-4;  ///< of the largest number of a gradient, and absolutely for small ones
};

/// Compares the gradients of Σ cotangent · function(inputs), computed on the backend for a random cotangent, with
/// central differences of the function in double precision: for each element of small inputs, along random directions
/// for others. Failures name the case and the input.
void check_gradients(const GradientCase& gradient_case, Backend& backend);

}  // namespace etna::test
