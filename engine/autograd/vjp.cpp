#include "engine/autograd/vjp.h"

#include "engine/autograd/backward.h"
#include "engine/base/error.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

void check_cotangents(std::span<const Array> outputs, std::span<const Array> cotangents) {
  if (outputs.size() != cotangents.size()) {
    fail(Errc::invalid_argument, "gradients: {} cotangents for {} outputs", cotangents.size(), outputs.size());
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Array &y = outputs[i], &cotangent = cotangents[i];
    if (is_floating(y.dtype()) && y.shape() == cotangent.shape() && y.dtype() == cotangent.dtype()) continue;
    fail(Errc::invalid_argument, "gradients: output {} is {} {}, its cotangent {} {}; both must be alike and floating",
         i, name(y.dtype()), to_string(y.shape()), name(cotangent.dtype()), to_string(cotangent.shape()));
  }
}

}  // namespace

std::vector<Array> gradients(std::span<const Array> outputs, std::span<const Array> cotangents,
                             std::span<const Array> variables) {
  check_cotangents(outputs, cotangents);
  for (const Array& variable : variables) {
    if (is_floating(variable.dtype())) continue;
    fail(Errc::invalid_argument, "gradients: a variable is {}; only floating arrays have gradients",
         name(variable.dtype()));
  }
  const Gradients found = autograd::backpropagate(outputs, cotangents, variables, {});
  std::vector<Array> results;
  for (std::size_t i = 0; i < found.size(); ++i) {
    results.push_back(found[i].value_or(zeros(variables[i].shape(), variables[i].dtype())));
  }
  return results;
}

Vjp vjp(const Function& function, const std::vector<Array>& inputs, const std::vector<Array>& cotangents) {
  std::vector<Array> variables;
  for (const Array& input : inputs) variables.push_back(after(input, {}));
  std::vector<Array> outputs = function(variables);
  std::vector<Array> found = gradients(outputs, cotangents, variables);
  return {std::move(outputs), std::move(found)};
}

}  // namespace etna
