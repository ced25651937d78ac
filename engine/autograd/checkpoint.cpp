#include "engine/autograd/checkpoint.h"

#include <algorithm>

#include "engine/autograd/backward.h"
#include "engine/autograd/graph.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

using autograd::ArrayMap;

/// Looks at its last input, the result; the inputs before are what the result is a function of. Gradients go to those,
/// by a replay of the graph between, and never into that graph itself, so that nothing of it is kept.
struct Checkpoint : OpOf<Checkpoint> {
  std::size_t replaced;  // inputs that are given anew; the others are captured

  explicit Checkpoint(std::size_t count) : replaced(count) {}

  std::string name() const override { return "checkpoint"; }

  bool is_view() const override { return true; }

  std::optional<View> alias(const View& input, const Shape&) const override { return input; }

  std::optional<Gradients> gradient(const GradientCall& call) const override {
    ArrayMap replacements;
    std::vector<Array> inputs, variables;
    for (std::size_t i = 0; i + 1 < call.inputs.size(); ++i) {
      const Array& input = call.inputs[i];
      inputs.push_back(i < replaced ? after(input, {call.gradient}) : input);
      if (i < replaced) replacements.emplace(input.id(), inputs.back());
      if (call.wanted[i]) variables.push_back(inputs.back());
    }
    const Array again = autograd::replay(call.inputs.back(), replacements);
    const Gradients found =
        autograd::backpropagate(std::span(&again, 1), std::span(&call.gradient, 1), variables, inputs);
    Gradients gradients(call.inputs.size());
    for (std::size_t i = 0, next = 0; i < inputs.size(); ++i) {
      if (call.wanted[i]) gradients[i] = found[next++];
    }
    return gradients;
  }
};

/// Floating nodes that the result is computed from and that do not depend on the inputs.
std::vector<Array> captured_by(const Array& result, const ArrayMap& inputs) {
  const std::vector<Array> order = autograd::in_order(std::span(&result, 1), inputs);
  std::unordered_map<const void*, bool> depends;
  for (const Array& array : order) {
    depends[array.id()] = inputs.contains(array.id()) || std::ranges::any_of(array.inputs(), [&](const Array& input) {
                            return depends.at(input.id());
                          });
  }
  ArrayMap seen;
  std::vector<Array> captured;
  for (const Array& array : order) {
    if (!depends.at(array.id()) || inputs.contains(array.id())) continue;
    for (const Array& input : array.inputs()) {
      const bool is_constant = depends.at(input.id()) || !is_floating(input.dtype());
      if (!is_constant && seen.emplace(input.id(), input).second) captured.push_back(input);
    }
  }
  return captured;
}

}  // namespace

Array checkpoint(const ScalarFunction& function, const std::vector<Array>& inputs) {
  // An input that the function has also captured is another one there.
  std::vector<Array> parts;
  for (const Array& input : inputs) parts.push_back(after(input, {}));
  const std::size_t count = parts.size();
  const Array result = function(parts);
  for (const Array& captured : captured_by(result, autograd::map_of(parts))) parts.push_back(captured);
  parts.push_back(result);
  return Array(result.shape(), result.dtype(), std::make_shared<Checkpoint>(count), std::move(parts));
}

}  // namespace etna
