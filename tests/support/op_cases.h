#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/array/array.h"
#include "engine/array/backend.h"

namespace etna::test {

/// One graph to compute: name, how to build it (states such as KV caches need the backend), how exact it must be.
struct OpCase {
  std::string name;
  std::function<Array(Backend&)> build;
  double tolerance = 1e-5;  ///< of the largest reference value of the case, and absolutely for small ones
};

/// Every operation family × dtypes × layouts (contiguous, transposed, strided, offset, broadcast, empty, odd sizes).
/// Tests compare backends over this list; benchmarks may time it.
const std::vector<OpCase>& op_cases();

}  // namespace etna::test
