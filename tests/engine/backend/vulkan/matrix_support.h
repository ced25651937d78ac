#pragma once

#include <span>

#include "engine/ops/matmul.h"
#include "engine/plan/plan.h"
#include "tests/engine/backend/vulkan/gpu.h"

namespace etna::test {

/// Whether products run on matrix units there.
inline bool has_matrices(Backend& backend) {
  const Array a = test::random_array({64, 64}, DType::float16, 1), b = test::random_array({64, 64}, DType::float16, 2);
  const Array y = matmul(a, b);
  for (const StepTime& time :
       Plan::compile(std::span(&y, 1), backend, backend.allocator()->add_owner("test"))->profile()) {
    if (time.name.starts_with("matmul_matrix")) return true;
  }
  return false;
}

}  // namespace etna::test
