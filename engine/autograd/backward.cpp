#include "engine/autograd/backward.h"

#include <algorithm>
#include <unordered_set>

#include "engine/autograd/graph.h"
#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/view.h"

namespace etna::autograd {

namespace {

class Backward {
public:
  Backward(std::span<const Array> outputs, std::span<const Array> variables, std::span<const Array> constants)
      : variables_(map_of(variables)) {
    ArrayMap ends = variables_;
    for (const Array& constant : constants) ends.emplace(constant.id(), constant);
    order_ = in_order(outputs, ends);
    for (const Array& array : order_) {
      const auto depends = [&](const Array& input) { return depends_.at(input.id()); };
      const bool inside = !ends.contains(array.id()) && is_floating(array.dtype());
      depends_[array.id()] =
          variables_.contains(array.id()) || (inside && std::ranges::any_of(array.inputs(), depends));
    }
    complete_after_.resize(order_.size());
    std::unordered_set<const void*> seen;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      if (ends.contains(order_[i].id())) continue;
      for (const Array& input : order_[i].inputs()) {
        if (variables_.contains(input.id()) && seen.insert(input.id()).second) complete_after_[i].push_back(input.id());
      }
    }
  }

  void add_to(const Array& array, const Array& gradient) {
    if (!depends_.at(array.id())) return;
    const auto [place, is_first] = gradients_.try_emplace(array.id(), gradient);
    if (!is_first) place->second = add(place->second, gradient);
  }

  void run() {
    for (std::size_t i = order_.size(); i-- > 0;) {
      const Array& array = order_[i];
      const auto found = gradients_.find(array.id());
      if (found != gradients_.end() && !variables_.contains(array.id())) {
        const Array gradient = found->second;
        gradients_.erase(found);
        push(array, gradient);
      }
      for (const void* variable : complete_after_[i]) finish(variable);
    }
  }

  std::optional<Array> gradient_of(const Array& variable) const {
    const auto found = gradients_.find(variable.id());
    return found == gradients_.end() ? std::nullopt : std::optional(found->second);
  }

private:
  /// Whoever asks for a gradient that the walk finds late gets those before first: what they are made of need not be
  /// kept.
  void finish(const void* variable) {
    const auto found = gradients_.find(variable);
    if (found == gradients_.end()) return;
    if (last_) found->second = after(found->second, {*last_});
    last_ = found->second;
  }

  void push(const Array& array, const Array& gradient) {
    std::vector<bool> wanted;
    for (const Array& input : array.inputs()) wanted.push_back(depends_.at(input.id()));
    const GradientCall call{.inputs = array.inputs(), .output = array, .gradient = gradient, .wanted = wanted};
    std::optional<Gradients> found = array.op()->gradient(call);
    if (!found) found = through_definition(call);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::optional<Array>& part = (*found)[i];
      if (!wanted[i] || !part) continue;
      check(*array.op(), array.inputs()[i], *part);
      add_to(array.inputs()[i], *part);
    }
  }

  static void check(const Op& op, const Array& input, const Array& gradient) {
    if (gradient.shape() == input.shape() && gradient.dtype() == input.dtype()) return;
    fail(Errc::unsupported, "{}: the rule gives a gradient {} {} for an input {} {}", op.name(), name(gradient.dtype()),
         to_string(gradient.shape()), name(input.dtype()), to_string(input.shape()));
  }

  /// The definition is computed again, but not before the gradient is there.
  static Gradients through_definition(const GradientCall& call) {
    const Op& op = *call.output.op();
    std::vector<Array> inputs, variables;
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      inputs.push_back(after(call.inputs[i], {call.gradient}));
      if (call.wanted[i]) variables.push_back(inputs.back());
    }
    const std::optional<Array> definition = op.definition(inputs);
    if (!definition) fail(Errc::unsupported, "{}: it has no gradient", op.name());
    const Gradients found = backpropagate(std::span(&*definition, 1), std::span(&call.gradient, 1), variables, inputs);
    Gradients gradients(inputs.size());
    for (std::size_t i = 0, next = 0; i < inputs.size(); ++i) {
      if (call.wanted[i]) gradients[i] = found[next++];
    }
    return gradients;
  }

  ArrayMap variables_;
  std::vector<Array> order_;
  std::unordered_map<const void*, bool> depends_;
  std::vector<std::vector<const void*>> complete_after_;  // by node: the variables that no node before it uses
  ArrayMap gradients_;
  std::optional<Array> last_;
};

}  // namespace

Gradients backpropagate(std::span<const Array> outputs, std::span<const Array> cotangents,
                        std::span<const Array> variables, std::span<const Array> constants) {
  Backward backward(outputs, variables, constants);
  for (std::size_t i = 0; i < outputs.size(); ++i) backward.add_to(outputs[i], cotangents[i]);
  backward.run();
  Gradients gradients;
  for (const Array& variable : variables) gradients.push_back(backward.gradient_of(variable));
  return gradients;
}

}  // namespace etna::autograd
