#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/array/array.h"
#include "engine/array/backend.h"
#include "engine/ops/packed_format.h"

namespace etna::test {

/// One graph to compute: name, how to build it (states such as KV caches need the backend), how exact it must be.
struct OpCase {
  std::string name;
  std::function<Array(Backend&)> build;
  double tolerance = 1e-5;  ///< of the largest reference value of the case, and absolutely for small ones
  std::optional<PackedFormat> format = std::nullopt;  ///< which weights are in it
};

/// Every operation family × dtypes × layouts (contiguous, transposed, strided, offset, broadcast, empty, odd sizes).
/// Tests compare backends over this list; benchmarks may time it.
const std::vector<OpCase>& op_cases();

}  // namespace etna::test
