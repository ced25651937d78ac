#pragma once

#include <vector>

#include "engine/array/array.h"

namespace etna::test {

/// Evaluates a graph slowly in double precision: basic operations by their textbook formula, all others through their
/// definition. The oracle that every kernel of every backend is compared with.
std::vector<double> reference(const Array& array);

}  // namespace etna::test
