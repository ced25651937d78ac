#pragma once

#include <cmath>
#include <vector>

#include "engine/backend/cpu/rows.h"

namespace etna::cpu {

/// Turns one head at a time (ops/rope.h); cosines and sines are computed once per position.
class Rotation {
public:
  Rotation(const View& offsets, const View& frequencies, std::int64_t size)
      : offsets_(reinterpret_cast<const std::int32_t*>(offsets.host())),
        frequencies_(reinterpret_cast<const float*>(frequencies.host())),
        half_(static_cast<std::size_t>(frequencies.shape[0])),
        cosine_(half_),
        sine_(half_),
        row_(static_cast<std::size_t>(size)) {}

  void set_position(std::int64_t batch, std::int64_t index) {
    const auto position = static_cast<float>(offsets_[batch] + index);
    for (std::size_t i = 0; i < half_; ++i) {
      const float angle = position * frequencies_[i];
      cosine_[i] = std::cos(angle);
      sine_[i] = std::sin(angle);
    }
  }

  void apply(DType from_dtype, const std::byte* from, DType to_dtype, std::byte* to) {
    load_floats(from_dtype, from, static_cast<std::int64_t>(row_.size()), row_.data());
    for (std::size_t i = 0; i < half_; ++i) {
      const float a = row_[i], b = row_[i + half_];
      row_[i] = a * cosine_[i] - b * sine_[i];
      row_[i + half_] = b * cosine_[i] + a * sine_[i];
    }
    store_floats(to_dtype, row_.data(), static_cast<std::int64_t>(row_.size()), to);
  }

private:
  const std::int32_t* offsets_;
  const float* frequencies_;
  std::size_t half_;
  std::vector<float> cosine_, sine_, row_;
};

}  // namespace etna::cpu
