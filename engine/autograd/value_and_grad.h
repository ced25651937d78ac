#pragma once

#include <functional>
#include <vector>

#include "engine/array/array.h"

namespace etna {

struct ValueAndGradients {
  Array value;
  std::vector<Array> gradients;  ///< in the order of the argument numbers

  /// All of them, in the order in which they are best evaluated.
  std::vector<Array> arrays() const;
};

/// A function with one result, as losses are; see Function of vjp.h.
using ScalarFunction = std::function<Array(const std::vector<Array>&)>;

/// The function that returns function(x) and its gradients with respect to the arguments of these numbers. Nothing is
/// computed: the graph can be evaluated, or compiled once as a Plan and run with other contents of the same arrays.
///
/// The value must have one element and a floating type, the chosen arguments too. Throws invalid_argument, when called,
/// where that is not so or a number names no argument; and what gradients() throws.
std::function<ValueAndGradients(const std::vector<Array>&)> value_and_grad(ScalarFunction function,
                                                                           std::vector<int> arguments = {0});

}  // namespace etna
