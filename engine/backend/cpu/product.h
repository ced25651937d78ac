#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/array/backend.h"
#include "engine/backend/cpu/rows.h"

namespace etna::cpu {

/// Where matrix products go: float results become the output's dtype, with the residual added where there is one.
class ProductOutput {
public:
  /// `residual_index`: the input that holds a residual, if the step has so many.
  ProductOutput(const Step& step, std::size_t residual_index)
      : output_(step.output), residual_(step.inputs.size() > residual_index ? &step.inputs[residual_index] : nullptr) {}

  /// Columns [column, column + count) of a row; changes `values`.
  void store(std::int64_t row, std::int64_t column, float* values, std::int64_t count) const {
    const std::int64_t first = row * output_.shape.back() + column;
    if (residual_) {
      const std::byte* from = residual_->host() + first * static_cast<std::int64_t>(size_of(residual_->dtype));
      if (residual_->dtype == DType::float32) {
        for (std::int64_t i = 0; i < count; ++i) values[i] += reinterpret_cast<const float*>(from)[i];
      } else {
        std::vector<float> wide(static_cast<std::size_t>(count));
        load_floats(residual_->dtype, from, count, wide.data());
        for (std::int64_t i = 0; i < count; ++i) values[i] += wide[static_cast<std::size_t>(i)];
      }
    }
    store_floats(output_.dtype, values, count, output_.host() + first * static_cast<std::int64_t>(size_of(output_.dtype)));
  }

  /// Of a product over an empty axis.
  void store_zeros() const {
    std::vector<float> zeros(static_cast<std::size_t>(output_.shape.back()));
    for (std::int64_t row = 0; row < output_.size() / std::max<std::int64_t>(output_.shape.back(), 1); ++row) {
      std::ranges::fill(zeros, 0.0f);
      store(row, 0, zeros.data(), output_.shape.back());
    }
  }

private:
  const View& output_;
  const View* residual_;
};

/// Columns of the weight that a thread widens to float at a time: few megabytes, yet enough that BLAS is busy.
inline std::int64_t tile_columns(std::int64_t k, std::int64_t n, int threads) {
  const std::int64_t by_memory = std::max<std::int64_t>(16, (std::int64_t{1} << 20) / std::max<std::int64_t>(k, 1));
  const std::int64_t by_threads = (n + threads - 1) / threads;
  return std::max<std::int64_t>(1, std::min({by_memory, by_threads, std::int64_t{512}}));
}

}  // namespace etna::cpu
