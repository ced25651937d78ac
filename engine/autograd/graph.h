#pragma once

#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/array/array.h"

/// Walks over graphs; for autograd alone.
namespace etna::autograd {

using ArrayMap = std::unordered_map<const void*, Array>;

/// All nodes that `outputs` are computed from, inputs first, each once. Nodes in `ends` are listed, what they come from
/// is not.
std::vector<Array> in_order(std::span<const Array> outputs, const ArrayMap& ends);

/// By id.
ArrayMap map_of(std::span<const Array> arrays);

/// The graph of `output` with other arrays in the place of some (replacement by id). Nodes that depend on none of them
/// are shared.
Array replay(const Array& output, const ArrayMap& replacements);

}  // namespace etna::autograd
