#include "engine/autograd/graph.h"

#include <unordered_set>

namespace etna::autograd {

std::vector<Array> in_order(std::span<const Array> outputs, const ArrayMap& ends) {
  std::vector<Array> order, stack(outputs.rbegin(), outputs.rend());
  std::unordered_set<const void*> done;
  while (!stack.empty()) {
    const Array array = stack.back();
    const std::size_t depth = stack.size();
    if (!done.contains(array.id()) && !ends.contains(array.id())) {
      for (const Array& input : array.inputs()) {
        if (!done.contains(input.id())) stack.push_back(input);
      }
    }
    if (stack.size() > depth) continue;
    stack.pop_back();
    if (done.insert(array.id()).second) order.push_back(array);
  }
  return order;
}

ArrayMap map_of(std::span<const Array> arrays) {
  ArrayMap map;
  for (const Array& array : arrays) map.emplace(array.id(), array);
  return map;
}

Array replay(const Array& output, const ArrayMap& replacements) {
  ArrayMap made = replacements;
  for (const Array& array : in_order(std::span(&output, 1), replacements)) {
    if (made.contains(array.id())) continue;
    std::vector<Array> inputs;
    bool changed = false;
    for (const Array& input : array.inputs()) {
      inputs.push_back(made.at(input.id()));
      changed |= inputs.back().id() != input.id();
    }
    made.emplace(array.id(), changed ? Array(array.shape(), array.dtype(), array.op(), std::move(inputs)) : array);
  }
  return made.at(output.id());
}

}  // namespace etna::autograd
