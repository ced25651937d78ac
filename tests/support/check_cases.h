#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/op_cases.h"
#include "tests/support/random_arrays.h"
#include "tests/support/reference.h"

namespace etna::test {

inline std::vector<double> host_values(const Array& array) { return reference(array); }

/// Whether a backend can take a format's codes apart: what all operations on it fall back on.
inline bool knows_format(Backend& backend, const PackedFormat& format) {
  const Array sample = dequantize(random_packed(1, 256, format, DType::float32, 1), format, DType::float32);
  return backend.supports(*sample.op(), sample.inputs(), sample.shape(), sample.dtype());
}

/// Computes cases on a backend and compares them with the reference; failures name the case. `chosen`: by name; null: all.
inline void check_cases(Backend& backend, const std::function<bool(const std::string&)>& chosen = nullptr) {
  for (const OpCase& op_case : op_cases()) {
    if (chosen && !chosen(op_case.name)) continue;
    if (op_case.format && !knows_format(backend, *op_case.format)) continue;
    SCOPED_TRACE(op_case.name);
    try {
      const std::vector<double> expected = reference(op_case.build(backend));
      const Array array = op_case.build(backend);
      evaluate(array, backend);
      const std::vector<double> values = host_values(array);
      ASSERT_EQ(values.size(), expected.size());
      double scale = 1;
      for (const double value : expected) scale = std::max(scale, std::isfinite(value) ? std::fabs(value) : 0);
      double worst = 0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double error = std::fabs(values[i] - expected[i]);
        worst = std::isnan(error) ? INFINITY : std::max(worst, error);
      }
      EXPECT_LE(worst, op_case.tolerance * scale);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

}  // namespace etna::test
