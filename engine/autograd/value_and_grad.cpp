#include "engine/autograd/value_and_grad.h"

#include <utility>

#include "engine/autograd/vjp.h"
#include "engine/base/error.h"
#include "engine/ops/view.h"

namespace etna {

std::vector<Array> ValueAndGradients::arrays() const {
  std::vector<Array> all{value};
  all.insert(all.end(), gradients.begin(), gradients.end());
  return all;
}

std::function<ValueAndGradients(const std::vector<Array>&)> value_and_grad(ScalarFunction function,
                                                                           std::vector<int> arguments) {
  return [function = std::move(function),
          arguments = std::move(arguments)](const std::vector<Array>& inputs) -> ValueAndGradients {
    std::vector<Array> given = inputs, variables;
    for (const int argument : arguments) {
      if (argument < 0 || static_cast<std::size_t>(argument) >= inputs.size()) {
        fail(Errc::invalid_argument, "value_and_grad: there is no argument {}, only {} of them", argument,
             inputs.size());
      }
      Array& variable = given[static_cast<std::size_t>(argument)];
      variable = after(variable, {});
      variables.push_back(variable);
    }
    Array value = function(given);
    if (value.size() != 1 || !is_floating(value.dtype())) {
      fail(Errc::invalid_argument, "value_and_grad: the value is {} {}, expected one floating element",
           name(value.dtype()), to_string(value.shape()));
    }
    const Array one = broadcast_to(Array::scalar(1, value.dtype()), value.shape());
    std::vector<Array> found = gradients(std::span(&value, 1), std::span(&one, 1), variables);
    return {std::move(value), std::move(found)};
  };
}

}  // namespace etna
